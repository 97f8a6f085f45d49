//! Who is let in: passwords and where they come from, roles, options for the server.

use crate::case::{Area, DATABASE, Table};
use crate::cases::connect::{attempt, log_in};
use crate::environment::with_environment;

/// Who connects to the server, over which road, and with what more: one case each.
const LOGINS: &[(&str, bool, &str)] = &[
    ("unknown database", false, "dbname=no_such_db"),
    ("unknown user", false, "user=no_such_user"),
    ("unknown user over tcp", true, "user=no_such_user"),
    ("role that may not log in", false, "user=diff_nologin"),
    (
        "wrong password scram",
        true,
        "user=scram_user password=wrong",
    ),
    ("wrong password md5", true, "user=md5_user password=wrong"),
    (
        "wrong password clear",
        true,
        "user=password_user password=wrong",
    ),
    (
        "right password scram",
        true,
        "user=scram_user password='scram secret'",
    ),
    (
        "right password md5",
        true,
        "user=md5_user password='md5 secret'",
    ),
    (
        "right password clear",
        true,
        "user=password_user password='clear secret'",
    ),
    (
        "right password over unix socket",
        false,
        "user=scram_user password='scram secret'",
    ),
    ("no password scram", true, "user=scram_user"),
    ("no password md5", true, "user=md5_user"),
    ("no password clear", true, "user=password_user"),
    ("empty password", true, "user=scram_user password=''"),
    (
        "password that saslprep changes",
        true,
        "user=saslprep_user password='pass\u{ad}word \u{2168}'",
    ),
    (
        "password that saslprep refuses",
        true,
        "user=scram_user password='\u{7}bell'",
    ),
    (
        "very long password",
        true,
        "user=scram_user password=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    (
        "channel binding required without tls",
        true,
        "user=scram_user password='scram secret' channel_binding=require",
    ),
    (
        "channel binding required of md5",
        true,
        "user=md5_user password='md5 secret' channel_binding=require",
    ),
    (
        "channel binding required of trust",
        true,
        "channel_binding=require",
    ),
    ("server option", false, "options='-c work_mem=5MB'"),
    ("bad server option", false, "options='-c nonsense=1'"),
    (
        "bad value of a server option",
        false,
        "options='-c work_mem=much'",
    ),
    ("malformed server option", false, "options='--'"),
    ("replication", false, "replication=database"),
    ("replication unknown", false, "replication=perhaps"),
    ("target read-only", false, "target_session_attrs=read-only"),
    ("target standby", false, "target_session_attrs=standby"),
    ("target primary", false, "target_session_attrs=primary"),
    (
        "target prefer-standby",
        false,
        "target_session_attrs=prefer-standby",
    ),
    ("requirepeer wrong", false, "requirepeer=nobody_at_all"),
    ("requirepeer over tcp", true, "requirepeer=nobody_at_all"),
    ("sslmode require over unix socket", false, "sslmode=require"),
    ("sslmode allow", true, "sslmode=allow"),
    (
        "long application name",
        false,
        "application_name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    ("fallback name", false, "fallback_application_name=fall"),
    (
        "fallback name unused",
        false,
        "application_name=first fallback_application_name=fall",
    ),
    ("keepalives off", true, "keepalives=0"),
    (
        "keepalives set",
        true,
        "keepalives=1 keepalives_idle=10 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=7000",
    ),
    ("short timeout", true, "connect_timeout=2"),
];

pub(crate) fn add(table: &mut Table) {
    for &(name, tcp, more) in LOGINS {
        let case = table.add(Area::Connect, name, move |ctx, t| {
            let conninfo = if tcp {
                ctx.tcp_conninfo(more)
            } else {
                ctx.conninfo(more)
            };
            let conn = log_in(ctx, t, &conninfo);
            // Programs take it out of what they watch after a failure.
            t.value("has a socket", conn.socket() >= 0);
        });
        let bound = name.starts_with("channel binding required");
        if bound && !name.ends_with("md5") {
            case.ours_differs(
                "what a server sends that was given up is not read",
                "has a socket = true",
            );
        } else if name == "requirepeer wrong" {
            case.differs_before(18, "the socket was kept");
        }
    }
    add_passfile(table);
}

fn add_passfile(table: &mut Table) {
    table.add(Area::Connect, "password file", |ctx, t| {
        use std::os::unix::fs::PermissionsExt;
        let file = format!("{}/passfile", ctx.server.scratch);
        let port = ctx.server.port;
        let entries = [
            (
                "exact",
                format!("127.0.0.1:{port}:{DATABASE}:scram_user:scram secret\n"),
                0o600,
            ),
            ("stars", "*:*:*:*:scram secret\n".into(), 0o600),
            (
                "first match counts",
                "*:*:*:scram_user:wrong\n*:*:*:*:scram secret\n".into(),
                0o600,
            ),
            (
                "comment",
                "# *:*:*:*:wrong\n*:*:*:*:scram secret\n".into(),
                0o600,
            ),
            ("other user", "*:*:*:somebody:scram secret\n".into(), 0o600),
            ("without newline", "*:*:*:*:scram secret".into(), 0o600),
            ("carriage return", "*:*:*:*:scram secret\r\n".into(), 0o600),
            ("empty", String::new(), 0o600),
            ("world readable", "*:*:*:*:scram secret\n".into(), 0o644),
        ];
        for (name, text, mode) in entries {
            std::fs::write(&file, text).expect("a file of our own");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode))
                .expect("a file of our own");
            t.section(name, |t| {
                attempt(
                    ctx,
                    t,
                    &ctx.tcp_conninfo(&format!("user=scram_user passfile='{file}'")),
                )
            });
        }
        t.section("missing", |t| {
            attempt(
                ctx,
                t,
                &ctx.tcp_conninfo("user=scram_user passfile=/nonexistent"),
            )
        });
        t.section("a folder", |t| {
            attempt(ctx, t, &ctx.tcp_conninfo("user=scram_user passfile=/tmp"))
        });
    });
    table.add(Area::Connect, "password by environment", |ctx, t| {
        with_environment(&[("PGPASSWORD", "scram secret")], || {
            attempt(ctx, t, &ctx.tcp_conninfo("user=scram_user"))
        });
        with_environment(&[("PGPASSWORD", "wrong")], || {
            attempt(
                ctx,
                t,
                &ctx.tcp_conninfo("user=scram_user password='scram secret'"),
            );
        });
    });
}
