//! Queries with parameters, prepared statements and portals.

use crate::case::{Area, Ctx, Table};
use crate::params::{Array, Params};
use crate::text::{NULL, cstring};
use crate::transcript::Transcript;

const INT4: u32 = 23;
const INT8: u32 = 20;
const TEXT: u32 = 25;
const BYTEA: u32 = 17;
const FLOAT8: u32 = 701;
const BOOL: u32 = 16;
const UNKNOWN: u32 = 705;

/// `PQexecParams`: a name, the SQL, and what makes the parameters. One case each.
type Row = (&'static str, &'static str, fn() -> Params);

const CALLS: &[Row] = &[
    ("no parameters", "SELECT 1", Params::new),
    ("one text", "SELECT $1", || Params::new().text("hello")),
    ("inferred type", "SELECT $1 + 1", || {
        Params::new().text("41")
    }),
    ("given types", "SELECT $1, $2, $3, $4", || {
        Params::new()
            .typed(INT4, "7")
            .typed(TEXT, "x")
            .typed(BOOL, "t")
            .typed(FLOAT8, "2.5")
    }),
    ("null parameter", "SELECT $1::int, $2::text IS NULL", || {
        Params::new().null().null()
    }),
    ("empty text", "SELECT $1::text, length($1)", || {
        Params::new().text("")
    }),
    ("binary int", "SELECT $1::int4", || {
        Params::new().binary(INT4, &[0, 0, 1, 2])
    }),
    ("binary int8", "SELECT $1", || {
        Params::new().binary(INT8, &[0, 0, 0, 1, 0, 0, 0, 0])
    }),
    ("binary bytea", "SELECT $1", || {
        Params::new().binary(BYTEA, b"\0\x01\xff'\\")
    }),
    ("binary text", "SELECT $1", || {
        Params::new().binary(TEXT, "żółw".as_bytes())
    }),
    ("binary with NUL as text", "SELECT $1", || {
        Params::new().binary(TEXT, b"a\0b")
    }),
    ("binary empty", "SELECT $1, length($1)", || {
        Params::new().binary(BYTEA, b"")
    }),
    ("binary too short", "SELECT $1", || {
        Params::new().binary(INT4, &[1, 2])
    }),
    ("binary too long", "SELECT $1", || {
        Params::new().binary(INT4, &[0, 0, 0, 1, 0])
    }),
    ("binary length beyond the value", "SELECT $1", || {
        Params::new().binary_of_length(INT4, &[0, 0, 0, 1], 8)
    }),
    ("mixed formats", "SELECT $1, $2", || {
        Params::new().typed(INT4, "5").binary(INT4, &[0, 0, 0, 6])
    }),
    (
        "binary result",
        "SELECT 258::int4, 'txt', 1.5::float8, NULL::int, '{1}'::int[]",
        || Params::new().result_format(1),
    ),
    ("binary result of parameters", "SELECT $1, $2", || {
        Params::new().typed(INT4, "5").text("t").result_format(1)
    }),
    ("bad parameter format", "SELECT $1", || {
        Params::new().formatted("5", 7)
    }),
    ("negative parameter format", "SELECT $1", || {
        Params::new().formatted("5", -1)
    }),
    ("bad result format", "SELECT 1", || {
        Params::new().result_format(9)
    }),
    ("negative result format", "SELECT 1", || {
        Params::new().result_format(-1)
    }),
    ("large result format", "SELECT 1", || {
        Params::new().result_format(65536)
    }),
    ("no types array", "SELECT $1::int", || {
        Params::new().text("5").without(Array::Types)
    }),
    ("no formats array", "SELECT $1::int", || {
        Params::new().text("5").without(Array::Formats)
    }),
    ("no lengths array", "SELECT $1::int", || {
        Params::new().text("5").without(Array::Lengths)
    }),
    ("no lengths array for binary", "SELECT $1", || {
        Params::new()
            .binary(INT4, &[0, 0, 0, 1])
            .without(Array::Lengths)
    }),
    ("no lengths array for binary null", "SELECT $1", || {
        Params::new()
            .null()
            .binary(INT4, &[0, 0, 0, 1])
            .without(Array::Lengths)
    }),
    ("no values array", "SELECT $1::int, $2::text", || {
        Params::new().text("5").text("x").without(Array::Values)
    }),
    ("too few parameters", "SELECT $1::int, $2::int", || {
        Params::new().text("1")
    }),
    ("too many parameters", "SELECT $1::int", || {
        Params::new().text("1").text("2")
    }),
    ("parameter that is not used", "SELECT $2::int", || {
        Params::new().text("1").text("2")
    }),
    ("typed parameter that is not used", "SELECT 1", || {
        Params::new().typed(INT4, "1")
    }),
    ("negative count", "SELECT 1", || Params::new().count(-1)),
    ("very negative count", "SELECT 1", || {
        Params::new().count(i32::MIN)
    }),
    ("count of 65536", "SELECT 1", || Params::new().count(65536)),
    ("count of 65535", "SELECT 1", || {
        Params::new().typed(INT4, "1").count(65535)
    }),
    ("count of i32 max", "SELECT 1", || {
        Params::new()
            .text("1")
            .without(Array::Values)
            .count(i32::MAX)
    }),
    ("undeterminable type", "SELECT $1 IS NULL", || {
        Params::new().null()
    }),
    ("unknown type number", "SELECT $1", || {
        Params::new().typed(4_000_000_000, "1")
    }),
    ("type unknown", "SELECT $1", || {
        Params::new().typed(UNKNOWN, "1")
    }),
    ("bad text for the type", "SELECT $1 + 1", || {
        Params::new().typed(INT4, "abc")
    }),
    ("invalid bytes", "SELECT $1::text", || {
        Params::new().raw_text(b"\xff\xfe")
    }),
    ("several statements", "SELECT 1; SELECT 2", Params::new),
    ("empty query", "", Params::new),
    ("empty query with a parameter", "", || {
        Params::new().typed(INT4, "1")
    }),
    ("comment only", "-- nothing", Params::new),
    ("trailing semicolons", "SELECT $1::int;;", || {
        Params::new().text("1")
    }),
    ("syntax error", "SELECT $1 FROM WHERE", || {
        Params::new().text("1")
    }),
    (
        "error place in the second line",
        "SELECT $1::int,\n   nope",
        || Params::new().text("1"),
    ),
    ("runtime error", "SELECT 1 / $1::int", || {
        Params::new().text("0")
    }),
    (
        "constraint error",
        "INSERT INTO item VALUES ($1, $2, $3)",
        || Params::new().text("1").text("again").text("1"),
    ),
    ("utility statement", "BEGIN", Params::new),
    (
        "utility statement with a parameter",
        "SET work_mem = $1",
        || Params::new().text("1MB"),
    ),
    (
        "insert returning",
        "INSERT INTO item VALUES ($1, 'x') ON CONFLICT (id) DO NOTHING RETURNING id",
        || Params::new().text("1"),
    ),
    (
        "update tag",
        "UPDATE item SET name = name WHERE id > $1",
        || Params::new().text("1"),
    ),
    ("no columns", "SELECT WHERE $1::bool", || {
        Params::new().text("t")
    }),
    ("copy", "COPY item TO STDOUT", Params::new),
    ("copy in", "COPY part FROM STDIN", Params::new),
    ("listen", "LISTEN l", Params::new),
    (
        "dollar numbers with gaps",
        "SELECT $1::int, $3::int",
        || Params::new().text("1").text("2").text("3"),
    ),
    ("parameter zero", "SELECT $0", Params::new),
    (
        "array parameter",
        "SELECT id FROM item WHERE id = ANY($1::int[]) ORDER BY id",
        || Params::new().text("{1,3}"),
    ),
    ("wide parameter", "SELECT length($1)", || {
        Params::new().text(&"ż".repeat(300_000))
    }),
];

