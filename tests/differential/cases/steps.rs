//! State machines driven one byte at a time: after each byte that a server sends, what every call
//! answers that a program with an event loop makes, and the results in between.

use std::fmt::Display;
use std::sync::mpsc::{Sender, channel};

use support::scripted::{
    Scripted, authentication_ok, backend_key_data, command_complete, data_row, error_fields,
    message, parameter_status, ready, row_description,
};

use crate::case::{Area, Ctx, Table};
use crate::conn::Conn;
use crate::params::Params;
use crate::raw::{CONNECTION_OK, PGRES_COPY_IN, PGRES_COPY_OUT};
use crate::text::{NULL, cstring};
use crate::transcript::Transcript;

const POLLING_FAILED: i32 = 0;
const POLLING_READING: i32 = 1;
const POLLING_WRITING: i32 = 2;
const POLLING_OK: i32 = 3;

/// A server that says what it is told to, when it is told to, and hears nothing.
struct Puppet {
    words: Sender<Vec<u8>>,
    server: Scripted,
}

impl Puppet {
    fn new() -> Self {
        let (words, told) = channel::<Vec<u8>>();
        let server = Scripted::run(move |peer| {
            while let Ok(bytes) = told.recv() {
                if !peer.try_send(&bytes) {
                    return;
                }
            }
        });
        Self { words, server }
    }

    fn conninfo(&self, t: &mut Transcript, more: &str) -> String {
        t.hide(self.server.port(), "SCRIPTED_PORT");
        format!("{} {more}", self.server.conninfo())
    }

    /// Says one byte, and waits until the client could read it.
    fn say(&self, conn: &Conn<'_>, byte: u8) {
        self.say_all(&[byte]);
        conn.wait_readable();
    }

    fn say_all(&self, bytes: &[u8]) {
        // Nobody hears it where the client has gone.
        let _ = self.words.send(bytes.to_vec());
    }
}

/// Lines of which repetitions are counted.
#[derive(Default)]
struct Runs {
    last: String,
    count: usize,
}

impl Runs {
    fn add(&mut self, t: &mut Transcript, line: impl Display) {
        let line = line.to_string();
        if line != self.last {
            self.flush(t);
            self.last = line;
        }
        self.count += 1;
    }

    fn flush(&mut self, t: &mut Transcript) {
        if self.count > 0 {
            t.line(format_args!("{} times {}", self.count, self.last));
        }
        *self = Self::default();
    }
}

fn greeting() -> Vec<u8> {
    [
        authentication_ok(),
        parameter_status("server_version", "15.0"),
        parameter_status("client_encoding", "UTF8"),
        parameter_status("standard_conforming_strings", "on"),
        backend_key_data(1234, &[0, 0, 0, 7]),
        ready(b'I'),
    ]
    .concat()
}

fn authentication(code: i32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), rest].concat())
}

fn failure() -> Vec<u8> {
    error_fields(
        b'E',
        &[(b'S', "ERROR"), (b'C', "22012"), (b'M', "division by zero")],
    )
}

fn notice() -> Vec<u8> {
    error_fields(
        b'N',
        &[(b'S', "NOTICE"), (b'C', "00000"), (b'M', "by the way")],
    )
}

fn notification() -> Vec<u8> {
    message(b'A', b"\0\0\x04\xd2channel\0payload\0")
}

type Words = fn() -> Vec<u8>;

/// How servers begin, and with which options: one case each.
const BEGINNINGS: &[(&str, &str, Words)] = &[
    ("trusting", "", greeting),
    ("trusting with a notice", "", || {
        [authentication_ok(), notice(), greeting()[9..].to_vec()].concat()
    }),
    ("asking for a password", "password=secret", || {
        [authentication(3, b""), greeting()].concat()
    }),
    ("asking for a password there is not", "", || {
        [authentication(3, b""), greeting()].concat()
    }),
    ("asking for md5", "password=secret", || {
        [authentication(5, b"salt"), greeting()].concat()
    }),
    ("asking for scram", "password=secret", || {
        authentication(10, b"SCRAM-SHA-256\0\0")
    }),
    ("refusing", "", failure),
    ("refusing late", "", || {
        [authentication_ok(), failure()].concat()
    }),
    ("without tls", "sslmode=prefer", || {
        [b"N".to_vec(), greeting()].concat()
    }),
    ("without required tls", "sslmode=require", || b"N".to_vec()),
    ("negotiating", "max_protocol_version=3.2", || {
        [message(b'v', &[0, 3, 0, 0, 0, 0, 0, 0]), greeting()].concat()
    }),
    ("in another encoding", "client_encoding=LATIN1", greeting),
];

