//! The other ways to a connection: keyword arrays, positional arguments, the environment, polling;
//! and `PQping`.

use std::ffi::CStr;
use std::net::TcpListener;

use crate::case::{Area, Ctx, DATABASE, Table, USER};
use crate::cases::connect::attempt;
use crate::cases::status;
use crate::conn::{Conn, pointers};
use crate::environment::with_environment;
use crate::text::cstring;

pub(crate) fn add(table: &mut Table) {
    add_faces(table);
    add_ping(table);
}

fn add_faces(table: &mut Table) {
    table.add(Area::Connect, "params", |ctx, t| {
        let (host, port, dbname, user) = (
            ctx.socket_dir(),
            ctx.port_text(),
            cstring(DATABASE),
            cstring(USER),
        );
        let pairs = [
            (Some(c"host"), Some(host.as_c_str())),
            (Some(c"port"), Some(&port)),
            (Some(c"dbname"), Some(&dbname)),
            (Some(c"user"), Some(&user)),
            (Some(c"application_name"), None),
            (Some(c"password"), Some(c"")),
        ];
        status::write(t, &Conn::open_params(ctx.api, &pairs, 0));
    });
    table.add(
        Area::Connect,
        "params with connection string as database",
        |ctx, t| {
            let (port, conninfo) = (ctx.port_text(), ctx.conninfo("application_name=inner"));
            for expand in [0, 1] {
                let pairs = [
                    (Some(c"host"), Some(c"/nonexistent")),
                    (Some(c"port"), Some(port.as_c_str())),
                    (Some(c"application_name"), Some(c"before")),
                    (Some(c"dbname"), Some(conninfo.as_c_str())),
                    (Some(c"user"), Some(c"postgres")),
                    (Some(c"dbname"), Some(c"postgres")),
                ];
                let conn = Conn::open_params(ctx.api, &pairs, expand);
                t.section(format_args!("expand {expand}"), |t| {
                    status::write(t, &conn);
                    t.text("name", &conn.parameter_status(c"application_name"));
                });
            }
        },
    );
    table.add(Area::Connect, "params that are wrong", |ctx, t| {
        let unknown = [(Some(c"colour"), Some(c"red"))];
        t.text(
            "unknown",
            &Conn::open_params(ctx.api, &unknown, 0).error_message(),
        );
        let empty = [
            (Some(c"colour"), Some(c"")),
            (Some(c"port"), Some(c"x")),
            (Some(c"host"), Some(c"127.0.0.1")),
        ];
        t.text(
            "empty unknown",
            &Conn::open_params(ctx.api, &empty, 0).error_message(),
        );
        let bad_string = [(Some(c"dbname"), Some(c"host='x"))];
        t.text(
            "bad string",
            &Conn::open_params(ctx.api, &bad_string, 1).error_message(),
        );
    });
    table.add(Area::Connect, "setdb login", |ctx, t| {
        let (host, port) = (ctx.socket_dir(), ctx.port_text());
        let (dbname, user) = (cstring(DATABASE), cstring(USER));
        let good = [
            Some(host.as_c_str()),
            Some(&*port),
            Some(c"-c geqo=off"),
            Some(c"tty"),
            Some(&*dbname),
            Some(&*user),
            None,
        ];
        status::write(t, &Conn::login(ctx.api, good));
        let conninfo = ctx.conninfo("application_name=through_dbname");
        let mut string = [None; 7];
        string[4] = Some(conninfo.as_c_str());
        status::write(t, &Conn::login(ctx.api, string));
        let mut both = string;
        both[0] = Some(c"/nonexistent");
        status::write(t, &Conn::login(ctx.api, both));
        let mut uri = [None; 7];
        uri[4] = Some(c"postgresql://127.0.0.1:1/x");
        uri[5] = Some(c"u");
        status::write(t, &Conn::login(ctx.api, uri));
        let mut empty = [Some(c""); 7];
        empty[0] = Some(c"/nonexistent");
        empty[5] = Some(c"u");
        status::write(t, &Conn::login(ctx.api, empty));
    });
    table.add(Area::Connect, "everything by environment", |ctx, t| {
        let (host, port) = (ctx.server.socket_dir.clone(), ctx.server.port.to_string());
        let variables = [
            ("PGHOST", host.as_str()),
            ("PGPORT", &port),
            ("PGUSER", USER),
            ("PGDATABASE", DATABASE),
            ("PGAPPNAME", "env"),
            ("PGOPTIONS", "-c geqo=off"),
        ];
        with_environment(&variables, || {
            attempt(ctx, t, c"");
            attempt(ctx, t, c"application_name=string");
        });
    });
    table.add(Area::Connect, "server variables by environment", |ctx, t| {
        with_environment(&[("PGDATESTYLE", "German"), ("PGTZ", "Asia/Tokyo"), ("PGGEQO", "off")], || {
            let conn = Conn::open(ctx.api, &ctx.conninfo(""));
            t.result("settings", &conn.exec(c"SELECT current_setting('datestyle'), current_setting('timezone'), current_setting('geqo')"));
        });
        with_environment(&[("PGTZ", "Nowhere/Land")], || attempt(ctx, t, &ctx.conninfo("")));
    });
    table.add(Area::Connect, "second host answers", |ctx, t| {
        let dir = &ctx.server.socket_dir;
        let port = ctx.server.port;
        attempt(ctx, t, &cstring(format!("host=/nonexistent,'{dir}' port=1,{port} user={USER} dbname={DATABASE}")));
        attempt(ctx, t, &cstring(format!("host=127.0.0.1,127.0.0.1 port=1,{port} sslmode=disable user={USER} dbname={DATABASE}")));
        attempt(ctx, t, &cstring(format!("host=127.0.0.1,127.0.0.1 port={port},1 sslmode=disable user={USER} dbname=no_such")));
    });
    table.add(Area::Connect, "poll by poll", |ctx, t| {
        let (host, port) = (&ctx.server.socket_dir, ctx.server.port);
        let two = format!("host='{host}',127.0.0.1 port=1,{port} user={USER} dbname={DATABASE}");
        let ways = [
            ("socket", ctx.conninfo("")),
            (
                "tcp",
                ctx.tcp_conninfo("sslmode=disable gssencmode=disable"),
            ),
            (
                "tls",
                ctx.tcp_conninfo("sslmode=require gssencmode=disable"),
            ),
            ("no database", ctx.conninfo("dbname=no_such_db")),
            (
                "second host",
                cstring(format!("{two} sslmode=disable gssencmode=disable")),
            ),
            ("read-only", ctx.conninfo("target_session_attrs=read-only")),
            ("refused", cstring("host=127.0.0.1 port=1 user=u dbname=d")),
        ];
        for (name, conninfo) in ways {
            let conn = Conn::start(ctx.api, &conninfo);
            t.value(name, format_args!("{:?}", steps(&conn, Conn::connect_poll)));
            t.value("reset", conn.reset_start());
            t.value(name, format_args!("{:?}", steps(&conn, Conn::reset_poll)));
        }
    });
    table.add(Area::Connect, "by poll", |ctx, t| {
        let conn = Conn::start(ctx.api, &ctx.conninfo(""));
        let last = poll(&conn, Conn::connect_poll);
        t.value("last", last);
        status::write(t, &conn);
        t.value("reset", conn.reset_start());
        t.value("last", poll(&conn, Conn::reset_poll));
        t.value("status", conn.status());
        let conn = Conn::start(ctx.api, c"host=127.0.0.1 port=1 user=u dbname=d");
        t.value("last", poll(&conn, Conn::connect_poll));
        status::write(t, &conn);
        let conn = Conn::start(ctx.api, c"colour=red");
        t.value("status", conn.status());
        t.value("poll of a bad one", conn.connect_poll());
    });
}