fn exec(ctx: &Ctx<'_>, t: &mut Transcript, sql: &str, params: Params) {
    let conn = ctx.connect(t);
    let result = conn.exec_params(&cstring(sql), params);
    t.result("result", &result);
    t.text("connection's message", &conn.error_message());
    t.value("transaction", conn.transaction_status());
    drop(result);
    // The next call finds the connection in order again, even after COPY.
    t.result("after", &conn.exec(c"SELECT 'usable'"));
}

pub(crate) fn add(table: &mut Table) {
    for &(name, sql, params) in CALLS {
        table.add(Area::Extended, name, move |ctx, t| {
            exec(ctx, t, sql, params())
        });
    }
    table.add(Area::Extended, "null query", |ctx, t| {
        let conn = ctx.connect(t);
        t.result("result", &conn.exec_params(NULL, Params::new()));
        t.text("message", &conn.error_message());
    });
    table.add(Area::Extended, "all 65535 parameters", |ctx, t| {
        let conn = ctx.connect(t);
        let list: Vec<String> = (1..=65535).map(|n| format!("${n}::int")).collect();
        let sql = cstring(format!(
            "SELECT count(*) FROM (VALUES ({}))  AS v",
            list.join("),(")
        ));
        let params = (0..65535).fold(Params::new(), |params, _| params.text("1"));
        t.result("result", &conn.exec_params(&sql, params));
    });
    add_prepared(table);
    add_portals(table);
}