fn connecting(ctx: &Ctx<'_>, t: &mut Transcript, more: &str, words: &[u8]) {
    let puppet = Puppet::new();
    let mut conn = Conn::start(ctx.api, &cstring(puppet.conninfo(t, more)));
    conn.record_by_processor();
    let mut runs = Runs::default();
    let mut polling = POLLING_WRITING;
    let mut step = |t: &mut Transcript, conn: &Conn<'_>, polling: &mut i32| {
        *polling = conn.connect_poll();
        runs.add(
            t,
            format_args!(
                "poll {polling} status {} transaction {}",
                conn.status(),
                conn.transaction_status()
            ),
        );
    };
    while polling == POLLING_WRITING {
        conn.wait_writable();
        step(t, &conn, &mut polling);
    }
    for &byte in words {
        if polling != POLLING_READING {
            break;
        }
        puppet.say(&conn, byte);
        step(t, &conn, &mut polling);
        while polling == POLLING_WRITING {
            conn.wait_writable();
            step(t, &conn, &mut polling);
        }
    }
    runs.flush(t);
    t.value("connected", polling == POLLING_OK);
    t.value("failed", polling == POLLING_FAILED);
    t.text("message", &conn.error_message());
    for notice in conn.take_notices() {
        t.text("notice", &notice.text);
    }
}

/// What is sent, how its results are wanted, what a server answers: one case each.
type Query = (&'static str, fn(&Conn<'_>) -> i32, Words);

fn rows() -> Vec<u8> {
    [
        row_description(&["a", "b"]),
        data_row(&[Some(b"1"), None]),
        data_row(&[Some(b"22"), Some(b"two")]),
        data_row(&[Some(b""), Some(b"three")]),
    ]
    .concat()
}

fn simple(conn: &Conn<'_>) -> i32 {
    conn.send_query(c"SELECT 1")
}

fn single(conn: &Conn<'_>) -> i32 {
    simple(conn) + conn.set_single_row_mode()
}

fn in_chunks(conn: &Conn<'_>) -> i32 {
    simple(conn) + conn.set_chunked_rows_mode(2)
}

fn extended(conn: &Conn<'_>) -> i32 {
    conn.send_query_params(c"SELECT $1", Params::new().text("1"))
}

fn pipeline(conn: &Conn<'_>) -> i32 {
    conn.enter_pipeline();
    extended(conn) + extended(conn) + conn.pipeline_sync() + extended(conn) + conn.pipeline_sync()
}

fn pipeline_of_rows(conn: &Conn<'_>) -> i32 {
    pipeline(conn) + conn.set_single_row_mode()
}

fn pipeline_of_chunks(conn: &Conn<'_>) -> i32 {
    pipeline(conn) + conn.set_chunked_rows_mode(2)
}

fn all_rows() -> Vec<u8> {
    [rows(), command_complete("SELECT 3"), ready(b'I')].concat()
}

fn broken_rows() -> Vec<u8> {
    [rows(), failure(), ready(b'I')].concat()
}

/// The answer to one query of a pipeline.
fn one_of_many() -> Vec<u8> {
    [
        message(b'1', b""),
        message(b'2', b""),
        rows(),
        command_complete("SELECT 3"),
    ]
    .concat()
}

fn many() -> Vec<u8> {
    let one = one_of_many();
    [&one[..], &one, &ready(b'I'), &one, &ready(b'I')].concat()
}

fn many_broken() -> Vec<u8> {
    [
        message(b'1', b""),
        message(b'2', b""),
        rows(),
        failure(),
        ready(b'I'),
        one_of_many(),
        ready(b'I'),
    ]
    .concat()
}

const QUERIES: &[Query] = &[
    ("rows", simple, all_rows),
    ("rows one by one", single, all_rows),
    ("rows in chunks", in_chunks, all_rows),
    ("an error behind rows", simple, broken_rows),
    ("an error behind rows one by one", single, broken_rows),
    ("an error behind rows in chunks", in_chunks, broken_rows),
    ("two answers", simple, || {
        [
            rows(),
            command_complete("SELECT 3"),
            command_complete("SET"),
            ready(b'T'),
        ]
        .concat()
    }),
    ("nothing", simple, || {
        [message(b'I', b""), ready(b'I')].concat()
    }),
    ("an error", simple, || [failure(), ready(b'E')].concat()),
    ("things beside", single, || {
        [
            notice(),
            notification(),
            row_description(&["a"]),
            notice(),
            data_row(&[Some(b"1")]),
            notification(),
            parameter_status("application_name", "x"),
            command_complete("SELECT 1"),
            notice(),
            ready(b'I'),
        ]
        .concat()
    }),
    ("an extended answer", extended, || {
        [one_of_many(), ready(b'I')].concat()
    }),
    (
        "a description",
        |conn| conn.send_describe_prepared(c"p"),
        || {
            [
                message(b't', &[0, 1, 0, 0, 0, 23]),
                row_description(&["a"]),
                ready(b'I'),
            ]
            .concat()
        },
    ),
    ("a pipeline", pipeline, many),
    ("a pipeline with rows one by one", pipeline_of_rows, many),
    ("a pipeline with rows in chunks", pipeline_of_chunks, many),
    ("a pipeline with an error", pipeline, many_broken),
    (
        "a pipeline with an error behind rows in chunks",
        pipeline_of_chunks,
        many_broken,
    ),
    (
        "a pipeline with an error behind rows one by one",
        pipeline_of_rows,
        many_broken,
    ),
    ("rows copied out", simple, || {
        [
            message(b'H', &[0, 0, 1, 0, 0]),
            message(b'd', b"first\n"),
            message(b'd', b""),
            message(b'd', b"last\n"),
            message(b'c', b""),
            command_complete("COPY 2"),
            ready(b'I'),
        ]
        .concat()
    }),
    ("rows copied out to an error", simple, || {
        [
            message(b'H', &[0, 0, 1, 0, 0]),
            message(b'd', b"first\n"),
            failure(),
            ready(b'I'),
        ]
        .concat()
    }),
    ("rows copied in", simple, || {
        [
            message(b'G', &[0, 0, 1, 0, 0]),
            command_complete("COPY 1"),
            ready(b'I'),
        ]
        .concat()
    }),
    ("an end", simple, || {
        let end = [(b'S', "FATAL"), (b'C', "57P01"), (b'M', "the end")];
        [rows(), error_fields(b'E', &end)].concat()
    }),
];

