//! Smaller parts: cancelling, notifications, function call, passwords, string buffers.

use std::thread::sleep;
use std::time::Duration;

use crate::calls::{FnArg, encrypt_password};
use crate::cancel::{Cancel, CancelConn};
use crate::case::{Area, Ctx, Table};
use crate::cases::asynchronous::collect;
use crate::conn::Conn;
use crate::text::{NULL, cstring};
use crate::transcript::Transcript;

pub(crate) fn add(table: &mut Table) {
    add_cancel(table);
    add_cancel_conn(table);
    add_notify(table);
    add_function(table);
    add_password(table);
}

/// A connection whose server has begun to sleep.
fn sleeping<'a>(ctx: &Ctx<'a>, t: &mut Transcript) -> Conn<'a> {
    let conn = ctx.connect(t);
    conn.send_query(c"SELECT pg_sleep(20)");
    asleep(ctx, t, &conn);
    conn
}

/// Waits until the connection's server sleeps: a request that comes earlier cancels nothing.
fn asleep(ctx: &Ctx<'_>, t: &mut Transcript, conn: &Conn<'_>) {
    let watcher = ctx.connect(t);
    let sql = cstring(format!(
        "SELECT 1 FROM pg_stat_activity WHERE pid = {} AND wait_event = 'PgSleep'",
        conn.backend_pid()
    ));
    for _ in 0..500 {
        if watcher.exec(&sql).ntuples() == 1 {
            return;
        }
        sleep(Duration::from_millis(5));
    }
    panic!("the server does not sleep");
}

fn add_cancel(table: &mut Table) {
    table.add(Area::Cancel, "running query", |ctx, t| {
        let conn = sleeping(ctx, t);
        let cancel = Cancel::of(&conn);
        let (code, message) = cancel.cancel(256);
        t.value("cancel", code);
        t.text("message", &message);
        collect(t, &conn);
        t.result("usable", &conn.exec(c"SELECT 1"));
    });
    table.add(Area::Cancel, "running query by request", |ctx, t| {
        let conn = sleeping(ctx, t);
        t.value("cancel", conn.request_cancel());
        collect(t, &conn);
    });
    table.add(Area::Cancel, "nothing running", |ctx, t| {
        let conn = ctx.connect(t);
        let cancel = Cancel::of(&conn);
        t.value("cancel", cancel.cancel(256).0);
        t.value("twice", cancel.cancel(256).0);
        sleep(Duration::from_millis(50));
        t.result("unharmed", &conn.exec(c"SELECT 1"));
    });
    table.add(Area::Cancel, "handle outlives its connection", |ctx, t| {
        let conn = ctx.connect(t);
        let cancel = Cancel::of(&conn);
        drop(conn);
        t.value("cancel", cancel.cancel(256).0);
    });
    table.add(Area::Cancel, "failed connection", |ctx, t| {
        let conn = Conn::open(ctx.api, c"host=/nonexistent port=1 user=u dbname=d");
        let cancel = Cancel::of(&conn);
        t.value("handle", !cancel.is_null());
        let (code, message) = cancel.cancel(256);
        t.value("cancel", code);
        t.text("message", &message);
        t.text("short buffer", &cancel.cancel(8).1);
        t.value("no buffer", cancel.cancel(0).0);
        t.value("by request", conn.request_cancel());
        t.text("message", &conn.error_message());
    });
}

