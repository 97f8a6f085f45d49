//! Odd corners: what few programs do, and those that do rely on.

use crate::case::{Area, Ctx, Table};
use crate::conn::Conn;
use crate::events::{EventLog, Procedure};
use crate::file::CFile;
use crate::params::Params;
use crate::raw::{COPYRES_ATTRS, COPYRES_TUPLES, INV_READ, INV_WRITE};
use crate::result::Res;
use crate::text::{NULL, cstring};
use crate::transcript::Transcript;

pub(crate) fn add(table: &mut Table) {
    add_escape(table);
    add_lost(table);
    add_result(table);
    add_function(table);
    add_print(table);
    add_event(table);
}

fn add_escape(table: &mut Table) {
    table.add(
        Area::Escape,
        "without connection after a reset",
        |ctx, t| {
            let strings = |t: &mut Transcript| {
                for input in [
                    b"back\\slash'".as_slice(),
                    b"\x95\x5c'",
                    "żółw".as_bytes(),
                    b"abc\xe6\x97",
                ] {
                    let (text, length) = ctx.api.escape_string(input);
                    t.bytes("string", &text);
                    t.value("length", length);
                }
            };
            let conn = ctx.connect_with(t, "client_encoding=SJIS");
            strings(t);
            conn.exec(c"SET standard_conforming_strings = off");
            strings(t);
            t.value("reset start", conn.reset_start());
            t.value("encoding", conn.client_encoding());
            strings(t);
            t.bytes(
                "with the connection",
                &conn.escape_string(b"back\\slash \x95\x5c").0,
            );
            strings(t);
            while matches!(conn.reset_poll(), 1 | 2) {
                conn.wait_readable();
            }
            strings(t);
            conn.exec(c"SET standard_conforming_strings = off");
            let other = Conn::open(ctx.api, c"host=/nonexistent user=u dbname=d");
            strings(t);
            drop(conn);
            strings(t);
            drop(other);
            let conn = ctx.connect_with(t, "client_encoding=SJIS");
            conn.exec(c"SET standard_conforming_strings = off");
            conn.exec(c"SELECT pg_terminate_backend(pg_backend_pid())");
            strings(t);
            conn.reset();
            strings(t);
        },
    );
}

/// How a pipeline loses its connection.
const LOSSES: &[(&str, Action)] = &[
    ("by its own query", |_, _, conn| {
        conn.send_query_params(
            c"SELECT pg_terminate_backend(pg_backend_pid())",
            Params::new(),
        );
        conn.pipeline_sync();
        conn.wait_for_end();
    }),
    ("by another", |ctx, t, conn| {
        let pid = conn.backend_pid();
        let killer = ctx.connect(t);
        // Not before it has answered all that it was asked.
        let kill = cstring(format!(
            "SELECT pg_terminate_backend({pid}) FROM pg_stat_activity \
             WHERE pid = {pid} AND wait_event = 'ClientRead'"
        ));
        while killer.exec(&kill).ntuples() == 0 {}
        conn.wait_for_end();
    }),
];

/// What is called on it before its results are fetched.
const AFTERWARDS: &[(&str, Action)] = &[
    ("nothing", |_, _, _| {}),
    ("query and sync", |_, t, conn| {
        let third = conn.send_query_params(c"SELECT 'third'", Params::new());
        t.value("sent", third);
        t.text("message", &conn.error_message());
        t.value("sync", conn.pipeline_sync());
    }),
    ("input", |_, t, conn| {
        for _ in 0..3 {
            t.value("consume", conn.consume_input());
            t.value("busy", conn.is_busy());
            t.text("message", &conn.error_message());
        }
    }),
    ("flush request", |_, t, conn| {
        t.value("request", conn.send_flush_request());
        t.value("flush", conn.flush());
        t.value("exit", conn.exit_pipeline());
    }),
];

/// Something that is done to a connection.
type Action = fn(&Ctx<'_>, &mut Transcript, &Conn<'_>);

