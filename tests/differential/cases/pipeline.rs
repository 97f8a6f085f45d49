//! Pipeline mode.

use crate::case::{Area, Table};
use crate::cases::asynchronous::collect;
use crate::conn::Conn;
use crate::params::Params;
use crate::result::Res;
use crate::text::NULL;
use crate::transcript::Transcript;

/// Results with the NULLs between them, until `count` of both have come.
fn take(t: &mut Transcript, conn: &Conn<'_>, count: usize) {
    for number in 0..count {
        t.result(number, &conn.get_result());
    }
    t.value("pipeline", conn.pipeline_status());
    t.value("transaction", conn.transaction_status());
}

fn select(conn: &Conn<'_>, text: &str) -> i32 {
    conn.send_query_params(c"SELECT $1::int AS n", Params::new().text(text))
}

pub(crate) fn add(table: &mut Table) {
    table.add(Area::Pipeline, "three queries", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("enter", conn.enter_pipeline());
        for text in ["1", "2", "3"] {
            t.value("sent", select(&conn, text));
        }
        t.value("sync", conn.pipeline_sync());
        take(t, &conn, 8);
        t.value("exit", conn.exit_pipeline());
        t.result("after", &conn.exec(c"SELECT 1"));
    });
    table.add(Area::Pipeline, "error aborts until sync", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        for text in ["1", "x", "3"] {
            select(&conn, text);
        }
        conn.pipeline_sync();
        select(&conn, "4");
        conn.pipeline_sync();
        take(t, &conn, 11);
        t.value("exit", conn.exit_pipeline());
    });
    table.add(Area::Pipeline, "entering and leaving", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("exit when off", conn.exit_pipeline());
        t.value("enter", conn.enter_pipeline());
        t.value("again", conn.enter_pipeline());
        t.value("status", conn.pipeline_status());
        t.value("exit", conn.exit_pipeline());
        conn.send_query(c"SELECT 1");
        t.value("enter while busy", conn.enter_pipeline());
        t.text("message", &conn.error_message());
        collect(t, &conn);
        t.value("enter", conn.enter_pipeline());
        select(&conn, "1");
        t.value("exit while busy", conn.exit_pipeline());
        t.text("message", &conn.error_message());
        conn.pipeline_sync();
        conn.get_result();
        t.value("exit with results left", conn.exit_pipeline());
        t.text("message", &conn.error_message());
    });
    table.add(Area::Pipeline, "what is not allowed", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("sync when off", conn.pipeline_sync());
        t.text("message", &conn.error_message());
        conn.enter_pipeline();
        t.result("exec", &conn.exec(c"SELECT 1"));
        t.text("message", &conn.error_message());
        t.result("exec params", &conn.exec_params(c"SELECT 1", Params::new()));
        t.result("prepare", &conn.prepare(c"p", c"SELECT 1", &[]));
        t.result("describe", &conn.describe_prepared(c"p"));
        t.value("simple query", conn.send_query(c"SELECT 1"));
        t.text("message", &conn.error_message());
        t.result("function", &conn.call(1, true, &[]).0);
        t.text("message", &conn.error_message());
        t.value("encoding", conn.set_client_encoding(c"UTF8"));
        t.value("non-blocking", conn.set_nonblocking(1));
    });
    table.add(Area::Pipeline, "flush request", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        select(&conn, "1");
        t.value("request", conn.send_flush_request());
        t.value("flush", conn.flush());
        take(t, &conn, 2);
        conn.pipeline_sync();
        take(t, &conn, 2);
    });
    table.add(Area::Pipeline, "single rows", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        conn.send_query_params(c"SELECT generate_series(1, 3)", Params::new());
        conn.send_query_params(c"SELECT 7", Params::new());
        conn.pipeline_sync();
        t.value("mode", conn.set_single_row_mode());
        take(t, &conn, 5);
        t.value("mode of the second", conn.set_single_row_mode());
        take(t, &conn, 4);
    });
    table.add(Area::Pipeline, "prepare and use", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        conn.send_prepare(c"p", c"SELECT $1::int + 1", &[]);
        conn.send_describe_prepared(c"p");
        conn.send_query_prepared(c"p", Params::new().text("1"));
        conn.send_describe_portal(NULL);
        conn.pipeline_sync();
        take(t, &conn, 9);
    });
    table.add(Area::Pipeline, "close in a pipeline", |ctx, t| {
        let conn = ctx.connect(t);
        conn.prepare(c"p", c"SELECT 1", &[]);
        conn.enter_pipeline();
        conn.send_close_prepared(c"p");
        conn.send_close_portal(c"x");
        conn.pipeline_sync();
        take(t, &conn, 6);
    });
    table.add(Area::Pipeline, "send sync", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        select(&conn, "1");
        t.value("sync", conn.send_pipeline_sync());
        select(&conn, "2");
        t.value("sync", conn.send_pipeline_sync());
        t.value("flush", conn.flush());
        take(t, &conn, 7);
    });
    table.add(Area::Pipeline, "only syncs", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        conn.pipeline_sync();
        conn.pipeline_sync();
        take(t, &conn, 4);
    });
    table.add(Area::Pipeline, "implicit transaction", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        for text in ["11", "12", "1"] {
            conn.send_query_params(
                c"INSERT INTO item VALUES ($1, 'x')",
                Params::new().text(text),
            );
        }
        conn.pipeline_sync();
        take(t, &conn, 7);
        conn.exit_pipeline();
        t.result("rolled back", &conn.exec(c"SELECT count(*) FROM item"));
    });
    table.add(Area::Pipeline, "transaction commands", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        for sql in [c"BEGIN", c"SELECT 1", c"COMMIT"] {
            conn.send_query_params(sql, Params::new());
        }
        conn.pipeline_sync();
        take(t, &conn, 8);
    });
    table.add(Area::Pipeline, "copy is refused", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        conn.send_query_params(c"COPY item TO STDOUT", Params::new());
        conn.pipeline_sync();
        t.result("copy", &conn.get_result());
        t.text("message", &conn.error_message());
        t.value("status", conn.status());
    });
    table.add(Area::Pipeline, "connection lost", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        conn.send_query_params(
            c"SELECT pg_terminate_backend(pg_backend_pid())",
            Params::new(),
        );
        select(&conn, "2");
        conn.pipeline_sync();
        take(t, &conn, 8);
        t.value("status", conn.status());
    });
    table.add(Area::Pipeline, "many", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        for number in 0..2000 {
            assert_eq!(select(&conn, &number.to_string()), 1);
        }
        conn.pipeline_sync();
        let mut total = 0_i64;
        for _ in 0..2000 {
            let result = conn.get_result();
            total += i64::from(result.ntuples());
            drop(result);
            assert!(conn.get_result().is_null(), "one result per query");
        }
        t.value("rows", total);
        take(t, &conn, 2);
    });
    add_rows(table);
    add_much(table);
    table.add(Area::Pipeline, "sync during a copy", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"CREATE TEMP TABLE q (a int)");
        conn.enter_pipeline();
        conn.send_query_params(c"COPY q FROM STDIN", Params::new());
        conn.flush();
        conn.wait_readable();
        t.value("input", conn.consume_input());
        t.value("busy", conn.is_busy());
        t.value("sync", conn.pipeline_sync());
        t.text("message", &conn.error_message());
    });
}

