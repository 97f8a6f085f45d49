//! A whole session with a server that says what the input says: starting it, a few commands, all
//! of their results read, value by value. It never panics, never hangs, and what it claims to have
//! received is there.
//!
//! The first byte of the input chooses how the session goes, the second how the server's bytes
//! arrive; the others are the server's.

#![no_main]

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use ferropq::connection::{
    Connection, CopyOut, Fetch, Limits, Params, PipelineStatus, Polling, Statement,
};
use ferropq::conninfo::ConnInfo;
use ferropq::result::{ExecStatus, QueryResult};
use ferropq::transport::{Socket, Stream};
use ferropq::wire::frontend::Target;
use libfuzzer_sys::fuzz_target;

/// Results that are fetched for one command, at the most.
const MOST_RESULTS: usize = 10_000;

/// The server: what it still has to say, and its end of the connection.
struct Server<'a> {
    stream: UnixStream,
    left: &'a [u8],
    piece: usize,
}

impl Server<'_> {
    /// Says a little more; `false` when there is nothing more to say.
    fn go_on(&mut self) -> bool {
        if self.left.is_empty() {
            return false;
        }
        let (now, later) = self.left.split_at(self.piece.min(self.left.len()));
        self.left = later;
        // The client may have closed.
        let _ = self.stream.write_all(now);
        if later.is_empty() {
            let _ = self.stream.shutdown(std::net::Shutdown::Write);
        }
        true
    }
}

fn options() -> &'static [ConnInfo; 2] {
    static PARSED: OnceLock<[ConnInfo; 2]> = OnceLock::new();
    PARSED.get_or_init(|| {
        ["", "password=secret max_protocol_version=latest"].map(|more| {
            let base = "host=/nonexistent user=u dbname=d passfile=/dev/null";
            ConnInfo::from_string(format!("{base} {more}").as_bytes()).expect("valid")
        })
    })
}

/// Reads everything that a result offers.
fn read(result: &QueryResult) {
    let columns = result.columns.len();
    for column in 0..columns {
        let _ = result.columns.name(column);
    }
    for row in 0..result.rows.len() {
        for column in 0..result.rows.columns() {
            let value = result.rows.get(row, column).expect("a field");
            let length = result.rows.length(row, column).expect("a field");
            assert_eq!(length, value.map_or(0, <[u8]>::len));
            let start = result.rows.value_ptr(row, column).expect("a field");
            // SAFETY: a NUL stands behind every value; nothing else is read.
            assert_eq!(unsafe { *start.add(length) }, 0);
        }
    }
    if let Some(report) = &result.report {
        let _ = report.text().to_bytes().len();
    }
    let _ = result.memory();
}

fn deliver(engine: &mut Connection) {
    while let Some(notice) = engine.pop_notice() {
        read(&notice);
    }
    while engine.pop_notification().is_some() {}
}

/// Receives, letting the server say more first; `false` when the connection is over.
fn receive(engine: &mut Connection, server: &mut Server<'_>) -> bool {
    server.go_on();
    let received = engine.consume_input().is_ok();
    deliver(engine);
    received
}

fn connect(engine: &mut Connection, server: &mut Server<'_>) -> bool {
    loop {
        let polling = engine.connect_poll();
        deliver(engine);
        match polling {
            Polling::Ok => return true,
            Polling::Failed => return false,
            Polling::Writing => {}
            Polling::Reading => {
                server.go_on();
            }
        }
    }
}

fn copy(engine: &mut Connection, server: &mut Server<'_>) {
    if engine.is_copying(ExecStatus::CopyIn) {
        let _ = engine.put_copy_data(b"1\n");
        let _ = engine.put_copy_end(None);
        return;
    }
    loop {
        match engine.get_copy_data(|data| data.iter().copied().max()) {
            Ok(CopyOut::Data(_)) => {}
            Ok(CopyOut::Wait) if receive(engine, server) => {}
            _ => break,
        }
        deliver(engine);
    }
    if engine.is_copying(ExecStatus::CopyIn) {
        let _ = engine.put_copy_end(Some(b"enough"));
    }
}

/// Fetches results until there are none; keeps some, as programs do.
fn fetch(engine: &mut Connection, server: &mut Server<'_>, kept: &mut Vec<QueryResult>) {
    for _ in 0..MOST_RESULTS {
        let fetched = engine.fetch();
        deliver(engine);
        match fetched {
            Fetch::Done => return,
            Fetch::Wait => {
                receive(engine, server);
            }
            Fetch::Result(result) => {
                read(&result);
                let status = result.status;
                if kept.len() < 100 {
                    kept.push(*result);
                }
                if status.is_copy() {
                    copy(engine, server);
                }
            }
        }
    }
}

fn send(engine: &mut Connection, kind: u8) {
    let params = Params {
        values: &[Some(b"1"), None],
        ..Params::default()
    };
    let _ = match kind {
        0 => engine.send_query(b"select 1"),
        1 => engine.send_execute(Statement::Text(b"select $1, $2", &[]), &params),
        2 => engine.send_prepare(b"name", b"select $1", &[23]),
        3 => engine.send_describe(Target::Statement, b"name"),
        4 => engine.send_close(Target::Portal, b"name"),
        5 => engine.send_function_call(1, &[Some(b"x"), None]),
        6 => {
            let sent = engine.send_query(b"select 1");
            engine.set_single_row_mode();
            sent
        }
        _ => {
            let sent = engine.send_query(b"select 1");
            engine.set_chunked_rows_mode(3);
            sent
        }
    };
}

fn pipeline(engine: &mut Connection, server: &mut Server<'_>, kept: &mut Vec<QueryResult>) {
    if engine.enter_pipeline().is_err() {
        return;
    }
    for kind in [2, 1, 3, 4] {
        send(engine, kind);
        let _ = engine.pipeline_sync(kind % 2 == 1);
    }
    // A command ends with an empty fetch; so many of them are enough for all.
    for _ in 0..12 {
        fetch(engine, server, kept);
    }
    if engine.pipeline() != PipelineStatus::Off {
        let _ = engine.exit_pipeline();
    }
}

fuzz_target!(|data: &[u8]| {
    let [course, arrival, words @ ..] = data else {
        return;
    };
    let Ok((ours, theirs)) = UnixStream::pair() else {
        return;
    };
    if words.len() > 100_000 || theirs.set_nonblocking(true).is_err() {
        return;
    }
    let mut server = Server {
        stream: theirs,
        left: words,
        piece: [usize::MAX, 1, 13, 100][usize::from(arrival & 3)],
    };
    if words.is_empty() {
        let _ = server.stream.shutdown(std::net::Shutdown::Write);
    }
    let info = options()[usize::from(course >> 7)].clone();
    let mut engine = Connection::over(Stream::Plain(Socket::from(ours)), info);
    if arrival & 4 != 0 {
        engine.set_limits(Limits {
            message: 200,
            notifications: 1000,
        });
    }
    let mut kept = Vec::new();
    if connect(&mut engine, &mut server) {
        if course & 64 != 0 {
            pipeline(&mut engine, &mut server, &mut kept);
        }
        for round in 0..3 {
            send(&mut engine, ((course & 7) + round) & 7);
            fetch(&mut engine, &mut server, &mut kept);
        }
    }
    // What has been handed out stays as it is, whatever came later.
    kept.iter().for_each(read);
    engine.close();
    kept.iter().for_each(read);
});
