//! Result readers at their edges, and results that a program makes itself.

use std::ffi::CStr;

use crate::case::{Area, Table};
use crate::raw::*;
use crate::result::Res;
use crate::text::{NULL, copy, cstring};
use crate::transcript::Transcript;

/// Indexes around and far outside of a result of three rows and four columns.
const EDGES: [i32; 8] = [i32::MIN, -1, 0, 2, 3, 4, 1000, i32::MAX];

const THREE_ROWS: &CStr = c"SELECT id, name, price, code AS \"Code\" FROM item ORDER BY id";

/// Commands whose tag carries numbers, or none: one case for `PQcmdTuples`, `PQoidStatus` and kin.
const COMMANDS: &[&str] = &[
    "SELECT 1",
    "SELECT 1 WHERE false",
    "CREATE TEMP TABLE q (a int)",
    "INSERT INTO q VALUES (1)",
    "INSERT INTO q VALUES (2), (3)",
    "UPDATE q SET a = a",
    "UPDATE q SET a = a WHERE false",
    "DELETE FROM q WHERE a = 3",
    "INSERT INTO q VALUES (4) RETURNING a",
    "BEGIN",
    "DECLARE c CURSOR FOR SELECT generate_series(1, 9)",
    "FETCH 3 FROM c",
    "MOVE 2 FROM c",
    "CLOSE c",
    "COMMIT",
    "CREATE TEMP TABLE r AS SELECT 1 AS x",
    "SELECT 1 AS y INTO TEMP s",
    "CREATE TEMP TABLE w AS SELECT 1 WITH NO DATA",
    "REFRESH MATERIALIZED VIEW nothing",
    "SET work_mem = '1MB'",
    "SHOW work_mem",
    "TRUNCATE q",
    "LISTEN x",
    "",
    "nonsense",
];

fn every_reader(t: &mut Transcript, result: &Res<'_>) {
    for column in EDGES {
        t.section(format_args!("column {column}"), |t| {
            t.text("name", &result.fname(column));
            t.value("type", result.ftype(column));
            t.value("size", result.fsize(column));
            t.value("mod", result.fmod(column));
            t.value("format", result.fformat(column));
            t.value("table", result.ftable(column) != 0);
            t.value("table column", result.ftablecol(column));
            t.value("parameter", result.param_type(column));
            for row in EDGES {
                t.line(format_args!(
                    "row {row}: {:?} length {} null {}",
                    result
                        .getvalue(row, column)
                        .map(|value| String::from_utf8_lossy(&value).into_owned()),
                    result.getlength(row, column),
                    result.getisnull(row, column),
                ));
            }
        });
    }
}