fn add_cancel_conn(table: &mut Table) {
    table.add(Area::Cancel, "new kind blocking", |ctx, t| {
        let conn = sleeping(ctx, t);
        let cancel = CancelConn::of(&conn);
        t.value("status", cancel.status());
        t.value("socket", cancel.socket());
        t.value("cancel", cancel.blocking());
        t.value("status", cancel.status());
        t.text("message", &cancel.error_message());
        collect(t, &conn);
        t.value("again without reset", cancel.blocking());
        t.text("message", &cancel.error_message());
        cancel.reset();
        t.value("status after reset", cancel.status());
        t.value("again", cancel.blocking());
    });
    table.add(Area::Cancel, "new kind polled", |ctx, t| {
        let conn = sleeping(ctx, t);
        let cancel = CancelConn::of(&conn);
        t.value("start", cancel.start());
        let mut last = -1;
        for _ in 0..200 {
            last = cancel.poll();
            if last == 0 || last == 3 {
                break;
            }
            sleep(Duration::from_millis(5));
        }
        t.value("last", last);
        t.value("status", cancel.status());
        t.text("message", &cancel.error_message());
        collect(t, &conn);
    });
    for (name, more) in [
        ("a socket", None),
        ("tcp", Some("sslmode=disable")),
        ("tls", Some("sslmode=require")),
    ] {
        let name = format!("new kind poll by poll over {name}");
        table.add(Area::Cancel, name, move |ctx, t| {
            let conninfo = match more {
                Some(more) => ctx.tcp_conninfo(more),
                None => ctx.conninfo(""),
            };
            let conn = Conn::open(ctx.api, &conninfo);
            conn.send_query(c"SELECT pg_sleep(20)");
            asleep(ctx, t, &conn);
            let cancel = CancelConn::of(&conn);
            for round in ["first", "after a reset"] {
                t.section(round, |t| {
                    t.value("start", cancel.start());
                    t.line(format_args!("{:?}", cancel.steps()));
                    t.value("has a socket", cancel.socket() >= 0);
                    t.text("message", &cancel.error_message());
                    cancel.reset();
                    t.value("status", cancel.status());
                });
                collect(t, &conn);
            }
            t.value("start", cancel.start());
            t.value("again", cancel.start());
            t.text("message", &cancel.error_message());
            t.value("status", cancel.status());
            t.value("blocking", cancel.blocking());
            t.text("message", &cancel.error_message());
        });
    }
    table.add(Area::Cancel, "new kind of bad handles", |ctx, t| {
        let null = CancelConn::null(ctx.api);
        t.value("start", null.start());
        t.value("blocking", null.blocking());
        t.value("status", null.status());
        t.value("socket", null.socket());
        t.text("message", &null.error_message());
        let of_null = CancelConn::of(&Conn::null(ctx.api));
        t.value("of NULL", of_null.is_null());
        let dead = Conn::open(ctx.api, c"host=/nonexistent port=1 user=u dbname=d");
        let cancel = CancelConn::of(&dead);
        t.value("status", cancel.status());
        t.text("message", &cancel.error_message());
        t.value("blocking", cancel.blocking());
        t.text("message", &cancel.error_message());
    });
}

fn notifications(t: &mut Transcript, conn: &Conn<'_>) {
    while let Some((channel, own, payload)) = conn.notification() {
        t.text("channel", &channel);
        t.value("own", own);
        t.text("payload", &payload);
    }
}

fn add_notify(table: &mut Table) {
    table.add(Area::Notify, "own", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"LISTEN one; LISTEN \"Two words\"");
        notifications(t, &conn);
        conn.exec(c"NOTIFY one");
        conn.exec(c"NOTIFY one, 'payload'; NOTIFY \"Two words\", 'żółw'; NOTIFY other, 'unheard'");
        notifications(t, &conn);
        conn.exec(c"BEGIN; NOTIFY one, 'twice'; NOTIFY one, 'twice'; NOTIFY one, ''");
        notifications(t, &conn);
        conn.exec(c"COMMIT");
        notifications(t, &conn);
        conn.exec(c"UNLISTEN *; NOTIFY one");
        notifications(t, &conn);
    });
    table.add(Area::Notify, "from another connection", |ctx, t| {
        let (conn, other) = (ctx.connect(t), ctx.connect(t));
        conn.exec(c"LISTEN one");
        other.exec(c"NOTIFY one, 'hello'");
        conn.wait_readable();
        t.value("before consuming", conn.notification().is_none());
        t.value("consume", conn.consume_input());
        notifications(t, &conn);
    });
    table.add(Area::Notify, "arriving with a query", |ctx, t| {
        let (conn, other) = (ctx.connect(t), ctx.connect(t));
        conn.exec(c"LISTEN one");
        other.exec(c"NOTIFY one, 'hello'");
        t.result("query", &conn.exec(c"SELECT 1"));
        notifications(t, &conn);
    });
    table.add(
        Area::Notify,
        "kept after the connection is reset",
        |ctx, t| {
            let conn = ctx.connect(t);
            conn.exec(c"LISTEN one; NOTIFY one, 'old'");
            conn.reset();
            notifications(t, &conn);
            t.value(
                "dead",
                Conn::open(ctx.api, c"host=/nonexistent port=1")
                    .notification()
                    .is_none(),
            );
        },
    );
}

