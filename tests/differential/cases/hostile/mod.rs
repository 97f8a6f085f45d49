//! Servers that break the protocol: each says what a script makes it say, then closes.

mod calls;
mod query;
mod startup;

use std::net::{Shutdown, TcpStream};

use support::scripted::{
    Scripted, authentication_ok, backend_key_data, command_complete, data_row, error_fields,
    message, parameter_status, ready, row_description,
};

use self::query::AFTER_QUERY;
use self::startup::AT_STARTUP;
use crate::case::{Area, Case, Ctx, Table};
use crate::cases::asynchronous::collect;
use crate::conn::Conn;
use crate::text::cstring;
use crate::transcript::Transcript;

/// What a server says, in one piece.
pub(crate) type Words = fn() -> Vec<u8>;

pub(crate) fn join(parts: &[Vec<u8>]) -> Vec<u8> {
    parts.concat()
}

pub(crate) fn authentication(code: i32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), rest].concat())
}

pub(crate) fn error(fields: &[(u8, &str)]) -> Vec<u8> {
    error_fields(b'E', fields)
}

pub(crate) fn one_row() -> Vec<u8> {
    join(&[row_description(&["a"]), data_row(&[Some(b"1")])])
}

pub(crate) fn done(tag: &str) -> Vec<u8> {
    join(&[command_complete(tag), ready(b'I')])
}

/// Version strings of servers, for `PQserverVersion`.
const VERSIONS: &[&str] = &[
    "18.1",
    "18",
    "18beta1",
    "17devel",
    "15.4 (Debian 15.4-1)",
    "10.23",
    "9.6.24",
    "9.6",
    "9.6beta2",
    "8.4.1rc1",
    "7.4",
    "",
    "abc",
    "123456.7",
    "10.",
    ".5",
    "9.100.3",
];

/// What libpq 15 answers otherwise, and why; the names as in the tables above.
const CHANGED: &[(&str, &str)] = &[
    (
        "start authentication scm credential",
        "libpq 16 dropped this method",
    ),
    (
        "start authentication too short",
        "libpq 16 tells a malformed request from another message",
    ),
    (
        "start authentication empty",
        "libpq 16 tells a malformed request from another message",
    ),
    (
        "start authentication length zero",
        "libpq 16 tells a malformed request from another message",
    ),
    (
        "start authentication length three",
        "libpq 16 tells a malformed request from another message",
    ),
    (
        "start authentication length negative",
        "libpq 16 tells a malformed request from another message",
    ),
    (
        "start authentication length large",
        "libpq 16 tells a malformed request from another message",
    ),
    (
        "start error not terminated",
        "libpq 16 reports a malformed error message",
    ),
    ("start key too short", "libpq 18 knows keys of any length"),
    (
        "start older protocol",
        "libpq 18 understands NegotiateProtocolVersion",
    ),
    (
        "start unknown protocol option",
        "libpq 18 understands NegotiateProtocolVersion",
    ),
    (
        "start protocol negotiation cut short",
        "libpq 18 understands NegotiateProtocolVersion",
    ),
];

/// Where ours answers otherwise on purpose, why, and what it says; the names as in the tables above.
const OURS: &[(&str, &str, &str)] = &[
    (
        "start md5 with short salt",
        "a malformed request is refused before a password is looked for",
        "received invalid authentication request",
    ),
    ("start error without fields", TOLD, INVALID_ERROR),
    ("start error too long", TOLD, INVALID_ERROR),
    (
        "start ok then rows",
        "the session is awaited; the rows are an error of their own",
        "server closed the connection unexpectedly",
    ),
    ("query row cut short", WHOLE, "1 results"),
    ("query row with more behind", WHOLE, "1 results"),
    (
        "query row with length of minus two",
        "a length that means nothing is no NULL",
        "error = \"message contents do not agree with length",
    ),
    ("query length zero", ONCE, "1 results"),
    ("query length three", ONCE, "1 results"),
    ("query length negative", ONCE, "1 results"),
    (
        "query length of two gigabytes",
        "a message over the limit is skipped and reported",
        "is larger than the limit of 2147483647 bytes",
    ),
    (
        "query error without end",
        "no field is taken from a malformed error",
        "error = \"message contents do not agree with length",
    ),
    (
        "query notice that is malformed",
        "a malformed notice is not delivered",
        "message after = \"message contents do not agree with length",
    ),
    (
        "query notification that is malformed",
        "a malformed notification is not delivered",
        "message after = \"message contents do not agree with length",
    ),
    (
        "query copy response cut short",
        "no copy begins with a malformed response",
        "error = \"message contents do not agree with length",
    ),
];

const TOLD: &str = "an error that tells nothing is told to be one";
const INVALID_ERROR: &str = "received invalid error message";
const WHOLE: &str = "a broken row ends the whole answer";
const ONCE: &str = "the loss is told once";

/// Marks a case of [`CHANGED`] or [`OURS`].
fn mark(name: &str, case: &mut Case) {
    if let Some((_, reason, says)) = OURS.iter().find(|(ours, ..)| *ours == name) {
        case.ours_differs(reason, says);
        return;
    }
    if name == "start authentication sspi" {
        case.differs_as_packaged(18, "built without GSSAPI");
        return;
    }
    if let Some((_, reason)) = CHANGED.iter().find(|(changed, _)| *changed == name) {
        case.differs_before(18, reason);
    }
}

