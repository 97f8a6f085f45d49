//! Notices: processor, receiver, levels, texts.

use crate::case::{Area, Ctx, Table};
use crate::conn::Conn;
use crate::text::cstring;
use crate::transcript::Transcript;

/// SQL that makes the server speak beside its answer.
const TALKATIVE: &[(&str, &str)] = &[
    ("commit outside of a transaction", "COMMIT"),
    ("rollback outside of a transaction", "ROLLBACK"),
    ("begin twice", "BEGIN; BEGIN"),
    (
        "drop if exists",
        "DROP TABLE IF EXISTS no_such_table, nor_this",
    ),
    ("implicit index", "CREATE TEMP TABLE q (a int PRIMARY KEY)"),
    (
        "truncated identifier",
        "SELECT 1 AS an_identifier_that_is_longer_than_the_sixty_three_bytes_that_the_server_keeps",
    ),
    (
        "cascade",
        "CREATE TEMP TABLE q (a int); CREATE TEMP VIEW v AS SELECT * FROM q; DROP TABLE q CASCADE",
    ),
    (
        "notice then error",
        "DO $$ BEGIN RAISE NOTICE 'first'; PERFORM 1/0; END $$",
    ),
    (
        "notices then rows",
        "DO $$ BEGIN RAISE NOTICE 'one'; RAISE NOTICE 'two'; END $$; SELECT 5",
    ),
    (
        "notice of several lines",
        "DO $$ BEGIN RAISE NOTICE E'one\\ntwo' USING DETAIL = E'a\\nb', HINT = 'c'; END $$",
    ),
    (
        "every field",
        "DO $$ BEGIN RAISE WARNING 'm' USING DETAIL = 'd', HINT = 'h', ERRCODE = '01XYZ', COLUMN = 'c', \
      CONSTRAINT = 'n', DATATYPE = 't', TABLE = 'tab', SCHEMA = 's'; END $$",
    ),
    (
        "backslash quote",
        "SET escape_string_warning = on; SET standard_conforming_strings = off; SELECT 'a\\b'",
    ),
    (
        "multibyte",
        "DO $$ BEGIN RAISE NOTICE '日本語 żółw'; END $$",
    ),
    (
        "all levels",
        "SET client_min_messages = debug5; DO $$ BEGIN RAISE DEBUG 'd'; RAISE LOG 'l'; RAISE INFO 'i'; \
      RAISE NOTICE 'n'; RAISE WARNING 'w'; END $$; SET client_min_messages = notice",
    ),
];

fn write(conn: &Conn<'_>, t: &mut Transcript) {
    for notice in conn.take_notices() {
        // What the server says of itself at debug levels depends on its own moods.
        if !notice
            .text
            .as_ref()
            .is_some_and(|text| text.starts_with(b"DEBUG") && !text.starts_with(b"DEBUG:  d"))
        {
            t.text("notice", &notice.text);
            if !notice.status.is_empty() {
                t.value("status", &notice.status);
            }
            for (name, value) in notice.fields {
                t.bytes(format_args!("  {name}"), &value);
            }
        }
    }
}

fn run<'a>(
    ctx: &Ctx<'a>,
    t: &mut Transcript,
    sql: &str,
    prepare: fn(&mut Conn<'a>) -> &'static str,
) {
    let mut conn = ctx.connect(t);
    t.value("set before", prepare(&mut conn));
    let result = conn.exec(&cstring(sql));
    write(&conn, t);
    t.result("result", &result);
}

pub(crate) fn add(table: &mut Table) {
    for &(name, sql) in TALKATIVE {
        table.add(Area::Notice, format!("processor {name}"), move |ctx, t| {
            run(ctx, t, sql, Conn::record_by_processor);
        });
        table.add(Area::Notice, format!("receiver {name}"), move |ctx, t| {
            run(ctx, t, sql, Conn::record_by_receiver);
        });
    }
    for verbosity in 0..4 {
        table.add(
            Area::Notice,
            format!("verbosity {verbosity}"),
            move |ctx, t| {
                let mut conn = ctx.connect(t);
                conn.record_by_processor();
                conn.set_verbosity(verbosity);
                for context in 0..3 {
                    conn.set_context_visibility(context);
                    conn.exec(
                        c"DO $$ BEGIN RAISE NOTICE 'n' USING DETAIL = 'd', HINT = 'h'; END $$",
                    );
                    write(&conn, t);
                }
            },
        );
    }
    table.add(Area::Notice, "setting twice returns ours", |ctx, t| {
        let mut conn = ctx.connect(t);
        t.line(conn.record_by_processor());
        t.line(conn.record_by_processor());
        t.line(conn.record_by_receiver());
        t.line(conn.record_by_receiver());
    });
    table.add(Area::Notice, "misuse speaks through notices", |ctx, t| {
        let mut conn = ctx.connect(t);
        conn.record_by_processor();
        let result = conn.exec(c"SELECT 1 AS one");
        t.text("row too high", &result.getvalue(5, 0));
        write(&conn, t);
        t.text("column too high", &result.getvalue(0, 7));
        write(&conn, t);
        t.text("negative", &result.fname(-1));
        write(&conn, t);
        t.value("parameter", result.param_type(3));
        write(&conn, t);
        t.value("set value far away", result.set_value(9, 0, Some(b"x"), 1));
        write(&conn, t);
        t.value(
            "set value wrong column",
            result.set_value(0, 9, Some(b"x"), 1),
        );
        write(&conn, t);
    });
    table.add(
        Area::Notice,
        "result keeps its hooks after the connection",
        |ctx, t| {
            let mut conn = ctx.connect(t);
            conn.record_by_processor();
            let result = conn.exec(c"SELECT 1 AS one");
            let copy = result.copy_result(0);
            t.text("own hooks", &result.getvalue(5, 0));
            t.value("copied without hooks", copy.ntuples());
            write(&conn, t);
        },
    );
    table.add(Area::Notice, "survives a reset", |ctx, t| {
        let mut conn = ctx.connect(t);
        conn.record_by_processor();
        conn.reset();
        conn.exec(c"COMMIT");
        write(&conn, t);
    });
}
