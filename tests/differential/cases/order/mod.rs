//! Every call in every state of a connection: most of them in the wrong order.
//!
//! Each call gets a connection of its own that is brought into the state first, and whose answers
//! are collected to the end afterwards.

mod calls;

use crate::case::{Area, Ctx, Table};
use crate::conn::Conn;
use crate::params::Params;
use crate::raw::{CONNECTION_OK, PGRES_COPY_BOTH, PGRES_COPY_IN, PGRES_COPY_OUT};
use crate::text::cstring;
use crate::transcript::Transcript;

use calls::{Call, GROUPS, NEWER};

/// A way to a connection in some state.
type State = for<'a> fn(&Ctx<'a>, &mut Transcript) -> Conn<'a>;

const STATES: &[(&str, State)] = &[
    ("none", |ctx, _| Conn::null(ctx.api)),
    ("idle", |ctx, t| ctx.connect(t)),
    ("non-blocking", |ctx, t| {
        let conn = ctx.connect(t);
        conn.set_nonblocking(1);
        conn
    }),
    // Over TCP: where connections come this fast, the queue of a Unix socket can be full.
    ("connecting", |ctx, _| {
        let conn = Conn::start(ctx.api, &ctx.tcp_conninfo(""));
        conn.wait_writable();
        conn
    }),
    ("half connected", |ctx, _| {
        let conn = Conn::start(ctx.api, &ctx.tcp_conninfo(""));
        for _ in 0..2 {
            conn.wait_writable();
            conn.connect_poll();
        }
        conn
    }),
    ("never connected", |ctx, _| {
        Conn::open(ctx.api, c"host=/nonexistent port=1 user=u dbname=d")
    }),
    ("bad options", |ctx, _| {
        Conn::open(ctx.api, c"port=77777777")
    }),
    ("closed by the server", |ctx, t| closed(ctx, t)),
    ("known to be closed", |ctx, t| {
        let conn = closed(ctx, t);
        conn.exec(c"SELECT 'the last one'");
        conn
    }),
    ("in a failed transaction", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"BEGIN");
        conn.exec(c"SELECT 1/0");
        conn
    }),
    ("query sent", |ctx, t| {
        let conn = ctx.connect(t);
        conn.send_query(c"SELECT 'first'; SELECT 'second'");
        conn
    }),
    ("answer half read", |ctx, t| {
        let conn = ctx.connect(t);
        conn.send_query(c"SELECT 'first'; SELECT 'second'");
        conn.get_result();
        conn
    }),
    ("row by row", |ctx, t| {
        let conn = ctx.connect(t);
        conn.send_query(c"SELECT generate_series(1, 4); SELECT 'second'");
        conn.set_single_row_mode();
        conn.get_result();
        conn
    }),
    ("copying in", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"CREATE TEMP TABLE numbers (n int)");
        conn.exec(c"COPY numbers FROM STDIN");
        conn
    }),
    ("copying out", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"COPY (SELECT generate_series(1, 4)) TO STDOUT");
        conn
    }),
    ("pipeline", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        conn
    }),
    ("pipeline with queries", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        conn.send_query_params(c"SELECT 'first'", Params::new());
        conn.send_query_params(c"SELECT 'second'", Params::new());
        conn.pipeline_sync();
        conn
    }),
    ("pipeline lost", |ctx, t| {
        let conn = closed(ctx, t);
        conn.enter_pipeline();
        conn.send_query_params(c"SELECT 'first'", Params::new());
        conn.send_query_params(c"SELECT 'second'", Params::new());
        conn.pipeline_sync();
        conn.get_result();
        conn
    }),
    ("pipeline aborted", |ctx, t| {
        let conn = ctx.connect(t);
        conn.enter_pipeline();
        conn.send_query_params(c"SELECT 1/0", Params::new());
        conn.send_query_params(c"SELECT 'second'", Params::new());
        conn.pipeline_sync();
        conn.get_result();
        conn
    }),
];

/// A connection whose server has gone, which it does not know yet.
fn closed<'a>(ctx: &Ctx<'a>, t: &mut Transcript) -> Conn<'a> {
    let conn = ctx.connect(t);
    let killer = ctx.connect(t);
    let pid = conn.backend_pid();
    killer.exec(&cstring(format!("SELECT pg_terminate_backend({pid})")));
    conn.wait_for_end();
    conn
}

pub(crate) fn add(table: &mut Table) {
    for &(state, reach) in STATES {
        for &(group, calls) in GROUPS {
            let name = format!("{state} {group}");
            let case = table.add(Area::Order, name, move |ctx, t| run(ctx, t, reach, calls));
            if group == "function" && matches!(state, "connecting" | "half connected") {
                case.ours_differs(
                    "a function is called once the session has begun, not before",
                    "connection in wrong state",
                );
            }
        }
        table.add(
            Area::Order,
            format!("{state} of version 17"),
            move |ctx, t| {
                run(ctx, t, reach, NEWER);
            },
        );
    }
    add_lost(table);
}

fn add_lost(table: &mut Table) {
    table
        .add(Area::Order, "sync without a connection", |ctx, t| {
            let conn = closed(ctx, t);
            conn.exec(c"SELECT 'the last one'");
            t.value("enter", conn.enter_pipeline());
            t.value("sync", conn.pipeline_sync());
            for _ in 0..3 {
                t.result("result", &conn.get_result());
            }
            t.value("exit", conn.exit_pipeline());
            t.text("message", &conn.error_message());
            conn.reset();
            t.result("after a reset", &conn.exec(c"SELECT 1"));
        })
        .differs_before(18, "PQpipelineSync refused it with no word of why");
}

fn run(ctx: &Ctx<'_>, t: &mut Transcript, reach: State, calls: &[Call]) {
    for &(name, call) in calls {
        t.section(name, |t| {
            let mut conn = reach(ctx, t);
            conn.record_by_processor();
            call(t, &conn);
            t.text("message", &conn.error_message());
            t.value("status", conn.status());
            t.value("transaction", conn.transaction_status());
            t.value("pipeline", conn.pipeline_status());
            if conn.status() <= 1 {
                end(t, &conn);
            }
            for notice in conn.take_notices() {
                t.text("notice", &notice.text);
            }
        });
    }
}

/// Collects all that is still to come, and shows what the connection is good for then.
fn end(t: &mut Transcript, conn: &Conn<'_>) {
    let pipeline = conn.pipeline_status() != 0;
    if pipeline && conn.status() == CONNECTION_OK {
        t.value("sync", conn.pipeline_sync());
    }
    let mut nothing = 0;
    for _ in 0..20 {
        let result = conn.get_result();
        if result.is_null() {
            nothing += 1;
            if nothing > usize::from(pipeline) {
                break;
            }
            continue;
        }
        nothing = 0;
        t.line(format_args!(
            "then {} {} {}",
            result.status_name(),
            result.ntuples(),
            String::from_utf8_lossy(&result.error_message().unwrap_or_default()).trim_end()
        ));
        match result.status() {
            PGRES_COPY_IN => t.value("end", conn.put_copy_end(c"enough")),
            PGRES_COPY_OUT => while conn.get_copy_data(0).0 > 0 {},
            PGRES_COPY_BOTH => break,
            _ => {}
        }
    }
    if pipeline {
        t.value("exit", conn.exit_pipeline());
    }
    if conn.status() == CONNECTION_OK {
        t.value("good for", conn.exec(c"SELECT 1").status_name());
    } else {
        t.text("lost", &conn.error_message());
    }
}