fn add_lost(table: &mut Table) {
    for &(loss, lose) in LOSSES {
        for (state, first) in [("running", c"SELECT 'first'"), ("aborted", c"SELECT 1/0")] {
            if state == "aborted" && loss == "by its own query" {
                // Which the server skips then.
                continue;
            }
            for &(name, then) in AFTERWARDS {
                let name = format!("lost {loss} {state} {name}");
                table.add(Area::Pipeline, name, move |ctx, t| {
                    for fetched in 0..5 {
                        t.section(format_args!("{fetched} fetched before"), |t| {
                            let conn = ctx.connect(t);
                            conn.enter_pipeline();
                            conn.send_query_params(first, Params::new());
                            conn.send_query_params(c"SELECT 'second'", Params::new());
                            conn.send_flush_request();
                            conn.flush();
                            conn.wait_readable();
                            for number in 0..fetched {
                                t.result(number, &conn.get_result());
                            }
                            lose(ctx, t, &conn);
                            then(ctx, t, &conn);
                            t.text("message", &conn.error_message());
                            loss_told(t, &conn);
                        });
                    }
                });
            }
        }
    }
}

/// All that a lost pipeline has to tell.
fn loss_told(t: &mut Transcript, conn: &Conn<'_>) {
    for number in 0..9 {
        t.result(number, &conn.get_result());
        t.value("pipeline", conn.pipeline_status());
        t.value("status", conn.status());
        t.text("message", &conn.error_message());
    }
    t.value("transaction", conn.transaction_status());
    t.value("exit", conn.exit_pipeline());
    t.text("message", &conn.error_message());
    t.value("pipeline", conn.pipeline_status());
    t.value("sent", conn.send_query(c"SELECT 1"));
    t.text("message", &conn.error_message());
    conn.reset();
    t.value("pipeline", conn.pipeline_status());
}

fn add_result(table: &mut Table) {
    table.add(Area::Result, "copy of no columns", |ctx, t| {
        let conn = ctx.connect(t);
        let original = conn.exec(c"SELECT FROM item");
        for flags in [0, COPYRES_ATTRS, COPYRES_TUPLES, 15] {
            let copy = original.copy_result(flags);
            t.result(flags, &copy);
            t.value("set", copy.set_value(0, 0, Some(b"x"), 1));
            t.value("attributes", copy.set_attrs(&[(c"a", 1)]));
            t.value("set", copy.set_value(0, 0, Some(b"x"), 1));
            t.result("changed", &copy);
        }
        t.result("original", &original);
    });
    table
        .add(
            Area::Result,
            "made empty by a connection with no status",
            |ctx, t| {
                let conn = ctx.connect(t);
                conn.exec(c"SELECT nope");
                for status in [13, 14, 99, -1] {
                    let made = conn.make_empty(status);
                    t.value("status", made.status() == status);
                    t.text("message", &made.error_message());
                    t.value("rows", made.ntuples());
                    t.text("command", &made.cmd_status());
                }
            },
        )
        .ours_differs(
            "such a number stands for PGRES_FATAL_ERROR",
            "status = false",
        );
}