fn add_prepared(table: &mut Table) {
    table.add(Area::Extended, "prepare and execute", |ctx, t| {
        let conn = ctx.connect(t);
        t.result(
            "prepare",
            &conn.prepare(c"p", c"SELECT $1::int + $2::int AS sum", &[]),
        );
        t.result(
            "execute",
            &conn.exec_prepared(c"p", Params::new().text("1").text("2")),
        );
        t.result(
            "binary",
            &conn.exec_prepared(
                c"p",
                Params::new()
                    .binary(0, &[0, 0, 0, 1])
                    .text("2")
                    .result_format(1),
            ),
        );
        t.result(
            "null",
            &conn.exec_prepared(c"p", Params::new().null().text("2")),
        );
        t.result(
            "bad value",
            &conn.exec_prepared(c"p", Params::new().text("x").text("2")),
        );
        t.result(
            "too few",
            &conn.exec_prepared(c"p", Params::new().text("1")),
        );
        t.result(
            "too many",
            &conn.exec_prepared(c"p", Params::new().text("1").text("2").text("3")),
        );
        t.result(
            "negative count",
            &conn.exec_prepared(c"p", Params::new().count(-1)),
        );
        t.result(
            "count of 65536",
            &conn.exec_prepared(c"p", Params::new().count(65536)),
        );
        t.result("describe", &conn.describe_prepared(c"p"));
    });
    table.add(Area::Extended, "unnamed statement", |ctx, t| {
        let conn = ctx.connect(t);
        t.result("prepare", &conn.prepare(c"", c"SELECT $1", &[INT4]));
        t.result("execute", &conn.exec_prepared(c"", Params::new().text("1")));
        t.result("describe", &conn.describe_prepared(c""));
        t.result("describe by NULL", &conn.describe_prepared(NULL));
        t.result("replaced", &conn.prepare(c"", c"SELECT 'other'", &[]));
        t.result("execute again", &conn.exec_prepared(c"", Params::new()));
        t.result("replaced by exec", &conn.exec(c"SELECT 1"));
        t.result("gone", &conn.exec_prepared(c"", Params::new()));
    });
    table.add(Area::Extended, "prepare twice", |ctx, t| {
        let conn = ctx.connect(t);
        t.result("first", &conn.prepare(c"p", c"SELECT 1", &[]));
        t.result("second", &conn.prepare(c"p", c"SELECT 2", &[]));
        t.result("still the first", &conn.exec_prepared(c"p", Params::new()));
    });
    table.add(Area::Extended, "prepare with errors", |ctx, t| {
        let conn = ctx.connect(t);
        t.result("syntax", &conn.prepare(c"p", c"SELECT $1 FROM", &[]));
        t.result("several", &conn.prepare(c"p", c"SELECT 1; SELECT 2", &[]));
        t.result("bad type", &conn.prepare(c"p", c"SELECT $1", &[999_999]));
        t.result(
            "negative count",
            &conn.prepare_counted(c"p", c"SELECT 1", -1, &[]),
        );
        t.result(
            "count of 65536",
            &conn.prepare_counted(c"p", c"SELECT 1", 65536, &[]),
        );
        t.result("no name", &conn.prepare(NULL, c"SELECT 1", &[]));
        t.result("no query", &conn.prepare(c"p", NULL, &[]));
        t.result("was never made", &conn.exec_prepared(c"p", Params::new()));
        t.result(
            "execute without a name",
            &conn.exec_prepared(NULL, Params::new()),
        );
        t.text("message", &conn.error_message());
    });
    table.add(Area::Extended, "prepare an empty query", |ctx, t| {
        let conn = ctx.connect(t);
        t.result("prepare", &conn.prepare(c"p", c"", &[]));
        t.result("describe", &conn.describe_prepared(c"p"));
        t.result("execute", &conn.exec_prepared(c"p", Params::new()));
    });
    table.add(Area::Extended, "describe many parameters", |ctx, t| {
        let conn = ctx.connect(t);
        let sql = c"INSERT INTO item VALUES ($1, $2, $3, $4) RETURNING name, price";
        t.result("prepare", &conn.prepare(c"p", sql, &[]));
        let described = conn.describe_prepared(c"p");
        t.result("describe", &described);
        for index in [-1, 0, 3, 4, i32::MAX] {
            t.value(
                format_args!("parameter {index}"),
                described.param_type(index),
            );
        }
    });
    table.add(Area::Extended, "describe what is not there", |ctx, t| {
        let conn = ctx.connect(t);
        t.result("statement", &conn.describe_prepared(c"nobody"));
        t.result("portal", &conn.describe_portal(c"nobody"));
        t.result("after", &conn.exec(c"SELECT 1"));
    });
    table.add(Area::Extended, "statement of a dropped table", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"CREATE TEMP TABLE q (a int)");
        t.result("prepare", &conn.prepare(c"p", c"SELECT * FROM q", &[]));
        conn.exec(c"ALTER TABLE q ADD b text");
        t.result("changed", &conn.exec_prepared(c"p", Params::new()));
        conn.exec(c"DROP TABLE q");
        t.result("dropped", &conn.exec_prepared(c"p", Params::new()));
    });
    table.add(Area::Extended, "prepared copy", |ctx, t| {
        let conn = ctx.connect(t);
        conn.prepare(c"p", c"COPY item TO STDOUT", &[]);
        let copy = conn.exec_prepared(c"p", Params::new());
        t.value("status", copy.status_name());
        t.value("columns", copy.nfields());
        t.result("next", &conn.exec(c"SELECT 1"));
    });
}

