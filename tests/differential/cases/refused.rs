//! What there is to know of a connection that has not been made, or not yet.

use std::os::unix::fs::PermissionsExt;

use support::scripted::Scripted;

use crate::case::{Area, Ctx, DATABASE, Table};
use crate::conn::Conn;
use crate::text::cstring;
use crate::transcript::Transcript;

/// What is left of a connection that was never made, until the server has closed it too, unless it
/// still waits for an answer.
fn probe(t: &mut Transcript, conn: &Conn<'_>, waits: bool) {
    t.value("status", conn.status());
    t.text("message", &conn.error_message());
    t.value("has a socket", conn.socket() >= 0);
    t.value("full protocol", conn.full_protocol_version());
    let mut consumed = 1;
    while consumed == 1 && !waits {
        conn.wait_readable();
        consumed = conn.consume_input();
    }
    t.value("consumed", consumed);
    t.value("has a socket", conn.socket() >= 0);
    t.text("message", &conn.error_message());
    t.value("again", conn.consume_input());
    t.text("message", &conn.error_message());
    t.value("status", conn.status());
    t.value("flush", conn.flush());
    t.value("request", conn.send_flush_request());
    t.text("message", &conn.error_message());
}

/// Ways not to connect: over TCP or not, and with what.
const FAILURES: &[(&str, bool, &str)] = &[
    ("wrong password", true, "user=scram_user password=wrong"),
    ("no password", true, "user=scram_user"),
    ("unknown database", false, "dbname=no_such_db"),
    (
        "unknown database over tls",
        true,
        "sslmode=require dbname=no_such_db",
    ),
    ("not read-only", false, "target_session_attrs=read-only"),
    ("not trusted", true, "sslmode=verify-full sslrootcert=OTHER"),
    (
        "not trusted or without",
        true,
        "sslmode=prefer sslrootcert=OTHER user=nobody",
    ),
    (
        "other name",
        true,
        "host=wrong.example hostaddr=127.0.0.1 sslmode=verify-full sslrootcert=ROOT",
    ),
    ("no certificate", true, "sslmode=require user=cert_user"),
    (
        "missing authority",
        true,
        "sslmode=verify-ca sslrootcert=/nonexistent/root.crt",
    ),
    (
        "version too old",
        true,
        "sslmode=require ssl_max_protocol_version=TLSv1",
    ),
    ("wrong peer", false, "requirepeer=nobody_at_all"),
];