pub(crate) fn add(table: &mut Table) {
    // Each of these complains once per wrong number; the notices have a case of their own.
    table.add(Area::Result, "edges of three rows", |ctx, t| {
        let mut conn = ctx.connect(t);
        conn.record_by_processor();
        every_reader(t, &conn.exec(THREE_ROWS));
    });
    table.add(Area::Result, "edges of an error", |ctx, t| {
        let mut conn = ctx.connect(t);
        conn.record_by_processor();
        every_reader(t, &conn.exec(c"nonsense"));
    });
    table.add(Area::Result, "edges of no rows", |ctx, t| {
        let mut conn = ctx.connect(t);
        conn.record_by_processor();
        every_reader(t, &conn.exec(c"SELECT 1 AS a, 2 AS b, 3 AS c WHERE false"));
    });
    table.add(Area::Result, "edges of NULL", |ctx, t| {
        every_reader(t, &Res::null(ctx.api))
    });
    table.add(Area::Result, "column numbers by name", |ctx, t| {
        let conn = ctx.connect(t);
        let sql = c"SELECT 1 AS lower, 2 AS \"Upper\", 3 AS \"with space\", 4 AS \"quo\"\"te\", 5 AS lower, 6 AS \"\u{e4}\", \
            7 AS \"\u{c4}\", 8 AS \"UPPER\", 9 AS \"?column?\"";
        let result = conn.exec(sql);
        t.value("status", result.status_name());
        let names = [
            "lower", "LOWER", "Lower", "\"lower\"", "\"LOWER\"", "upper", "Upper", "\"Upper\"", "UPPER", "\"UPPER\"",
            "with space", "\"with space\"", "with \"space\"", "quo\"te", "quo\"\"te", "\"quo\"\"te\"", "", "\"\"",
            "\"lower", "lower\"", "lo\"we\"r", "LO\"we\"R", "ä", "Ä", "\"Ä\"", "?column?", " lower", "missing", "lower ",
        ];
        for name in names {
            t.value(format_args!("[{name}]"), result.fnumber(&cstring(name)));
        }
        t.value("NULL", result.fnumber(NULL));
        t.value("of NULL", Res::null(ctx.api).fnumber(c"lower"));
    });
    table.add(Area::Result, "tags of commands", |ctx, t| {
        let conn = ctx.connect(t);
        for sql in COMMANDS {
            let result = conn.exec(&cstring(*sql));
            t.section(sql, |t| {
                t.text("status", &result.cmd_status());
                t.text("affected", &result.cmd_tuples());
                t.text("oid status", &result.oid_status());
                t.value("oid", result.oid_value());
                t.value("binary", result.binary_tuples());
            });
        }
    });
    table
        .add(Area::Result, "names of statuses", |ctx, t| {
            for status in -2..22 {
                // SAFETY: takes a number, returns a string of the library's.
                t.text(status, &unsafe { copy(ctx.api.PQresStatus(status)) });
            }
            // SAFETY: as above.
            t.text("largest", &unsafe { copy(ctx.api.PQresStatus(i32::MAX)) });
        })
        .differs_before(18, "libpq 17 added PGRES_TUPLES_CHUNK");
    table.add(Area::Result, "array of status names", |ctx, t| {
        let names = ctx.api.need("pgresStatus").cast::<*const libc::c_char>();
        for index in 0..12 {
            // SAFETY: the exported array has at least the twelve statuses that libpq 15 knows.
            t.text(index, &unsafe { copy(*names.add(index)) });
        }
    });
    table.add(Area::Result, "binary tuples", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("text", conn.exec(c"SELECT 1").binary_tuples());
        conn.exec(c"BEGIN");
        conn.exec(c"DECLARE c BINARY CURSOR FOR SELECT 1, 'x'::text");
        let fetched = conn.exec(c"FETCH c");
        t.value("binary", fetched.binary_tuples());
        t.bytes("value", &fetched.value_bytes(0, 0));
        t.value("no columns", conn.exec(c"SELECT").binary_tuples());
        t.value(
            "copy",
            conn.exec(c"COPY item TO STDOUT (FORMAT binary)")
                .binary_tuples(),
        );
    });
    table.add(Area::Result, "memory size", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("NULL", Res::null(ctx.api).memory_size());
        t.value("some", conn.exec(c"SELECT 1").memory_size() > 0);
        let large = conn.exec(c"SELECT repeat('x', 100000)").memory_size();
        t.value("holds its value", (100_000..400_000).contains(&large));
    });
    table.add(Area::Result, "clearing NULL and freeing NULL", |ctx, t| {
        // SAFETY: both accept NULL.
        unsafe {
            ctx.api.PQclear(std::ptr::null_mut());
            ctx.api.PQfreemem(std::ptr::null_mut());
        }
        t.line("alive");
    });
    add_made(table);
    add_copied(table);
}