fn add_portals(table: &mut Table) {
    table.add(Area::Extended, "describe portal", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"BEGIN; DECLARE c CURSOR FOR SELECT id, name FROM item");
        t.result("describe", &conn.describe_portal(c"c"));
        t.result("unnamed", &conn.describe_portal(c""));
        t.result("aborted", &conn.describe_portal(c"c"));
    });
    table.add(Area::Extended, "close prepared", |ctx, t| {
        let conn = ctx.connect(t);
        conn.prepare(c"p", c"SELECT 1", &[]);
        t.result("close", &conn.close_prepared(c"p"));
        t.result("gone", &conn.exec_prepared(c"p", Params::new()));
        t.result("close again", &conn.close_prepared(c"p"));
        t.result("unnamed", &conn.close_prepared(c""));
        t.result("by NULL", &conn.close_prepared(NULL));
        t.text("message", &conn.error_message());
    });
    table.add(Area::Extended, "close portal", |ctx, t| {
        let conn = ctx.connect(t);
        conn.exec(c"BEGIN; DECLARE c CURSOR FOR SELECT 1");
        t.result("close", &conn.close_portal(c"c"));
        t.result("gone", &conn.exec(c"FETCH c"));
        t.result("close in a failed transaction", &conn.close_portal(c"c"));
        t.result("by NULL", &conn.close_portal(NULL));
    });
}