fn add_function(table: &mut Table) {
    table
        .add(Area::Function, "fewer arguments than none", |ctx, t| {
            for count in [-1, -2] {
                let mut conn = ctx.connect(t);
                conn.record_by_processor();
                let mut length = -77;
                // SAFETY: no arguments are read, as there are none.
                let raw = unsafe {
                    ctx.api.PQfn(
                        conn.raw,
                        1598,
                        std::ptr::null_mut(),
                        &raw mut length,
                        1,
                        std::ptr::null(),
                        count,
                    )
                };
                let result = Res::own(ctx.api, raw);
                t.result(count, &result);
                t.value("length", length);
                t.text("message", &conn.error_message());
                t.value("status", conn.status());
                t.value("transaction", conn.transaction_status());
                for notice in conn.take_notices() {
                    t.text("notice", &notice.text);
                }
                t.result("after", &conn.exec(c"SELECT 1"));
            }
        })
        .ours_differs(
            "a call with fewer arguments than none is not sent",
            "number of parameters must be between 0 and 65535",
        );
    for stop in 0..4 {
        table.add(
            Area::Function,
            format!("while connecting {stop}"),
            move |ctx, t| {
                type Act = fn(&mut Transcript, &Conn<'_>);
                const ACTS: &[(&str, Act)] = &[
                    ("sync", |t, c| t.value("", c.pipeline_sync())),
                    ("enter and sync", |t, c| {
                        t.value("enter", c.enter_pipeline());
                        t.value("sync", c.pipeline_sync());
                    }),
                    ("result", |t, c| t.result("", &c.get_result())),
                    ("query", |t, c| t.value("", c.send_query(c"SELECT 1"))),
                    ("flush", |t, c| t.value("", c.flush())),
                    ("busy", |t, c| t.value("", c.is_busy())),
                ];
                for (name, act) in ACTS {
                    let conn = Conn::start(ctx.api, &ctx.tcp_conninfo(""));
                    let mut wanted = 2;
                    for _ in 0..stop {
                        match wanted {
                            1 => conn.wait_readable(),
                            _ => conn.wait_writable(),
                        }
                        wanted = conn.connect_poll();
                    }
                    t.section(name, |t| {
                        t.value("status", conn.status());
                        act(t, &conn);
                        t.text("message", &conn.error_message());
                        t.value("status", conn.status());
                        t.value("transaction", conn.transaction_status());
                        t.value("pipeline", conn.pipeline_status());
                    });
                }
            },
        );
    }
}

fn display(t: &mut Transcript, result: &Res<'_>, fill: i32, header: i32, quiet: i32) {
    let file = CFile::new();
    // SAFETY: an open stream, a live string, and a result that is NULL or live.
    unsafe {
        let separator = c"|".as_ptr();
        result
            .api
            .PQdisplayTuples(result.raw, file.pointer(), fill, separator, header, quiet);
    }
    let label = format_args!("display {fill} {header} {quiet}");
    t.bytes(label, &file.contents());
}

fn add_print(table: &mut Table) {
    table.add(Area::Print, "tuples of a copy", |ctx, t| {
        let conn = ctx.connect(t);
        let result = conn.exec(c"COPY item TO STDOUT");
        for (names, terse, width) in [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 5), (1, 0, 8)] {
            let file = CFile::new();
            // SAFETY: an open stream and a live result.
            unsafe {
                ctx.api
                    .PQprintTuples(result.raw, file.pointer(), names, terse, width)
            };
            t.bytes(format_args!("{names} {terse} {width}"), &file.contents());
        }
        display(t, &result, 0, 0, 0);
    });
    table
        .add(Area::Print, "headed tuples of a copy", |ctx, t| {
            let conn = ctx.connect(t);
            let result = conn.exec(c"COPY item TO STDOUT");
            display(t, &result, 1, 1, 0);
        })
        .crashes_libpq("it asks for the length of names that are not there");
    table.add(Area::Print, "tuples of NULL", |ctx, t| {
        let nothing = Res::null(ctx.api);
        for (names, terse, width) in [(0, 0, 0), (1, 1, 8)] {
            let file = CFile::new();
            // SAFETY: an open stream; no result is what is tried.
            unsafe {
                ctx.api
                    .PQprintTuples(nothing.raw, file.pointer(), names, terse, width)
            };
            t.bytes(
                format_args!("print {names} {terse} {width}"),
                &file.contents(),
            );
        }
    });
}