pub(crate) fn add(table: &mut Table) {
    for &(name, tcp, more) in FAILURES {
        let filled = move |ctx: &Ctx<'_>| {
            let root = &ctx.server.root_certificate;
            let other = root.replace("root.crt", "other-root.crt");
            let more = more.replace("ROOT", root).replace("OTHER", &other);
            match tcp {
                true => ctx.tcp_conninfo(&more),
                false => ctx.conninfo(&more),
            }
        };
        let case = table.add(
            Area::Connect,
            format!("after failure {name}"),
            move |ctx, t| {
                let conninfo = filled(ctx);
                // The server does not learn that the client has given up.
                let waits = matches!(name, "no password" | "missing authority");
                probe(t, &Conn::open(ctx.api, &conninfo), waits);
                let conn = Conn::start(ctx.api, &conninfo);
                let mut wanted = 2;
                while wanted == 1 || wanted == 2 {
                    match wanted {
                        1 => conn.wait_readable(),
                        _ => conn.wait_writable(),
                    }
                    wanted = conn.connect_poll();
                }
                t.section("by polls", |t| probe(t, &conn, waits));
            },
        );
        case.differs_before(18, "PQfullProtocolVersion came with libpq 18");
    }
    table
        .add(Area::Connect, "after failure closed at once", |ctx, t| {
            for words in [&b""[..], b"N", b"S", b"R\0\0\0\x08\0\0\0\x63"] {
                let server = Scripted::run(move |peer| {
                    peer.packet();
                    peer.try_send(words);
                    let _ = peer.stream().shutdown(std::net::Shutdown::Write);
                    peer.wait_for_close();
                });
                t.hide(server.port(), "SCRIPTED_PORT");
                let mode = if words == b"S" || words == b"N" {
                    "require"
                } else {
                    "disable"
                };
                let conninfo = server
                    .conninfo()
                    .replace("sslmode=disable", &format!("sslmode={mode}"));
                let conn = Conn::open(ctx.api, &cstring(conninfo));
                t.section(String::from_utf8_lossy(words), |t| probe(t, &conn, false));
                drop(conn);
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| server.finish()));
            }
        })
        .differs_before(18, "PQfullProtocolVersion came with libpq 18");
    table
        .add(
            Area::Connect,
            "full protocol version at each step",
            |ctx, t| {
                for more in [
                    "",
                    "min_protocol_version=3.2 max_protocol_version=3.2",
                    "max_protocol_version=latest",
                    "max_protocol_version=3.0",
                ] {
                    let conn = Conn::start(ctx.api, &ctx.tcp_conninfo(more));
                    let mut wanted = 2;
                    let mut last = (-1, -1);
                    loop {
                        let now = (conn.status(), conn.full_protocol_version());
                        if now != last {
                            t.line(format_args!("{more}: {now:?} {}", conn.protocol_version()));
                        }
                        last = now;
                        match wanted {
                            1 => conn.wait_readable(),
                            2 => conn.wait_writable(),
                            _ => break,
                        }
                        wanted = conn.connect_poll();
                    }
                    t.text("message", &conn.error_message());
                    t.value("reset", conn.reset_start());
                    t.line(format_args!(
                        "{} {}",
                        conn.full_protocol_version(),
                        conn.protocol_version()
                    ));
                }
                for text in [
                    "host=/nonexistent user=u",
                    "port=abc host=127.0.0.1 user=u",
                    "colour=red",
                ] {
                    let conn = Conn::open(ctx.api, &cstring(text));
                    t.line(format_args!(
                        "{text}: {} {}",
                        conn.full_protocol_version(),
                        conn.protocol_version()
                    ));
                }
            },
        )
        .differs_before(18, "PQfullProtocolVersion came with libpq 18");
    table
        .add(Area::Connect, "password of a bad option", |ctx, t| {
            let file = format!("{}/corner-passfile", ctx.server.scratch);
            std::fs::write(&file, format!("*:*:{DATABASE}:u:from the file\n"))
                .expect("our own file");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))
                .expect("our own file");
            for more in [
                "",
                "port=abc",
                "port=1,2",
                "hostaddr=1.2.3.4,5.6.7.8",
                "sslmode=maybe",
                "channel_binding=maybe",
                "require_auth=magic",
                "sslnegotiation=maybe",
                "gssencmode=maybe",
                "sslcertmode=maybe",
                "ssl_min_protocol_version=maybe",
                "target_session_attrs=maybe",
                "load_balance_hosts=maybe",
                "min_protocol_version=maybe",
                "connect_timeout=abc",
                "keepalives=abc",
                "scram_client_key=???",
                "sslnegotiation=direct sslmode=prefer",
                "client_encoding=bogus",
                "require_auth=magic sslmode=maybe",
                "replication=perhaps",
            ] {
                let conn = Conn::open(
                    ctx.api,
                    &cstring(format!(
                        "host=127.0.0.1 port=1 user=u dbname={DATABASE} passfile='{file}' {more}"
                    )),
                );
                t.section(more, |t| {
                    t.text("password", &conn.pass());
                    t.text("message", &conn.error_message());
                    t.text("host", &conn.host());
                    t.text("port", &conn.port());
                    t.text("address", &conn.hostaddr());
                    t.value("needs password", conn.needs_password());
                });
            }
        })
        .differs_before(18, "options that came later");
}
