//! Queries that are sent and collected in steps.

use crate::case::{Area, Table};
use crate::conn::Conn;
use crate::params::Params;
use crate::text::{NULL, cstring};
use crate::transcript::Transcript;

/// Collects every result until there is none.
pub(crate) fn collect(t: &mut Transcript, conn: &Conn<'_>) {
    for number in 0..40 {
        let result = conn.get_result();
        if result.is_null() {
            return t.line(format_args!("{number} results"));
        }
        t.result(format_args!("result {number}"), &result);
    }
    t.line("more than 40 results");
}

/// Sends one query and writes down what comes of it.
fn sent(t: &mut Transcript, conn: &Conn<'_>, accepted: i32) {
    t.value("sent", accepted);
    t.text("message", &conn.error_message());
    collect(t, conn);
    t.text("message after", &conn.error_message());
    t.value("transaction", conn.transaction_status());
}

const QUERIES: &[(&str, &str)] = &[
    ("one", "SELECT 1"),
    ("several", "SELECT 1; SELECT 2; CREATE TEMP TABLE q (a int)"),
    ("error in the middle", "SELECT 1; SELECT nope; SELECT 2"),
    ("empty", ""),
    (
        "rows then error",
        "SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n",
    ),
    ("copy out", "COPY item TO STDOUT"),
    ("notices", "DO $$ BEGIN RAISE NOTICE 'x'; END $$; SELECT 1"),
];

pub(crate) fn add(table: &mut Table) {
    for &(name, sql) in QUERIES {
        if name != "copy out" {
            table.add(Area::Async, format!("send {name}"), move |ctx, t| {
                let mut conn = ctx.connect(t);
                conn.record_by_processor();
                let accepted = conn.send_query(&cstring(sql));
                sent(t, &conn, accepted);
            });
        }
        table.add(Area::Async, format!("single rows {name}"), move |ctx, t| {
            let mut conn = ctx.connect(t);
            conn.record_by_processor();
            let accepted = conn.send_query(&cstring(sql));
            t.value("mode", conn.set_single_row_mode());
            if name == "copy out" {
                t.value("status", conn.get_result().status_name());
                while conn.get_copy_data(0).0 > 0 {}
            }
            sent(t, &conn, accepted);
        });
        table.add(Area::Async, format!("chunks {name}"), move |ctx, t| {
            let mut conn = ctx.connect(t);
            conn.record_by_processor();
            let accepted = conn.send_query(&cstring(sql));
            t.value("mode", conn.set_chunked_rows_mode(2));
            if name == "copy out" {
                t.value("status", conn.get_result().status_name());
                while conn.get_copy_data(0).0 > 0 {}
            }
            sent(t, &conn, accepted);
        });
    }
    table.add(Area::Async, "chunk sizes", |ctx, t| {
        let conn = ctx.connect(t);
        for size in [-1, 0, 1, 3, 5, 100] {
            conn.send_query(c"SELECT n FROM generate_series(1, 5) AS n");
            t.value(
                format_args!("mode {size}"),
                conn.set_chunked_rows_mode(size),
            );
            t.value("again", conn.set_chunked_rows_mode(2));
            t.value("single as well", conn.set_single_row_mode());
            collect(t, &conn);
        }
    });
    table.add(Area::Async, "single row mode at wrong times", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("idle", conn.set_single_row_mode());
        conn.send_query(c"SELECT 1; SELECT 2");
        t.value("sent", conn.set_single_row_mode());
        t.value("twice", conn.set_single_row_mode());
        conn.get_result();
        t.value("after a result", conn.set_single_row_mode());
        collect(t, &conn);
    });
    table.add(Area::Async, "single rows of many", |ctx, t| {
        let conn = ctx.connect(t);
        conn.send_query(c"SELECT n, repeat('x', n % 100) FROM generate_series(1, 20000) AS n");
        conn.set_single_row_mode();
        let (mut rows, mut bytes, mut last) = (0, 0, String::new());
        loop {
            let result = conn.get_result();
            if result.is_null() {
                break;
            }
            rows += result.ntuples();
            bytes += result.getlength(0, 1);
            last = result.status_name();
        }
        t.line(format_args!("{rows} rows, {bytes} bytes, then {last}"));
    });
    table.add(Area::Async, "second query while one runs", |ctx, t| {
        let conn = ctx.connect(t);
        conn.send_query(c"SELECT 1");
        t.value("second", conn.send_query(c"SELECT 2"));
        t.text("message", &conn.error_message());
        t.value("prepare", conn.send_prepare(c"p", c"SELECT 1", &[]));
        t.text("message", &conn.error_message());
        collect(t, &conn);
    });
    table.add(Area::Async, "exec throws away what is pending", |ctx, t| {
        let conn = ctx.connect(t);
        conn.send_query(c"SELECT 1; SELECT 2");
        t.result("exec", &conn.exec(c"SELECT 3"));
        collect(t, &conn);
    });
    table.add(Area::Async, "nothing sent", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("busy", conn.is_busy());
        collect(t, &conn);
        t.value("consume", conn.consume_input());
        t.value("flush", conn.flush());
    });
    table.add(Area::Async, "bad arguments", |ctx, t| {
        let conn = ctx.connect(t);
        for (name, code) in [
            ("query", conn.send_query(NULL)),
            ("params", conn.send_query_params(NULL, Params::new())),
            (
                "negative count",
                conn.send_query_params(c"SELECT 1", Params::new().count(-1)),
            ),
            (
                "prepare without name",
                conn.send_prepare(NULL, c"SELECT 1", &[]),
            ),
            ("prepare without query", conn.send_prepare(c"p", NULL, &[])),
            (
                "prepared without name",
                conn.send_query_prepared(NULL, Params::new()),
            ),
        ] {
            t.value(name, code);
        }
        t.text("message", &conn.error_message());
        t.value("describe by NULL", conn.send_describe_prepared(NULL));
        collect(t, &conn);
        t.value("describe portal by NULL", conn.send_describe_portal(NULL));
        collect(t, &conn);
    });
    table.add(Area::Async, "extended", |ctx, t| {
        let conn = ctx.connect(t);
        let code = conn.send_query_params(c"SELECT $1::int AS a", Params::new().text("5"));
        sent(t, &conn, code);
        let code = conn.send_prepare(c"p", c"SELECT $1::int", &[]);
        sent(t, &conn, code);
        let code = conn.send_query_prepared(c"p", Params::new().text("6"));
        sent(t, &conn, code);
        let code = conn.send_describe_prepared(c"p");
        sent(t, &conn, code);
        let code = conn.send_describe_portal(c"nothing");
        sent(t, &conn, code);
    });
    table.add(Area::Async, "send close", |ctx, t| {
        let conn = ctx.connect(t);
        conn.prepare(c"p", c"SELECT 1", &[]);
        let code = conn.send_close_prepared(c"p");
        sent(t, &conn, code);
        let code = conn.send_close_portal(c"none");
        sent(t, &conn, code);
    });
    add_non_blocking(table);
}