fn add_made(table: &mut Table) {
    table
        .add(Area::Result, "made empty", |ctx, t| {
            let conn = ctx.connect(t);
            for status in [0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 12] {
                t.result(
                    format_args!("without connection, {status}"),
                    &crate::conn::Conn::null(ctx.api).make_empty(status),
                );
                t.result(
                    format_args!("with connection, {status}"),
                    &conn.make_empty(status),
                );
            }
            conn.exec(c"SELECT nope");
            t.result(
                "takes the connection's error",
                &conn.make_empty(PGRES_FATAL_ERROR),
            );
            t.result("does not for success", &conn.make_empty(PGRES_TUPLES_OK));
        })
        .differs_before(18, "libpq 17 added PGRES_TUPLES_CHUNK");
    table
        .add(
            Area::Result,
            "made empty with a number that is no status",
            |ctx, t| {
                for status in [-1, 50] {
                    let made = crate::conn::Conn::null(ctx.api).make_empty(status);
                    t.result(format_args!("{status}"), &made);
                }
            },
        )
        .ours_differs(
            "such a number stands for PGRES_FATAL_ERROR",
            "status = PGRES_FATAL_ERROR",
        );
    table.add(Area::Result, "attributes and values", |ctx, t| {
        let mut conn = ctx.connect(t);
        conn.record_by_processor();
        let made = conn.make_empty(PGRES_TUPLES_OK);
        t.value(
            "attributes",
            made.set_attrs(&[(c"first", 23), (c"second", 25), (c"", 0)]),
        );
        t.value("attributes again", made.set_attrs(&[(c"other", 1)]));
        t.value("value", made.set_value(0, 0, Some(b"one"), 3));
        t.value("null by length", made.set_value(0, 1, Some(b"gone"), -1));
        t.value("null by pointer", made.set_value(0, 2, None, 5));
        t.value("empty", made.set_value(1, 0, Some(b""), 0));
        t.value("part of a value", made.set_value(1, 1, Some(b"abcdef"), 3));
        t.value("with NUL", made.set_value(1, 2, Some(b"a\0b"), 3));
        t.value(
            "replaced by longer",
            made.set_value(0, 0, Some(b"another one"), 11),
        );
        t.value("replaced by shorter", made.set_value(0, 1, Some(b"s"), 1));
        t.value("gap", made.set_value(3, 0, Some(b"x"), 1));
        t.value("negative row", made.set_value(-1, 0, Some(b"x"), 1));
        t.value("negative column", made.set_value(0, -1, Some(b"x"), 1));
        t.value("column too high", made.set_value(0, 3, Some(b"x"), 1));
        t.result("made", &made);
        for notice in conn.take_notices() {
            t.text("notice", &notice.text);
        }
    });
    table.add(Area::Result, "many set values", |ctx, t| {
        let conn = ctx.connect(t);
        let made = conn.make_empty(PGRES_TUPLES_OK);
        made.set_attrs(&[(c"n", 23)]);
        for row in 0..5000 {
            let text = row.to_string();
            assert_eq!(
                made.set_value(row, 0, Some(text.as_bytes()), text.len() as i32),
                1
            );
        }
        t.value("rows", made.ntuples());
        t.text("last", &made.getvalue(4999, 0));
    });
    table.add(Area::Result, "attributes of nothing", |ctx, t| {
        let conn = ctx.connect(t);
        let made = conn.make_empty(PGRES_TUPLES_OK);
        t.value("none", made.set_attrs(&[]));
        t.value("of NULL", Res::null(ctx.api).set_attrs(&[(c"a", 1)]));
        t.value(
            "value of NULL",
            Res::null(ctx.api).set_value(0, 0, Some(b"x"), 1),
        );
        t.value("value without columns", made.set_value(0, 0, Some(b"x"), 1));
        let real = conn.exec(c"SELECT 1");
        t.value("of a real result", real.set_attrs(&[(c"a", 1)]));
        t.value(
            "into a real result",
            real.set_value(0, 0, Some(b"changed"), 7),
        );
        t.value("a row more", real.set_value(1, 0, Some(b"added"), 5));
        t.result("changed", &real);
    });
    table.add(Area::Result, "memory of a result", |ctx, t| {
        let conn = ctx.connect(t);
        let result = conn.exec(c"SELECT 1");
        for size in [0, 1, 16, 3000, 100_000] {
            t.value(size, result.alloc(size));
        }
        t.value("of NULL", Res::null(ctx.api).alloc(10));
        t.result("unharmed", &result);
    });
}

fn add_copied(table: &mut Table) {
    for flags in [
        0,
        COPYRES_ATTRS,
        COPYRES_TUPLES,
        COPYRES_EVENTS,
        COPYRES_NOTICEHOOKS,
        15,
        -1,
        16,
    ] {
        table.add(
            Area::Result,
            format!("copy with flags {flags}"),
            move |ctx, t| {
                let conn = ctx.connect(t);
                let copy = conn.exec(THREE_ROWS).copy_result(flags);
                t.result("rows", &copy);
                t.result("error", &conn.exec(c"SELECT nope").copy_result(flags));
                t.result(
                    "command",
                    &conn
                        .exec(c"INSERT INTO part SELECT 1, 1 WHERE false")
                        .copy_result(flags),
                );
                t.result("NULL", &Res::null(ctx.api).copy_result(flags));
            },
        );
    }
    table.add(Area::Result, "a copy can be changed", |ctx, t| {
        let conn = ctx.connect(t);
        let original = conn.exec(THREE_ROWS);
        let copy = original.copy_result(COPYRES_TUPLES);
        t.value("changed", copy.set_value(0, 1, Some(b"screw"), 5));
        t.value("added", copy.set_value(3, 0, Some(b"4"), 1));
        t.result("copy", &copy);
        t.result("original", &original);
    });
    table.add(Area::Result, "copy of columns without names", |ctx, t| {
        let conn = ctx.connect(t);
        let original = conn.exec(c"COPY item TO STDOUT");
        t.result("original", &original);
        t.result("copy", &original.copy_result(COPYRES_ATTRS));
    });
    table.add(Area::Result, "copy of attributes takes values", |ctx, t| {
        let conn = ctx.connect(t);
        let copy = conn.exec(THREE_ROWS).copy_result(COPYRES_ATTRS);
        t.value("set", copy.set_value(0, 0, Some(b"1"), 1));
        t.result("copy", &copy);
    });
}