/// The calls that follow each byte.
struct Loop {
    runs: Runs,
    copying: bool,
    nothing: usize,
    results: usize,
}

impl Loop {
    /// Takes what can be taken without waiting.
    fn step(&mut self, t: &mut Transcript, conn: &Conn<'_>) {
        let consumed = conn.consume_input();
        loop {
            if self.copying {
                let (length, row) = conn.get_copy_data(1);
                let row = row.map(|row| String::from_utf8_lossy(&row).into_owned());
                self.runs
                    .add(t, format_args!("consumed {consumed} copy {length} {row:?}"));
                if length == 0 {
                    return;
                }
                self.copying = length > 0;
                continue;
            }
            let busy = conn.is_busy();
            self.runs.add(
                t,
                format_args!(
                    "consumed {consumed} busy {busy} transaction {}",
                    conn.transaction_status()
                ),
            );
            // Two in a row: there is nothing more.
            if busy == 1 || self.nothing > 1 {
                return;
            }
            self.take(t, conn);
        }
    }

    fn take(&mut self, t: &mut Transcript, conn: &Conn<'_>) {
        let result = conn.get_result();
        self.runs.flush(t);
        if result.is_null() {
            self.nothing += 1;
            return t.line("no result");
        }
        self.nothing = 0;
        self.results += 1;
        t.result(self.results, &result);
        t.value("pipeline", conn.pipeline_status());
        match result.status() {
            PGRES_COPY_OUT => self.copying = true,
            PGRES_COPY_IN => {
                t.value("put", conn.put_copy_data(b"row\n"));
                t.value("end", conn.put_copy_end(NULL));
            }
            _ => {}
        }
    }
}

fn asking(ctx: &Ctx<'_>, t: &mut Transcript, nonblocking: bool, query: &Query) {
    let (_, send, words) = query;
    let puppet = Puppet::new();
    puppet.say_all(&greeting());
    let mut conn = Conn::open(ctx.api, &cstring(puppet.conninfo(t, "")));
    assert_eq!(conn.status(), CONNECTION_OK, "{:?}", conn.error_message());
    conn.record_by_processor();
    conn.set_nonblocking(nonblocking.into());
    t.value("sent", send(&conn));
    t.value("flush", conn.flush());
    let mut steps = Loop {
        runs: Runs::default(),
        copying: false,
        nothing: 0,
        results: 0,
    };
    for byte in words() {
        puppet.say(&conn, byte);
        steps.step(t, &conn);
    }
    steps.runs.flush(t);
    t.text("message", &conn.error_message());
    t.value("status", conn.status());
    t.value("idle", conn.is_busy());
    for notice in conn.take_notices() {
        t.text("notice", &notice.text);
    }
    while let Some((channel, _, payload)) = conn.notification() {
        t.text("channel", &channel);
        t.text("payload", &payload);
    }
}

pub(crate) fn add(table: &mut Table) {
    for &(name, more, words) in BEGINNINGS {
        let case = table.add(
            Area::Connect,
            format!("byte by byte, {name}"),
            move |ctx, t| connecting(ctx, t, more, &words()),
        );
        if name == "negotiating" {
            case.differs_before(18, "libpq 18 understands NegotiateProtocolVersion");
        }
    }
    for query in QUERIES {
        for nonblocking in [false, true] {
            let kind = if nonblocking { " non-blocking" } else { "" };
            let name = format!("byte by byte{kind}, {}", query.0);
            table.add(Area::Async, name, move |ctx, t| {
                asking(ctx, t, nonblocking, query);
            });
        }
    }
}
