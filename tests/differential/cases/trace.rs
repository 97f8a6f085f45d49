//! `PQtrace`: the messages of a connection as text.

use crate::calls::FnArg;
use crate::case::{Area, Table};
use crate::cases::asynchronous::collect;
use crate::cases::reach::poll;
use crate::conn::Conn;
use crate::file::CFile;
use crate::params::Params;
use crate::text::{NULL, cstring};
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
    ("function call with arguments", |conn, _| {
        let arguments = [FnArg::Int(40), FnArg::Bytes(b"\0\0\0\x02"), FnArg::Null];
        conn.call(177, true, &arguments[..2]);
        conn.call(177, true, &arguments);
    }),
    ("notification", |conn, t| {
        t.hide(conn.backend_pid(), "PID");
        conn.exec(c"LISTEN traced; NOTIFY traced, 'it''s me'");
    }),
    ("copy in binary", |conn, t| {
        conn.exec(c"CREATE TEMP TABLE q (a int)");
        conn.exec(c"COPY q FROM STDIN (FORMAT binary)");
        conn.put_copy_data(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff");
        conn.put_copy_end(NULL);
        collect(t, conn);
    }),
    ("rows one by one", |conn, t| {
        conn.send_query(c"SELECT n, NULL FROM generate_series(1, 3) AS n");
        conn.set_single_row_mode();
        collect(t, conn);
    }),
    ("aborted pipeline", |conn, _| {
        conn.enter_pipeline();
        conn.send_query_params(c"SELECT 1/0", Params::new());
        conn.send_query_params(c"SELECT 2", Params::new());
        conn.pipeline_sync();
        for _ in 0..5 {
            conn.get_result();
        }
        conn.exit_pipeline();
    }),
    ("large object", |conn, _| {
        conn.exec(c"BEGIN");
        let oid = conn.lo_create(3_999_000_001);
        let fd = conn.lo_open(oid, 0x20000 | 0x40000);
        conn.lo_write(fd, b"some\0bytes");
        conn.lo_lseek64(fd, 2, 0);
        conn.lo_read(fd, 4);
        conn.lo_close(fd);
        conn.exec(c"ROLLBACK");
    }),
    ("error with all fields", |conn, _| {
        drop(conn.exec(c"SELECT raise_all()"))
    }),
    ("long value", |conn, _| {
        drop(conn.exec(c"SELECT repeat('long ', 2000) AS v, repeat(E'\\x02', 50)"))
    }),
    ("many columns", |conn, _| {
        let columns: Vec<String> = (0..300).map(|n| format!("{n} AS c{n}")).collect();
        drop(conn.exec(&cstring(format!("SELECT {}", columns.join(", ")))))
    }),
    ("client encoding", |conn, _| {
        conn.set_client_encoding(c"LATIN1");
        drop(conn.exec(c"SELECT chr(233)"))
    }),
];

/// What libpq before 18 leaves out or misreads.
const COMPLETED: [&str; 6] = [
    "copy out",
    "copy in",
    "copy in binary",
    "function call",
    "function call with arguments",
    "large object",
];

/// What close of statements and portals looks like, which libpq 17 added.
const ACTIONS_17: &[(&str, Action)] = &[("close", |conn, _| {
    conn.prepare(c"p", c"SELECT 1", &[]);
    conn.close_prepared(c"p");
    conn.close_portal(c"none");
})];

/// Options of connections that are traced from their beginning: one case each.
const CONNECTING: &[(&str, &str)] = &[
    ("trust", ""),
    ("clear", "user=password_user password='clear secret'"),
    ("md5", "user=md5_user password='md5 secret'"),
    ("scram", "user=scram_user password='scram secret'"),
    ("wrong password", "user=scram_user password=wrong"),
    ("no database", "dbname=no_such_db"),
    ("tls", "sslmode=require"),
    (
        "options",
        "application_name='a b' options='-c geqo=off' client_encoding=LATIN1",
    ),
    ("replication", "replication=database"),
    ("read-only", "target_session_attrs=read-only"),
    ("protocol 3.2", "max_protocol_version=3.2"),
];

/// Leaves of the messages that hold random bytes what comes in front of them.
fn without_secrets(trace: &[u8]) -> Vec<u8> {
    const RANDOM: [&str; 6] = [
        "BackendKeyData",
        "SASLInitialResponse",
        "SASLResponse",
        "AuthenticationSASLContinue",
        "AuthenticationSASLFinal",
        "AuthenticationMD5Password",
    ];
    let text = String::from_utf8_lossy(trace);
    let shown = text.split_inclusive('\n').map(|line| {
        let end = RANDOM
            .iter()
            .find_map(|name| Some(line.find(name)? + name.len()));
        let is_hash = line.contains("PasswordMessage") && line.contains("\"md5");
        match end {
            Some(end) => format!("{}\n", &line[..end]),
            None if is_hash => format!("{}\n", line.split('"').next().unwrap_or_default()),
            None => line.to_owned(),
        }
    });
    shown.collect::<String>().into_bytes()
}

fn add_connecting(table: &mut Table) {
    for &(name, more) in CONNECTING {
        for flags in [1, 3] {
            let case = table.add(
                Area::Trace,
                format!("connecting {name} flags {flags}"),
                move |ctx, t| {
                    let conn = Conn::start(ctx.api, &ctx.tcp_conninfo(more));
                    let file = start(&conn, flags);
                    poll(&conn, Conn::connect_poll);
                    t.value("status", conn.status());
                    conn.exec(c"SELECT 1");
                    conn.untrace();
                    t.bytes("trace", &without_secrets(&file.contents()));
                },
            );
            if name == "md5" {
                case.ours_differs("libpq complains of the salt", "PasswordMessage");
            } else {
                case.differs_before(18, "libpq 17 and 18 trace what comes before the session");
            }
        }
    }
}

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
            if COMPLETED.contains(&name) {
                case.differs_before(18, "libpq 17 completed the trace of these");
            }
        }
    }
    for &(name, action) in ACTIONS_17 {
        for flags in [1, 3] {
            table.add(
                Area::Trace,
                format!("{name} flags {flags}"),
                move |ctx, t| {
                    let conn = ctx.connect(t);
                    let file = start(&conn, flags);
                    action(&conn, t);
                    conn.untrace();
                    t.bytes("trace", &file.contents());
                },
            );
        }
    }
    add_connecting(table);
    table.add(Area::Trace, "copy both", |ctx, t| {
        let conn = ctx.connect_with(t, "replication=true");
        let identity = conn.exec(c"IDENTIFY_SYSTEM");
        let position =
            String::from_utf8(identity.getvalue(0, 2).unwrap_or_default()).unwrap_or_default();
        let file = start(&conn, 1);
        let begun = conn.exec(&cstring(format!("START_REPLICATION PHYSICAL {position}")));
        t.value("status", begun.status_name());
        conn.untrace();
        t.hide(position, "POSITION");
        let trace = file.contents();
        // What the server sends on is its own affair.
        let lines: Vec<&[u8]> = trace.split_inclusive(|&byte| byte == b'\n').collect();
        t.bytes("trace", &lines[..lines.len().min(2)].concat());
    });
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