fn add_event(table: &mut Table) {
    table.add(Area::Events, "results of large objects", |ctx, t| {
        let log = EventLog::new("a");
        let conn = ctx.connect(t);
        let dump = format!("{}/corner-object", ctx.server.scratch);
        std::fs::write(&dump, b"a few bytes").expect("our own file");
        let dump = cstring(dump);
        conn.exec(c"BEGIN");
        conn.register(Procedure::First, Some(c"first"), log);
        log.take();
        let oid = conn.lo_create(0);
        t.line(format_args!("create: {}", log.take()));
        let fd = conn.lo_open(oid, INV_READ | INV_WRITE);
        t.line(format_args!("open: {}", log.take()));
        conn.lo_write(fd, b"abc");
        t.line(format_args!("write: {}", log.take()));
        conn.lo_tell(fd);
        t.line(format_args!("tell: {}", log.take()));
        conn.lo_lseek(fd, 0, 0);
        t.line(format_args!("seek: {}", log.take()));
        conn.lo_read(fd, 10);
        t.line(format_args!("read: {}", log.take()));
        conn.lo_truncate(fd, 1);
        t.line(format_args!("truncate: {}", log.take()));
        conn.lo_close(fd);
        t.line(format_args!("close: {}", log.take()));
        let other = conn.lo_import(&dump);
        t.line(format_args!("import: {}", log.take()));
        conn.lo_export(other, &dump);
        t.line(format_args!("export: {}", log.take()));
        conn.lo_unlink(oid);
        t.line(format_args!("unlink: {}", log.take()));
        conn.lo_unlink(oid);
        t.line(format_args!("unlink again: {}", log.take()));
        conn.exec(c"ROLLBACK");
        log.take();
        let result = conn.call(1598, false, &[]).0;
        t.line(format_args!("function: {}", log.take()));
        drop(result);
        t.line(format_args!("cleared: {}", log.take()));
        drop(conn);
        t.line(format_args!("finish: {}", log.take()));
    });
    table.add(Area::Events, "results within other calls", |ctx, t| {
        let log = EventLog::new("a");
        let conn = ctx.connect(t);
        conn.register(Procedure::First, Some(c"first"), log);
        log.take();
        conn.set_client_encoding(c"LATIN1");
        t.line(format_args!("encoding: {}", log.take()));
        conn.encrypt_password(c"secret", c"user", NULL);
        t.line(format_args!("password: {}", log.take()));
        conn.exec(c"SELECT 1; SELECT 2; SELECT 3");
        t.line(format_args!("statements: {}", log.take()));
        conn.exec(c"COPY part FROM STDIN");
        t.line(format_args!("copy: {}", log.take()));
        conn.put_line(c"x\n");
        conn.end_copy();
        t.line(format_args!("end of the copy: {}", log.take()));
        conn.exec(c"COPY item TO STDOUT");
        log.take();
        conn.exec(c"SELECT 1");
        t.line(format_args!("instead of the copy: {}", log.take()));
        conn.exec(c"COPY part FROM STDIN");
        log.take();
        conn.exec(c"SELECT 1");
        t.line(format_args!("instead of the other copy: {}", log.take()));
        conn.enter_pipeline();
        conn.send_query_params(c"SELECT 1/0", Params::new());
        conn.send_query_params(c"SELECT 1", Params::new());
        conn.pipeline_sync();
        for _ in 0..6 {
            conn.get_result();
        }
        t.line(format_args!("pipeline: {}", log.take()));
        conn.exit_pipeline();
        conn.send_query(c"SELECT 1");
        conn.reset();
        t.line(format_args!("reset: {}", log.take()));
        conn.exec(c"SELECT pg_terminate_backend(pg_backend_pid())");
        t.line(format_args!("lost: {}", log.take()));
        conn.exec(c"SELECT 1");
        t.line(format_args!("refused: {}", log.take()));
    });
    table.add(Area::Notice, "order at the end of a copy", |ctx, t| {
        for sql in [c"COPY numbers FROM STDIN", c"COPY noisy FROM STDIN"] {
            let mut conn = ctx.connect(t);
            conn.record_by_receiver();
            // The context would name the temporary schema.
            conn.set_context_visibility(0);
            conn.exec(c"CREATE TEMP TABLE numbers (n int); CREATE TEMP TABLE noisy (n int)");
            conn.exec(
                c"CREATE FUNCTION pg_temp.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                  RAISE NOTICE 'row %', NEW.n; IF NEW.n > 2 THEN RAISE EXCEPTION 'too many'; END IF; \
                  RETURN NEW; END $$",
            );
            conn.exec(c"CREATE TRIGGER tell BEFORE INSERT ON noisy FOR EACH ROW EXECUTE FUNCTION pg_temp.tell()");
            for last in [c"2\n", c"3\n", c"x\n"] {
                conn.exec(sql);
                conn.put_line(c"1\n");
                conn.put_line(last);
                t.value("end", conn.end_copy());
                t.text("message", &conn.error_message());
                for notice in conn.take_notices() {
                    t.text("notice", &notice.text);
                    t.line(format_args!("{} {:?}", notice.status, notice.fields.iter().map(|field| field.0).collect::<Vec<_>>()));
                }
                t.result("left", &conn.get_result());
            }
        }
    });
}
