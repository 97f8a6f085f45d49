//! `PQtrace`: the messages of a connection as text.

use crate::case::{Area, Table};
use crate::cases::asynchronous::collect;
use crate::conn::Conn;
use crate::file::CFile;
use crate::params::Params;
use crate::text::NULL;
use crate::transcript::Transcript;

fn start<'a>(conn: &Conn<'a>, flags: i32) -> CFile {
    let file = CFile::new();
    // SAFETY: the connection is NULL or live; each case stops tracing before the stream closes.
    unsafe { conn.api.PQtrace(conn.raw, file.pointer()) };
    conn.set_trace_flags(flags);
    file
}

type Action = fn(&Conn<'_>, &mut Transcript);

/// One case each: something to do while the trace runs.
const ACTIONS: &[(&str, Action)] = &[
    ("simple query", |conn, _| {
        drop(conn.exec(c"SELECT 1 AS one, NULL, 'text'"))
    }),
    ("several statements", |conn, _| {
        drop(conn.exec(c"BEGIN; SELECT 1; COMMIT"))
    }),
    ("empty query", |conn, _| drop(conn.exec(c""))),
    ("error", |conn, _| drop(conn.exec(c"SELECT nope"))),
    ("notice", |conn, _| {
        drop(conn.exec(c"DO $$ BEGIN RAISE NOTICE 'n' USING HINT = 'h'; END $$"))
    }),
    ("parameters", |conn, _| {
        drop(
            conn.exec_params(
                c"SELECT $1::int, $2",
                Params::new()
                    .text("5")
                    .binary(17, b"\0\x01\xff")
                    .result_format(1),
            ),
        );
    }),
    ("parameter types", |conn, _| {
        drop(conn.exec_params(c"SELECT $1, $2", Params::new().typed(23, "5").null()))
    }),
    ("prepared", |conn, _| {
        conn.prepare(c"p", c"SELECT $1::int", &[23]);
        conn.describe_prepared(c"p");
        conn.exec_prepared(c"p", Params::new().text("1"));
    }),
    ("portal", |conn, _| {
        conn.exec(c"BEGIN; DECLARE c CURSOR FOR SELECT 1");
        conn.describe_portal(c"c");
    }),
    ("copy out", |conn, t| {
        conn.exec(c"COPY item TO STDOUT");
        while conn.get_copy_data(0).0 > 0 {}
        collect(t, conn);
    }),
    ("copy in", |conn, t| {
        conn.exec(c"CREATE TEMP TABLE q (a int)");
        conn.exec(c"COPY q FROM STDIN");
        conn.put_copy_data(b"1\n");
        conn.put_copy_end(NULL);
        collect(t, conn);
    }),
    ("copy in given up", |conn, t| {
        conn.exec(c"COPY part FROM STDIN");
        conn.put_copy_end(c"no");
        collect(t, conn);
    }),
    ("parameter status", |conn, _| {
        drop(conn.exec(c"SET application_name = 'traced'"))
    }),
    ("unprintable bytes", |conn, _| {
        drop(conn.exec(c"SELECT E'\\x01\\xc5\\xbc\\x7f'"))
    }),
    ("pipeline", |conn, _| {
        conn.enter_pipeline();
        conn.send_query_params(c"SELECT 1", Params::new());
        conn.send_flush_request();
        conn.pipeline_sync();
        for _ in 0..4 {
            conn.get_result();
        }
        conn.exit_pipeline();
    }),
    ("function call", |conn, _| drop(conn.call(1, true, &[]).0)),
];

pub(crate) fn add(table: &mut Table) {
    for &(name, action) in ACTIONS {
        for flags in [1, 3] {
            let case = table.add(
                Area::Trace,
                format!("{name} flags {flags}"),
                move |ctx, t| {
                    let conn = ctx.connect(t);
                    conn.exec(c"SET client_min_messages = notice");
                    let file = start(&conn, flags);
                    action(&conn, t);
                    conn.untrace();
                    t.bytes("trace", &file.contents());
                },
            );
            if ["copy out", "copy in", "function call"].contains(&name) {
                case.differs_before(18, "libpq 17 completed the trace of these");
            }
        }
    }
    table.add(Area::Trace, "time stamps", |ctx, t| {
        let conn = ctx.connect(t);
        let file = start(&conn, 0);
        conn.exec(c"SELECT 1");
        conn.untrace();
        conn.exec(c"SELECT 2");
        for line in file.contents().split_inclusive(|&byte| byte == b'\n') {
            let (stamp, rest) =
                line.split_at(line.iter().position(|&byte| byte == b'\t').unwrap_or(0));
            let shape: Vec<u8> = stamp
                .iter()
                .map(|byte| if byte.is_ascii_digit() { b'9' } else { *byte })
                .collect();
            t.bytes("stamp", &shape);
            t.bytes("line", rest);
        }
    });
    table.add(Area::Trace, "end of a connection", |ctx, t| {
        let conn = ctx.connect(t);
        let file = start(&conn, 1);
        drop(conn);
        t.bytes("trace", &file.contents());
    });
    table.add(Area::Trace, "nothing to trace", |ctx, t| {
        let conn = Conn::null(ctx.api);
        let file = start(&conn, 1);
        conn.untrace();
        t.bytes("trace", &file.contents());
        let conn = ctx.connect(t);
        // SAFETY: a NULL stream means that there is nothing to write to.
        unsafe { conn.api.PQtrace(conn.raw, std::ptr::null_mut()) };
        t.result("works", &conn.exec(c"SELECT 1"));
        let unwritable = CFile::read_only();
        // SAFETY: an open stream.
        unsafe { conn.api.PQtrace(conn.raw, unwritable.pointer()) };
        t.result("works too", &conn.exec(c"SELECT 1"));
        conn.untrace();
    });
}
