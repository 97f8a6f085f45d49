//! The text of errors: positions, fields, verbosities, context.

use crate::case::{Area, Table};
use crate::raw::{CONTEXTS, VERBOSITIES};
use crate::text::cstring;

/// Bad SQL whose message shows a place, a constraint or a context: one case each.
const QUERIES: &[(&str, &str)] = &[
    ("syntax at the start", "SELEC 1"),
    ("syntax at the end", "SELECT 1 FROM"),
    ("syntax in the second line", "SELECT 1,\n  2 3 4,\n  5"),
    (
        "syntax in the last line",
        "SELECT 1\nFROM item\nWHERE ORDER",
    ),
    ("carriage returns", "SELECT 1,\r\n  2 3 4,\r\n  5"),
    ("only carriage returns", "SELECT 1,\r  2 3 4"),
    ("tabs before the place", "SELECT\t\tnope\tFROM item"),
    ("tabs in a later line", "SELECT 1,\n\t\t nope"),
    ("empty lines", "\n\n\nSELECT nope\n\n"),
    ("multibyte before the place", "SELECT 'żółw', nope"),
    (
        "wide characters before the place",
        "SELECT '日本語のテキスト', nope",
    ),
    (
        "wide characters in long line",
        "SELECT '日本語のテキスト日本語のテキスト日本語のテキスト日本語のテキスト日本語のテキスト', nope",
    ),
    (
        "wide characters after the place",
        "SELECT nope, '日本語のテキスト日本語のテキスト日本語のテキスト日本語のテキスト日本語のテキスト'",
    ),
    (
        "combining characters",
        "SELECT 'e\u{301}e\u{301}e\u{301}', nope",
    ),
    ("emoji and zero width", "SELECT '🐘\u{200d}🐘', nope"),
    ("control character", "SELECT '\u{1}\u{7f}', nope"),
    (
        "long line place near the start",
        "SELECT nope, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
    ),
    (
        "long line place near the end",
        "SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', nope",
    ),
    (
        "line of sixty",
        "SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', nope;",
    ),
    (
        "line of sixty one",
        "SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', nope;",
    ),
    ("place in the second statement", "SELECT 1;\nSELECT nope;"),
    ("unterminated string", "SELECT 'abc"),
    ("unterminated identifier", "SELECT \"abc"),
    ("unterminated comment", "SELECT 1 /* x"),
    ("unterminated dollar quote", "SELECT $$abc"),
    ("missing table", "SELECT * FROM missing"),
    ("missing function", "SELECT missing(1, 'x')"),
    ("missing column with hint", "SELECT nam FROM item"),
    (
        "unique violation",
        "INSERT INTO item VALUES (1, 'x', 1, NULL)",
    ),
    (
        "unique violation of a column",
        "INSERT INTO item VALUES (9, 'x', 1, 'B-1')",
    ),
    (
        "not null violation",
        "INSERT INTO item VALUES (9, NULL, 1, NULL)",
    ),
    (
        "check violation",
        "INSERT INTO item VALUES (9, 'x', -1, NULL)",
    ),
    ("foreign key violation", "INSERT INTO part VALUES (1, 999)"),
    (
        "exclusion violation",
        "INSERT INTO part VALUES (1, 1), (1, 2)",
    ),
    ("domain violation", "SELECT (-5)::posint"),
    ("enum violation", "SELECT 'angry'::mood"),
    ("bad cast", "SELECT 'abc'::int"),
    (
        "value too long",
        "INSERT INTO item VALUES (9, 'x', 1, '123456789')",
    ),
    ("context of functions", "SELECT outer_failure(0)"),
    ("internal query", "SELECT bad_query()"),
    ("every field set", "SELECT raise_all()"),
    (
        "error in do",
        "DO $$ BEGIN RAISE EXCEPTION 'stop % now', 42 USING HINT = 'go on'; END $$",
    ),
    (
        "message of several lines",
        "DO $$ BEGIN RAISE EXCEPTION E'one\\ntwo\\nthree' USING DETAIL = E'four\\nfive'; END $$",
    ),
    ("empty message", "DO $$ BEGIN RAISE EXCEPTION ''; END $$"),
    (
        "permission denied",
        "SET ROLE trust_user; SELECT * FROM part",
    ),
    ("read only", "BEGIN READ ONLY; DELETE FROM item"),
    ("aborted transaction", "BEGIN; SELECT 1/0; SELECT 2"),
    ("invalid setting", "SET work_mem = 'lots'"),
    (
        "statement timeout",
        "SET statement_timeout = 20; SELECT pg_sleep(5)",
    ),
    (
        "function body place",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT\n nope'",
    ),
    ("plpgsql syntax", "DO $$\nBEGIN\n  FOO;\nEND $$"),
];