/// What each poll of a connection answers and leaves as its status, repetitions left out: how
/// often there is nothing to do yet is a matter of time.
fn steps<'a>(conn: &Conn<'a>, step: fn(&Conn<'a>) -> i32) -> Vec<(i32, i32)> {
    let mut seen = vec![(2, conn.status())];
    while !matches!(seen.last(), Some((0 | 3, _)) | None) && conn.socket() >= 0 {
        let wanted = seen.last().map_or(0, |(polling, _)| *polling);
        wait(conn, wanted);
        let now = (step(conn), conn.status());
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    seen
}

/// Waits and polls until the connection stands or fails.
pub(crate) fn poll<'a>(conn: &Conn<'a>, step: fn(&Conn<'a>) -> i32) -> i32 {
    let mut wanted = 2;
    for _ in 0..100 {
        wait(conn, wanted);
        wanted = step(conn);
        if wanted == 0 || wanted == 3 {
            return wanted;
        }
    }
    -1
}

/// Waits until the socket is ready for what the last poll wants.
fn wait(conn: &Conn<'_>, wanted: i32) {
    let events = if wanted == 1 {
        libc::POLLIN
    } else {
        libc::POLLOUT
    };
    let mut poll = libc::pollfd {
        fd: conn.socket(),
        events,
        revents: 0,
    };
    // SAFETY: one entry, which is writable.
    unsafe { libc::poll(&raw mut poll, 1, 2000) };
}

fn add_ping(table: &mut Table) {
    let ping = |ctx: &Ctx<'_>, text: &CStr| {
        // SAFETY: a live string.
        unsafe { ctx.api.PQping(text.as_ptr()) }
    };
    table.add(Area::Connect, "ping", move |ctx, t| {
        t.value("alive", ping(ctx, &ctx.conninfo("")));
        t.value("alive over tcp", ping(ctx, &ctx.tcp_conninfo("")));
        t.value(
            "unknown user",
            ping(ctx, &ctx.conninfo("user=no_such_user")),
        );
        t.value(
            "unknown database",
            ping(ctx, &ctx.conninfo("dbname=no_such_db")),
        );
        t.value(
            "wrong password",
            ping(ctx, &ctx.tcp_conninfo("user=scram_user password=wrong")),
        );
        t.value(
            "no password",
            ping(ctx, &ctx.tcp_conninfo("user=scram_user")),
        );
        t.value("refused", ping(ctx, c"host=127.0.0.1 port=1 user=u"));
        t.value("no socket", ping(ctx, c"host=/nonexistent user=u"));
        t.value(
            "unknown host",
            ping(ctx, c"host=no-such-host.invalid user=u"),
        );
        t.value("bad port", ping(ctx, c"host=127.0.0.1 port=abc user=u"));
        t.value("bad string", ping(ctx, c"host='x"));
        t.value("unknown option", ping(ctx, c"colour=red"));
        t.value(
            "bad sslmode",
            ping(ctx, c"host=127.0.0.1 port=1 sslmode=maybe"),
        );
        t.value("no database given", ping(ctx, &ctx.conninfo("dbname=''")));
    });
    table.add(Area::Connect, "ping params", |ctx, t| {
        let (host, port) = (ctx.socket_dir(), ctx.port_text());
        let ping = |pairs: &[(Option<&CStr>, Option<&CStr>)]| {
            let (names, values) = pointers(pairs);
            // SAFETY: two arrays of live strings, both ended by NULL.
            unsafe { ctx.api.PQpingParams(names.as_ptr(), values.as_ptr(), 0) }
        };
        t.value(
            "alive",
            ping(&[
                (Some(c"host"), Some(&host)),
                (Some(c"port"), Some(&port)),
                (Some(c"user"), Some(c"u")),
            ]),
        );
        t.value(
            "refused",
            ping(&[
                (Some(c"host"), Some(c"127.0.0.1")),
                (Some(c"port"), Some(c"1")),
            ]),
        );
        t.value("unknown", ping(&[(Some(c"colour"), Some(c"red"))]));
    });
    table.add(Area::Connect, "ping of something silent", |ctx, t| {
        // Accepts into its backlog and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = silent.local_addr().expect("bound").port();
        t.hide(port, "SILENT_PORT");
        let conninfo = cstring(format!(
            "host=127.0.0.1 port={port} user=u dbname=d connect_timeout=2 sslmode=disable"
        ));
        // SAFETY: a live string.
        t.value("ping", unsafe { ctx.api.PQping(conninfo.as_ptr()) });
        t.text("message", &Conn::open(ctx.api, &conninfo).error_message());
    });
    table.add(Area::Connect, "empty string", |ctx, t| {
        with_environment(
            &[
                ("PGHOST", "/nonexistent"),
                ("PGUSER", "u"),
                ("PGDATABASE", "d"),
            ],
            || {
                status::write(t, &Conn::open(ctx.api, c""));
            },
        );
    });
}
