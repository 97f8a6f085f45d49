//! What a broken server says to calls other than a simple query.

use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use support::scripted::{
    Scripted, command_complete, data_row, message, message_with_length, ready, row_description,
};

use super::{authentication, done, error, greeting, join, one_row};
use crate::case::{Area, Table};
use crate::cases::asynchronous::collect;
use crate::conn::Conn;
use crate::params::Params;
use crate::text::{NULL, cstring};
use crate::transcript::Transcript;

/// The client's part.
type Body = fn(&mut Transcript, &Conn<'_>);

/// The server's part: an answer to each message of a type.
type Answers = Vec<(u8, Vec<u8>)>;

/// A conversation: its name and the two parts.
type Row = (&'static str, Body, fn() -> Answers);

/// What a server says of itself: the row's name, its words, and, where ours ends otherwise, why and
/// with what.
type Target = (
    &'static str,
    fn() -> Vec<u8>,
    Option<(&'static str, &'static str)>,
);

/// What may be said to a function call in place of its value.
const NO_VALUES: &[(&str, &[u8])] = &[
    ("copy in", b"G\0\0\0\x07\0\0\0"),
    ("copy out", b"H\0\0\0\x07\0\0\0"),
    ("copy both", b"W\0\0\0\x07\0\0\0"),
    ("description", b"T\0\0\0\x06\0\0"),
    ("row", b"D\0\0\0\x06\0\0"),
    ("completion", b"C\0\0\0\x06X\0"),
    ("parse completion", b"1\0\0\0\x04"),
    ("authentication request", b"R\0\0\0\x08\0\0\0\0"),
    ("data to copy", b"d\0\0\0\x05x"),
];

fn value() -> Vec<u8> {
    message(b'V', b"\0\0\0\x04\0\0\0\x2a")
}

fn call(t: &mut Transcript, conn: &Conn<'_>) {
    let (result, _, _) = conn.call(1234, true, &[]);
    t.result("call", &result);
    t.text("message", &conn.error_message());
    t.value("status", conn.status());
}

fn statement(t: &mut Transcript, conn: &Conn<'_>) {
    let one = Params::new().text("7");
    t.result("result", &conn.exec_params(c"SELECT $1", one));
    t.text("message", &conn.error_message());
    t.value("transaction", conn.transaction_status());
}

fn query(t: &mut Transcript, conn: &Conn<'_>) {
    t.result("result", &conn.exec(c"SELECT 1"));
    t.value("status", conn.status());
}

fn copy_out(t: &mut Transcript, conn: &Conn<'_>) {
    t.result("start", &conn.exec(c"COPY t TO STDOUT"));
    while let (1.., row) = conn.get_copy_data(0) {
        t.text("row", &row);
    }
    collect(t, conn);
}

fn copy_in(t: &mut Transcript, conn: &Conn<'_>) {
    t.result("start", &conn.exec(c"COPY t FROM STDIN"));
    conn.wait_readable();
    while conn.consume_input() == 1 {
        conn.wait_readable();
    }
    t.value("put", conn.put_copy_data(b"data"));
    t.value("end", conn.put_copy_end(NULL));
    t.result("result", &conn.get_result());
}

fn pipeline(t: &mut Transcript, conn: &Conn<'_>) {
    conn.enter_pipeline();
    for _ in 0..2 {
        conn.send_query_params(c"SELECT $1", Params::new().text("7"));
    }
    conn.pipeline_sync();
    for number in 0..3 {
        t.result(number, &conn.get_result());
    }
}

fn copy_both(t: &mut Transcript, conn: &Conn<'_>) {
    t.result("start", &conn.exec(c"START_REPLICATION"));
    t.value("lost", conn.get_copy_data(0).0);
    t.value("put", conn.put_copy_data(b"data"));
    t.value("end", conn.put_copy_end(NULL));
    t.text("message", &conn.error_message());
}

fn new_password(t: &mut Transcript, conn: &Conn<'_>) {
    t.result("result", &conn.change_password(c"u", c"new"));
    t.text("message", &conn.error_message());
}

fn large_object(t: &mut Transcript, conn: &Conn<'_>) {
    t.value("large object", conn.lo_creat(0));
    t.text("message", &conn.error_message());
}

/// Messages of the extended protocol before the rows.
fn bound() -> Vec<u8> {
    join(&[message(b'1', b""), message(b'2', b"")])
}

const TALKS: &[Row] = &[
    ("error before the value", call, || {
        let refusal = error(&[(b'S', "ERROR"), (b'M', "no")]);
        vec![(b'F', join(&[refusal, value(), ready(b'I')]))]
    }),
    ("error and more", call, || {
        let refusal = error(&[(b'S', "ERROR"), (b'M', "no")]);
        let more = command_complete("CALL");
        vec![(b'F', join(&[refusal, more, ready(b'I')]))]
    }),
    ("no value", call, || vec![(b'F', ready(b'I'))]),
    ("description before the statement's", statement, || {
        let early = row_description(&["b"]);
        vec![(b'S', join(&[early, bound(), one_row(), done("SELECT 1")]))]
    }),
    ("rows behind an unexpected message", statement, || {
        let request = authentication(0, b"");
        vec![(b'S', join(&[request, bound(), one_row(), done("SELECT 1")]))]
    }),
    ("rows suspended that nobody limited", statement, || {
        let suspended = message(b's', b"");
        vec![(b'S', join(&[bound(), one_row(), suspended, ready(b'I')]))]
    }),
    ("parameters among rows", query, || {
        let types = message(b't', b"\0\x01\0\0\0\x17");
        let more = data_row(&[Some(b"2")]);
        vec![(b'Q', join(&[one_row(), types, more, done("SELECT 2")]))]
    }),
    ("lost behind a good answer", query, || {
        let rows = join(&[one_row(), command_complete("SELECT 1")]);
        vec![(b'Q', join(&[rows, message_with_length(b'Z', 2, b"I")]))]
    }),
    ("more behind the end of a copy", copy_out, || {
        let copied = join(&[message(b'H', b"\0\0\0"), message(b'd', b"1\n")]);
        vec![(b'Q', join(&[copied, message(b'c', b"x"), done("COPY 1")]))]
    }),
    ("lost while copying both ways", copy_both, || {
        vec![(b'Q', message(b'W', b"\0\0\0"))]
    }),
    ("refused and lost while copying in", copy_in, || {
        let refusal = error(&[(b'S', "ERROR"), (b'M', "no")]);
        vec![(b'Q', join(&[message(b'G', b"\0\0\0"), refusal]))]
    }),
    ("copy out that is cut short", copy_out, || {
        let copied = join(&[message(b'H', b"\0"), message(b'd', b"1\n")]);
        vec![(b'Q', join(&[copied, message(b'c', b""), done("COPY 1")]))]
    }),
    ("success behind an error", statement, || {
        let request = authentication(0, b"");
        let begun = join(&[bound(), row_description(&["a"]), request]);
        vec![(b'S', join(&[begun, done("SELECT 1")]))]
    }),
    (
        "lost behind the first answer of a pipeline",
        pipeline,
        || {
            let end = message_with_length(b'1', 3, b"");
            let first = join(&[bound(), one_row(), command_complete("SELECT 1"), end]);
            vec![(b'S', first)]
        },
    ),
    ("algorithm without a row", new_password, || {
        vec![(b'Q', join(&[row_description(&["a"]), done("SHOW")]))]
    }),
    ("large objects that are copied", large_object, || {
        vec![(b'Q', message(b'G', b"\0\0\0"))]
    }),
];

/// Where ours answers otherwise, why, and what it says.
const OURS: &[(&str, &str, &str)] = &[
    (
        "copy out that is cut short",
        "libpq waits for more",
        "status = PGRES_FATAL_ERROR",
    ),
    (
        "success behind an error",
        "a failed command has not succeeded",
        "status = PGRES_FATAL_ERROR",
    ),
    (
        "lost behind the first answer of a pipeline",
        "a good answer is kept",
        "status = PGRES_TUPLES_OK",
    ),
];

/// What servers say of themselves when asked.
const TARGETS: &[Target] = &[
    ("nothing", || ready(b'I'), None),
    (
        "standby",
        || join(&[row_description(&["a"]), data_row(&[Some(b"t")]), done("S")]),
        None,
    ),
    (
        "standby and something without sense",
        || {
            let rows = join(&[row_description(&["a"]), data_row(&[Some(b"t")])]);
            let end = message_with_length(b'Z', -1, b"I");
            join(&[rows, command_complete("S"), end])
        },
        Some(("the loss is told once", "length -1\\n\"")),
    ),
    (
        "standby and an error",
        || {
            let rows = join(&[row_description(&["a"]), data_row(&[Some(b"t")])]);
            let refusal = error(&[(b'S', "ERROR"), (b'M', "no")]);
            join(&[rows, command_complete("S"), refusal, ready(b'I')])
        },
        Some(("libpq waits for more", "failed: ERROR:  no\\n\"")),
    ),
    ("copies", || message(b'G', b"\0\0\0"), None),
];

/// Runs one conversation, and closes once the client has had its time.
fn converse(
    t: &mut Transcript,
    answers: Answers,
    time: Duration,
    client: impl FnOnce(&mut Transcript, &str),
) {
    let server = Scripted::run(move |peer| {
        peer.startup();
        peer.send(&greeting("15.0"));
        for (asked, answer) in answers {
            // Who leaves early says so in the transcript.
            while peer.try_message().is_some_and(|(tag, _)| tag != asked) {}
            peer.try_send(&answer);
        }
        thread::sleep(time);
        let _ = peer.stream().shutdown(Shutdown::Write);
        peer.wait_for_close();
    });
    t.hide(server.port(), "SCRIPTED_PORT");
    client(t, &server.conninfo());
    server.finish();
}

pub(crate) fn add(table: &mut Table) {
    for &(name, body, answers) in TALKS {
        let case = table.add(Area::Hostile, format!("call {name}"), move |ctx, t| {
            converse(t, answers(), Duration::ZERO, |t, conninfo| {
                let mut conn = Conn::open(ctx.api, &cstring(conninfo));
                conn.record_by_processor();
                body(t, &conn);
            });
        });
        if let Some((_, reason, says)) = OURS.iter().find(|(ours, ..)| *ours == name) {
            case.ours_differs(reason, says);
        }
    }
    for &(name, words) in NO_VALUES {
        for (place, behind) in [("instead of", Vec::new()), ("before", value())] {
            let name = format!("call {name} {place} the value");
            let answer = join(&[words.to_vec(), behind, ready(b'I')]);
            table.add(Area::Hostile, name, move |ctx, t| {
                converse(
                    t,
                    vec![(b'F', answer.clone())],
                    Duration::ZERO,
                    |t, conninfo| {
                        call(t, &Conn::open(ctx.api, &cstring(conninfo)));
                    },
                );
            });
        }
    }
    for &(name, words, differs) in TARGETS {
        let case = table.add(Area::Hostile, format!("target {name}"), move |ctx, t| {
            converse(
                t,
                vec![(b'Q', words())],
                Duration::from_millis(100),
                |t, conninfo| {
                    let conninfo = format!("{conninfo} target_session_attrs=standby");
                    let conn = Conn::open(ctx.api, &cstring(conninfo));
                    t.value("status", conn.status());
                    t.text("message", &conn.error_message());
                },
            );
        });
        if let Some((reason, says)) = differs {
            case.ours_differs(reason, says);
        }
    }
}