fn oid_of(conn: &Conn<'_>, function: &str) -> i32 {
    let result = conn.exec(&cstring(format!(
        "SELECT '{function}'::regprocedure::oid::int"
    )));
    String::from_utf8(result.getvalue(0, 0).unwrap_or_default())
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

fn add_function(table: &mut Table) {
    type Call = (
        &'static str,
        &'static str,
        bool,
        fn() -> Vec<FnArg<'static>>,
    );
    const CALLS: &[Call] = &[
        ("integers", "int4pl(int,int)", true, || {
            vec![FnArg::Int(40), FnArg::Int(2)]
        }),
        ("integer as bytes", "int4pl(int,int)", false, || {
            vec![FnArg::Int(40), FnArg::Int(2)]
        }),
        ("text", "upper(text)", false, || {
            vec![FnArg::Bytes(b"shout")]
        }),
        ("text as integer", "upper(text)", true, || {
            vec![FnArg::Bytes(b"shou")]
        }),
        ("null argument", "int4pl(int,int)", true, || {
            vec![FnArg::Int(1), FnArg::Null]
        }),
        ("too few", "int4pl(int,int)", true, || vec![FnArg::Int(1)]),
        ("too many", "int4pl(int,int)", true, || {
            vec![FnArg::Int(1), FnArg::Int(2), FnArg::Int(3)]
        }),
        ("wrong length", "int4pl(int,int)", true, || {
            vec![FnArg::Bytes(b"abc"), FnArg::Int(1)]
        }),
        ("error inside", "int4div(int,int)", true, || {
            vec![FnArg::Int(1), FnArg::Int(0)]
        }),
        ("empty answer", "upper(text)", false, || {
            vec![FnArg::Bytes(b"")]
        }),
    ];
    for &(name, function, as_int, arguments) in CALLS {
        table.add(Area::Function, name, move |ctx, t| {
            let conn = ctx.connect(t);
            let oid = oid_of(&conn, function);
            let (result, length, bytes) = conn.call(oid, as_int, &arguments());
            t.result("result", &result);
            t.value("length", length);
            if result.status() == 1 && length > 0 {
                t.bytes("value", &bytes);
            }
            t.text("message", &conn.error_message());
            t.result("usable", &conn.exec(c"SELECT 1"));
        });
    }
    table.add(Area::Function, "unknown", |ctx, t| {
        let conn = ctx.connect(t);
        t.result("zero", &conn.call(0, true, &[]).0);
        t.result("negative", &conn.call(-1, true, &[]).0);
        t.result("NULL", &Conn::null(ctx.api).call(1, true, &[]).0);
        conn.send_query(c"SELECT 1");
        t.result("busy", &conn.call(1, true, &[]).0);
        t.text("message", &conn.error_message());
    });
}

/// A stored password with its random salt and keys hidden.
fn shape(text: Option<Vec<u8>>) -> Option<Vec<u8>> {
    text.map(|text| {
        if !text.starts_with(b"SCRAM-SHA-256$4096:") {
            return text;
        }
        text.iter()
            .enumerate()
            .map(|(at, byte)| {
                if at > 18 && byte.is_ascii_alphanumeric() {
                    b'x'
                } else {
                    *byte
                }
            })
            .map(|byte| {
                if byte == b'+' || byte == b'/' {
                    b'x'
                } else {
                    byte
                }
            })
            .collect()
    })
}

fn add_password(table: &mut Table) {
    table.add(Area::Function, "encrypt password", |ctx, t| {
        let conn = ctx.connect(t);
        for algorithm in ["md5", "scram-sha-256", "plain", "", "MD5", "on"] {
            t.text(
                algorithm,
                &shape(conn.encrypt_password(c"secret", c"joe", &cstring(algorithm))),
            );
            t.text("message", &conn.error_message());
        }
        t.text(
            "server's choice",
            &shape(conn.encrypt_password(c"secret", c"joe", NULL)),
        );
        conn.exec(c"SET password_encryption = 'md5'");
        t.text(
            "server's other choice",
            &conn.encrypt_password(c"secret", c"joe", NULL),
        );
        t.text("empty", &conn.encrypt_password(c"", c"", c"md5"));
        t.text(
            "multibyte",
            &conn.encrypt_password(c"żółw", c"日本", c"md5"),
        );
        t.text(
            "NULL connection",
            &Conn::null(ctx.api).encrypt_password(c"x", c"y", c"md5"),
        );
        t.text(
            "old function",
            &encrypt_password(ctx.api, c"secret", c"joe"),
        );
    });
    table.add(Area::Function, "change password", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"BEGIN");
        t.result(
            "changed",
            &conn.change_password(c"trust_user", c"new secret"),
        );
        t.result("quoted", &conn.change_password(c"no \"such\" user", c"x"));
        conn.exec(c"ROLLBACK");
    });
}