fn add_non_blocking(table: &mut Table) {
    table.add(Area::Async, "non-blocking loop", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("set", conn.set_nonblocking(1));
        t.value("is", conn.is_nonblocking());
        t.value(
            "sent",
            conn.send_query(c"SELECT n FROM generate_series(1, 3) AS n"),
        );
        while conn.flush() == 1 {
            conn.wait_readable();
        }
        for _ in 0..1000 {
            if conn.is_busy() == 0 {
                break;
            }
            conn.wait_readable();
            conn.consume_input();
        }
        collect(t, &conn);
        t.result("exec works too", &conn.exec(c"SELECT 1"));
        t.value("back", conn.set_nonblocking(0));
    });
    table.add(Area::Async, "non-blocking with much to send", |ctx, t| {
        let conn = ctx.connect(t);
        conn.set_nonblocking(1);
        let sql = cstring(format!("SELECT length('{}')", "y".repeat(8 << 20)));
        t.value("sent", conn.send_query(&sql));
        let mut left = conn.flush();
        for _ in 0..100_000 {
            if left != 1 {
                break;
            }
            let mut poll = libc::pollfd {
                fd: conn.socket(),
                events: libc::POLLIN | libc::POLLOUT,
                revents: 0,
            };
            // SAFETY: one entry, which is writable.
            unsafe { libc::poll(&raw mut poll, 1, 2000) };
            if poll.revents & libc::POLLIN != 0 {
                conn.consume_input();
            }
            left = conn.flush();
        }
        t.value("left", left);
        collect(t, &conn);
    });
    table.add(Area::Async, "busy until the answer is whole", |ctx, t| {
        let conn = ctx.connect(t);
        conn.send_query(c"SELECT pg_sleep(0.2), 'slept'");
        t.value("busy", conn.is_busy());
        t.value("consume", conn.consume_input());
        conn.wait_readable();
        while conn.is_busy() == 1 {
            conn.consume_input();
        }
        t.value("socket readable again", conn.is_busy());
        collect(t, &conn);
    });
    table
        .add(Area::Async, "consume on a dead connection", |ctx, t| {
            let conn = ctx.connect(t);
            conn.send_query(c"SELECT pg_terminate_backend(pg_backend_pid())");
            conn.wait_readable();
            let mut codes = Vec::new();
            for _ in 0..20 {
                codes.push(conn.consume_input());
                if codes.last() == Some(&0) {
                    break;
                }
                conn.wait_readable();
            }
            t.value("ends in", codes.last().copied().unwrap_or(-1));
            collect(t, &conn);
            t.text("message", &conn.error_message());
            t.value("status", conn.status());
        })
        .ours_differs(
            "libpq forgets the query, and takes what the server had sent for other things",
            "terminating connection due to administrator command",
        );
    table.add(Area::Async, "socket poll", |ctx, t| {
        let conn = ctx.connect(t);
        // SAFETY: takes numbers only.
        let poll =
            |read, write, end| unsafe { ctx.api.PQsocketPoll(conn.socket(), read, write, end) };
        t.value("writable", poll(0, 1, -1));
        t.value("not readable at once", poll(1, 0, 0));
        t.value("nothing asked", poll(0, 0, 0));
        conn.send_query(c"SELECT 1");
        t.value("readable", poll(1, 0, -1));
        // SAFETY: takes numbers only.
        let (bad, now) = unsafe {
            (
                ctx.api.PQsocketPoll(-1, 1, 0, 0),
                ctx.api.PQgetCurrentTimeUSec(),
            )
        };
        t.value("no socket", bad);
        t.value("time passes", now > 1_600_000_000_000_000);
        t.value("past end", poll(1, 1, now - 1));
    });
    table.add(Area::Async, "a reset connection blocks", |ctx, t| {
        let conn = ctx.connect(t);
        conn.set_nonblocking(1);
        conn.reset();
        t.value("after a reset", conn.is_nonblocking());
        conn.set_nonblocking(1);
        conn.reset_start();
        t.value("being reset", conn.is_nonblocking());
    });
}
