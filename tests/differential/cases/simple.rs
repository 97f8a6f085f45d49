//! `PQexec`: every kind of SQL that a program may send in one string.

use crate::case::{Area, Table};
use crate::text::{NULL, cstring};

/// One case each: a name, and the SQL of one call.
const QUERIES: &[(&str, &str)] = &[
    ("one value", "SELECT 1"),
    ("no columns", "SELECT"),
    (
        "no columns several rows",
        "SELECT FROM generate_series(1, 3)",
    ),
    ("no rows", "SELECT 1 AS one WHERE false"),
    (
        "types",
        "SELECT 1::int2, 2::int4, 3::int8, 1.5::float8, 2.50::numeric(6,2), 'x'::\"char\", 'ab'::char(4), true",
    ),
    (
        "more types",
        "SELECT 'a'::varchar(9), 'b'::name, now() IS NULL, '{1,2}'::int[], '{\"a\": 1}'::jsonb, 'ok'::mood",
    ),
    ("nulls", "SELECT NULL, NULL::int, '' AS empty, NULL::text"),
    (
        "table columns",
        "SELECT id, name, price, code, id + 1 AS next FROM item ORDER BY id",
    ),
    (
        "system columns",
        "SELECT tableoid::regclass, ctid FROM item WHERE id = 1",
    ),
    ("same name twice", "SELECT 1 AS a, 2 AS a, 3 AS \"A\""),
    ("multibyte", "SELECT 'żółć 日本語 🐘' AS \"größe\""),
    ("bytea", "SELECT '\\x00ff10'::bytea"),
    ("two statements", "SELECT 1; SELECT 2, 3"),
    (
        "several statements",
        "CREATE TEMP TABLE q (a int); INSERT INTO q VALUES (1), (2); UPDATE q SET a = 5; SELECT * FROM q",
    ),
    (
        "statements ending in an error",
        "SELECT 1; SELECT nothing_here; SELECT 3",
    ),
    (
        "error rolls back what was before",
        "CREATE TEMP TABLE gone (a int); SELECT 1/0",
    ),
    ("empty", ""),
    ("only a semicolon", ";"),
    ("many semicolons", ";;; ; ;"),
    ("white space", " \t\n  "),
    ("line comment", "-- nothing to do"),
    ("block comment", "/* nothing /* nested */ to do */"),
    (
        "comment between statements",
        "SELECT 1; -- then\n/* x */ SELECT 2",
    ),
    ("statement then empty one", "SELECT 1;;"),
    ("empty between statements", "SELECT 1;; SELECT 2"),
    (
        "insert",
        "CREATE TEMP TABLE q (a int); INSERT INTO q VALUES (1), (2), (3)",
    ),
    (
        "insert returning",
        "CREATE TEMP TABLE q (a int); INSERT INTO q VALUES (7), (8) RETURNING a, a * 2 AS twice",
    ),
    (
        "insert nothing",
        "CREATE TEMP TABLE q (a int); INSERT INTO q SELECT 1 WHERE false",
    ),
    (
        "update",
        "CREATE TEMP TABLE q AS SELECT generate_series(1, 5) AS a; UPDATE q SET a = 0 WHERE a > 2",
    ),
    (
        "delete",
        "CREATE TEMP TABLE q AS SELECT generate_series(1, 5) AS a; DELETE FROM q",
    ),
    (
        "create table as",
        "CREATE TEMP TABLE q AS SELECT generate_series(1, 7)",
    ),
    ("select into", "SELECT 1 AS a INTO TEMP q"),
    (
        "merge",
        "CREATE TEMP TABLE q (a int); MERGE INTO q USING item ON q.a = item.id WHEN NOT MATCHED THEN INSERT VALUES (id)",
    ),
    ("begin", "BEGIN"),
    (
        "begin isolation",
        "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
    ),
    ("rollback in a transaction", "BEGIN; SELECT 1; ROLLBACK"),
    ("savepoint", "BEGIN; SAVEPOINT s; ROLLBACK TO s; RELEASE s"),
    ("set", "SET work_mem = '1MB'"),
    ("show", "SHOW server_encoding"),
    ("explain", "EXPLAIN (COSTS off) SELECT 1"),
    (
        "declare and fetch",
        "BEGIN; DECLARE c CURSOR FOR SELECT generate_series(1, 5); FETCH 2 FROM c",
    ),
    (
        "fetch none",
        "BEGIN; DECLARE c CURSOR FOR SELECT 1 WHERE false; FETCH ALL FROM c",
    ),
    (
        "binary cursor",
        "BEGIN; DECLARE c BINARY CURSOR FOR SELECT 258, 'txt'::text; FETCH ALL FROM c",
    ),
    (
        "move",
        "BEGIN; DECLARE c CURSOR FOR SELECT generate_series(1, 5); MOVE 3 FROM c",
    ),
    (
        "close cursor",
        "BEGIN; DECLARE c CURSOR FOR SELECT 1; CLOSE c",
    ),
    ("listen", "LISTEN something"),
    ("do block", "DO $$ BEGIN PERFORM 1; END $$"),
    ("values", "VALUES (1, 'a'), (2, 'b')"),
    ("table command", "TABLE item"),
    (
        "prepare by sql",
        "PREPARE p AS SELECT $1::int; EXECUTE p(4)",
    ),
    ("deallocate", "PREPARE p AS SELECT 1; DEALLOCATE p"),
    ("vacuum", "VACUUM item"),
    ("vacuum among statements", "SELECT 1; VACUUM item"),
    ("lock", "BEGIN; LOCK item"),
    (
        "copy as a statement then error",
        "SELECT 1; COPY nowhere TO STDOUT",
    ),
    ("grant", "GRANT SELECT ON item TO trust_user"),
    ("comment on", "COMMENT ON TABLE part IS 'a part'"),
    ("dollar parameter without one", "SELECT $1::int"),
    ("division by zero", "SELECT 1/0"),
    (
        "long line error",
        "SELECT 'a long line of text that goes on and on and on and on and on and on', nope, 'and here is even more of that text so that the line must be cut at both ends'",
    ),
];