pub(crate) fn add(table: &mut Table) {
    for &(name, sql) in QUERIES {
        table.add(Area::Error, name, move |ctx, t| {
            let conn = ctx.connect(t);
            let result = conn.exec(&cstring(sql));
            t.failure(&result);
            for (context, _) in CONTEXTS {
                for (verbosity, _) in VERBOSITIES {
                    t.text(
                        format_args!("at {verbosity}/{context}"),
                        &result.verbose_error(verbosity, context),
                    );
                }
            }
        });
    }
    for (verbosity, word) in VERBOSITIES {
        table.add(Area::Error, format!("verbosity {word}"), move |ctx, t| {
            let conn = ctx.connect(t);
            t.value("before", conn.set_verbosity(verbosity));
            for sql in [
                c"SELECT nope",
                c"SELECT outer_failure(0)",
                c"SELECT raise_all()",
                c"INSERT INTO item VALUES (1, 'x')",
            ] {
                t.text("message", &conn.exec(sql).error_message());
            }
            t.value("after", conn.set_verbosity(1));
        });
    }
    for (context, word) in CONTEXTS {
        table.add(Area::Error, format!("context {word}"), move |ctx, t| {
            let conn = ctx.connect(t);
            t.value("before", conn.set_context_visibility(context));
            for sql in [c"SELECT outer_failure(0)", c"SELECT raise_all()"] {
                t.text("message", &conn.exec(sql).error_message());
                t.text("connection's", &conn.error_message());
            }
            t.value("after", conn.set_context_visibility(1));
        });
    }
    table.add(Area::Error, "odd verbosity numbers", |ctx, t| {
        let conn = ctx.connect(t);
        let failed = conn.exec(c"SELECT nope");
        for number in [-1, 4, 99] {
            t.text(
                format_args!("verbosity {number}"),
                &failed.verbose_error(number, 1),
            );
            t.text(
                format_args!("context {number}"),
                &failed.verbose_error(1, number),
            );
        }
    });
    table.add(Area::Error, "unknown field codes", |ctx, t| {
        let conn = ctx.connect(t);
        let failed = conn.exec(c"SELECT nope");
        for code in [0, -1, 1, 255, 256, i32::from(b'Z'), i32::from(b'M') + 256] {
            t.text(code, &failed.error_field(code));
        }
    });
    table.add(
        Area::Error,
        "verbose text of a result without error",
        |ctx, t| {
            let conn = ctx.connect(t);
            t.text("success", &conn.exec(c"SELECT 1").verbose_error(2, 2));
            t.text("empty", &conn.exec(c"").verbose_error(2, 2));
            t.text("made", &conn.make_empty(7).verbose_error(2, 2));
        },
    );
    table.add(
        Area::Error,
        "verbosity applies when the error arrives",
        |ctx, t| {
            let conn = ctx.connect(t);
            let before = conn.exec(c"SELECT nope");
            conn.set_verbosity(0);
            t.text("made at default", &before.error_message());
            t.text("connection's", &conn.error_message());
            t.text("made at terse", &conn.exec(c"SELECT nope").error_message());
        },
    );
    table.add(Area::Error, "message in another encoding", |ctx, t| {
        let conn = ctx.connect_with(t, "client_encoding=LATIN1");
        t.failure(&conn.exec(&cstring(b"SELECT '\xe9\xe9\xe9', n\xe9pe".to_vec())));
        t.failure(&conn.exec(&cstring(b"SELECT 1,\n  '\xe9' \xe9 2".to_vec())));
    });
    table.add(Area::Error, "place in a wide encoding", |ctx, t| {
        let conn = ctx.connect_with(t, "client_encoding=SJIS");
        t.failure(&conn.exec(&cstring(b"SELECT '\x93\xfa\x96\x7b', nope".to_vec())));
    });
    table.add(Area::Error, "invalid bytes in the query", |ctx, t| {
        let conn = ctx.connect(t);
        t.failure(&conn.exec(&cstring(b"SELECT '\xff\xfe'".to_vec())));
        t.failure(&conn.exec(&cstring(b"SELECT '\xe6\x97'".to_vec())));
        t.failure(&conn.exec(&cstring(b"SELECT '\xed\xa0\x80', nope".to_vec())));
        t.result("after", &conn.exec(c"SELECT 1"));
    });
}