/// Runs one scripted connection: `greeting` after the StartupMessage, and `answer` to the first query.
fn scripted(
    ctx: &Ctx<'_>,
    t: &mut Transcript,
    options: &str,
    greeting: Vec<u8>,
    answer: Option<Vec<u8>>,
) {
    let server = Scripted::run(move |peer| {
        peer.startup();
        if !peer.try_send(&greeting) {
            return;
        }
        if let Some(answer) = answer {
            peer.expect(b'Q');
            peer.try_send(&answer);
        }
        // Closing both ways at once could take back what was sent.
        let _ = peer.stream().shutdown(Shutdown::Write);
        peer.wait_for_close();
    });
    t.hide(server.port(), "SCRIPTED_PORT");
    let mut conn = Conn::open(
        ctx.api,
        &cstring(format!("{} {options}", server.conninfo())),
    );
    conn.record_by_processor();
    t.value("status", conn.status());
    t.text("message", &conn.error_message());
    t.value("needs password", conn.needs_password());
    t.value("server", conn.server_version());
    if conn.status() == 0 {
        t.value("sent", conn.send_query(c"SELECT 'a query of some length'"));
        collect(t, &conn);
        t.value("status after", conn.status());
        t.value("transaction", conn.transaction_status());
        t.text("message after", &conn.error_message());
    }
    for notice in conn.take_notices() {
        t.text("notice", &notice.text);
    }
    while let Some((channel, _, payload)) = conn.notification() {
        t.text("channel", &channel);
        t.text("payload", &payload);
    }
    drop(conn);
    // What the client did instead of what the script expected shows in the transcript already.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| server.finish()));
}

fn greeting(version: &str) -> Vec<u8> {
    join(&[
        authentication_ok(),
        parameter_status("server_version", version),
        parameter_status("client_encoding", "UTF8"),
        parameter_status("standard_conforming_strings", "on"),
        backend_key_data(1234, &[0, 0, 0, 7]),
        ready(b'I'),
    ])
}

pub(crate) fn add(table: &mut Table) {
    for &(name, words) in AT_STARTUP {
        let name = format!("start {name}");
        mark(
            &name,
            table.add(Area::Hostile, &name, move |ctx, t| {
                scripted(ctx, t, "", words(), None)
            }),
        );
    }
    for &(name, words) in AFTER_QUERY {
        let name = format!("query {name}");
        mark(
            &name,
            table.add(Area::Hostile, &name, move |ctx, t| {
                scripted(ctx, t, "", greeting("15.0"), Some(words()));
            }),
        );
    }
    for name in [
        "md5 without password",
        "clear text without password",
        "sasl unknown mechanism",
    ] {
        let words = AT_STARTUP
            .iter()
            .find(|row| row.0 == name)
            .expect("a row of the table")
            .1;
        table.add(
            Area::Hostile,
            format!("start with password {name}"),
            move |ctx, t| {
                scripted(ctx, t, "password=secret", words(), None);
            },
        );
    }
    calls::add(table);
    table.add(Area::Hostile, "versions of servers", |ctx, t| {
        for version in VERSIONS {
            t.section(version, |t| {
                scripted(ctx, t, "", greeting(version), Some(done("SELECT 0")))
            });
        }
    });
    for (name, answer) in [
        ("refuses", b"N".as_slice()),
        ("accepts and closes", b"S"),
        ("answers an error", b"EFATAL:  no\n\0"),
        ("answers nonsense", b"x"),
        ("stuffs", b"Sstuffed"),
    ] {
        for mode in ["prefer", "require"] {
            let case = table.add(
                Area::Hostile,
                format!("tls {mode} {name}"),
                move |ctx, t| tls_answer(ctx, t, mode, answer),
            );
            if name == "stuffs" {
                case.ours_differs(
                    "bytes behind the answer are refused before a handshake begins",
                    "received unencrypted data after SSL response",
                );
            }
        }
    }
}

/// A server that answers the request for TLS with these bytes, and closes a second connection at once.
fn tls_answer(ctx: &Ctx<'_>, t: &mut Transcript, mode: &str, answer: &'static [u8]) {
    let server = Scripted::run_all(vec![
        Box::new(move |peer| {
            peer.packet();
            peer.try_send(answer);
            let _ = peer.stream().shutdown(Shutdown::Write);
            peer.wait_for_close();
        }),
        Box::new(|peer| {
            let _ = peer.stream().shutdown(Shutdown::Write);
            peer.wait_for_close();
        }),
    ]);
    let port = server.port();
    t.hide(port, "SCRIPTED_PORT");
    let conninfo = server
        .conninfo()
        .replace("sslmode=disable", &format!("sslmode={mode}"));
    let conn = Conn::open(ctx.api, &cstring(conninfo));
    t.value("status", conn.status());
    t.text("message", &conn.error_message());
    drop(conn);
    // Where the client came only once, the second script still waits for somebody.
    drop(TcpStream::connect(("127.0.0.1", port)));
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| server.finish()));
}