/// Queries of a pipeline whose rows come one by one, in chunks, or to an error.
fn add_rows(table: &mut Table) {
    type Mode = fn(&Conn<'_>) -> i32;
    let modes: [(&str, Mode); 2] = [
        ("single rows", |conn| conn.set_single_row_mode()),
        ("chunks", |conn| conn.set_chunked_rows_mode(2)),
    ];
    for (name, set) in modes {
        table.add(Area::Pipeline, format!("{name} of some"), move |ctx, t| {
            let conn = ctx.connect(t);
            conn.enter_pipeline();
            for _ in 0..3 {
                conn.send_query_params(c"SELECT generate_series(1, 5)", Params::new());
            }
            conn.pipeline_sync();
            t.value("first", set(&conn));
            t.result("row", &conn.get_result());
            t.value("in the middle", set(&conn));
            while !conn.get_result().is_null() {}
            take(t, &conn, 2);
            t.value("third", set(&conn));
            take(t, &conn, 9);
        });
        for text in ["single", "syncs between"] {
            let name = format!("error behind {name}, {text}");
            table.add(Area::Pipeline, name, move |ctx, t| {
                let conn = ctx.connect(t);
                conn.enter_pipeline();
                let sql = c"SELECT 1 / (4 - n) FROM generate_series(1, 6) AS n";
                for _ in 0..2 {
                    conn.send_query_params(sql, Params::new());
                    if text == "syncs between" {
                        conn.pipeline_sync();
                    }
                }
                select(&conn, "7");
                conn.pipeline_sync();
                select(&conn, "8");
                conn.pipeline_sync();
                for number in 0..30 {
                    // Where there is nothing to set it for, it says so.
                    t.value("mode", set(&conn));
                    let result = conn.get_result();
                    t.result(number, &result);
                    t.value("pipeline", conn.pipeline_status());
                }
                t.value("exit", conn.exit_pipeline());
                t.result("after", &conn.exec(c"SELECT 1"));
            });
        }
    }
}

/// How much a query of [`add_much`] carries, each way.
const MUCH: usize = 200_000;

/// More is queued than all buffers hold, in both directions: nobody waits for the other.
fn add_much(table: &mut Table) {
    let send = |conn: &Conn<'_>, letters: &str| {
        let sql = c"SELECT $1::text, repeat('y', length($1))";
        assert_eq!(
            conn.send_query_params(sql, Params::new().text(letters)),
            1,
            "{:?}",
            conn.error_message()
        );
    };
    let sizes = |result: &Res<'_>| (result.getlength(0, 0), result.getlength(0, 1));
    table.add(Area::Pipeline, "much both ways", move |ctx, t| {
        let conn = ctx.connect(t);
        let letters = "x".repeat(MUCH);
        conn.enter_pipeline();
        for _ in 0..100 {
            send(&conn, &letters);
        }
        t.value("sync", conn.pipeline_sync());
        for number in 0..100 {
            let result = conn.get_result();
            let expected = (MUCH as i32, MUCH as i32);
            assert_eq!(sizes(&result), expected, "{number}");
            assert!(conn.get_result().is_null());
        }
        take(t, &conn, 2);
    });
    table.add(
        Area::Pipeline,
        "much both ways without waiting",
        move |ctx, t| {
            let conn = ctx.connect(t);
            conn.set_nonblocking(1);
            let letters = "x".repeat(MUCH);
            conn.enter_pipeline();
            for _ in 0..100 {
                send(&conn, &letters);
            }
            t.value("sync", conn.pipeline_sync());
            let (mut rows, mut bytes, mut nothing, mut ended) = (0, 0, 0, false);
            while !ended {
                let left = conn.flush();
                conn.wait_either(left == 1);
                assert_eq!(conn.consume_input(), 1);
                while !ended && conn.is_busy() == 0 {
                    let result = conn.get_result();
                    let (one, other) = sizes(&result);
                    bytes += one + other;
                    rows += result.ntuples();
                    nothing += i32::from(result.is_null());
                    ended = result.status_name() == "PGRES_PIPELINE_SYNC";
                }
            }
            t.line(format_args!("{rows} rows, {bytes} bytes, {nothing} ends"));
            t.value("left", conn.flush());
            t.value("exit", conn.exit_pipeline());
        },
    );
}