pub(crate) fn add(table: &mut Table) {
    for &(name, sql) in QUERIES {
        table.add(Area::Simple, name, move |ctx, t| {
            let conn = ctx.connect(t);
            let result = conn.exec(&cstring(sql));
            t.result("result", &result);
            t.text("connection's message", &conn.error_message());
            t.value("transaction", conn.transaction_status());
        });
    }
    table.add(Area::Simple, "null query", |ctx, t| {
        let conn = ctx.connect(t);
        t.result("result", &conn.exec(NULL));
        t.text("message", &conn.error_message());
        t.result("after", &conn.exec(c"SELECT 1"));
    });
    table.add(Area::Simple, "very long query", |ctx, t| {
        let conn = ctx.connect(t);
        let sql = format!("SELECT length('{}')", "x".repeat(3 << 20));
        t.result("result", &conn.exec(&cstring(sql)));
    });
    table.add(Area::Simple, "wide values", |ctx, t| {
        let conn = ctx.connect(t);
        let result =
            conn.exec(c"SELECT repeat('ab', 1000000) AS wide, 1 AS thin, repeat('c', 70000)");
        t.value("rows", result.ntuples());
        for column in 0..3 {
            let value = result.value_bytes(0, column);
            t.line(format_args!(
                "{column}: {} bytes, last {:?}",
                value.len(),
                value.last()
            ));
        }
    });
    table.add(Area::Simple, "many columns", |ctx, t| {
        let conn = ctx.connect(t);
        let columns: Vec<String> = (0..1600).map(|n| format!("{n} AS c{n}")).collect();
        let result = conn.exec(&cstring(format!("SELECT {}", columns.join(","))));
        t.value("columns", result.nfields());
        t.value("number of c1599", result.fnumber(c"c1599"));
        t.text("last", &result.getvalue(0, 1599));
    });
    table.add(Area::Simple, "too many columns", |ctx, t| {
        let conn = ctx.connect(t);
        let columns = vec!["1"; 1665].join(",");
        t.result("result", &conn.exec(&cstring(format!("SELECT {columns}"))));
    });
    table.add(Area::Simple, "many rows", |ctx, t| {
        let conn = ctx.connect(t);
        let result = conn.exec(c"SELECT n, 'row ' || n FROM generate_series(1, 30000) AS n");
        t.value("rows", result.ntuples());
        let total: usize = (0..30_000)
            .map(|row| result.value_bytes(row, 1).len())
            .sum();
        t.value("bytes", total);
        t.text("last", &result.getvalue(29_999, 1));
        t.text("affected", &result.cmd_tuples());
    });
    table.add(Area::Simple, "connection works after errors", |ctx, t| {
        let conn = ctx.connect(t);
        for sql in [
            c"SELEC",
            c"SELECT 1/0",
            c"SELECT 'a'::int",
            c"SELECT 'fine'",
        ] {
            let result = conn.exec(sql);
            t.text("error", &result.error_message());
            t.text("connection's message", &conn.error_message());
        }
    });
    table.add(Area::Simple, "result outlives its connection", |ctx, t| {
        let conn = ctx.connect(t);
        let (good, bad) = (
            conn.exec(c"SELECT 'kept' AS word"),
            conn.exec(c"SELECT oops"),
        );
        drop(conn);
        t.result("good", &good);
        t.result("bad", &bad);
    });
    table.add(Area::Simple, "copy out through exec twice", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("status", conn.exec(c"COPY item TO STDOUT").status_name());
        t.result("the next call discards the copy", &conn.exec(c"SELECT 1"));
    });
    table.add(Area::Simple, "copy in through exec twice", |ctx, t| {
        let conn = ctx.connect(t);
        t.value("status", conn.exec(c"COPY part FROM STDIN").status_name());
        t.result("the next call ends the copy", &conn.exec(c"SELECT 1"));
        t.text("message", &conn.error_message());
    });
    table.add(Area::Simple, "stops at copy", |ctx, t| {
        let conn = ctx.connect(t);
        let result = conn.exec(c"SELECT 1; COPY item TO STDOUT; SELECT 2");
        t.value("status", result.status_name());
        t.value("transaction", conn.transaction_status());
    });
}
