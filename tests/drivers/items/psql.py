"""psql: scripts, and sessions in a real terminal."""

from harness.attempt import Attempt
from harness.registry import item

PROMPT = r"drivers=# $"

SCHEMA = """
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, born date, score numeric(8,2), note bytea);
INSERT INTO people SELECT i, 'person ' || i, date '2000-01-01' + i, i * 1.25,
    decode(lpad(to_hex(i), 6, '0'), 'hex') FROM generate_series(1, 500) i;
INSERT INTO people VALUES (1000, E'tab\\tquote"back\\\\slash', NULL, NULL, NULL);
CREATE INDEX ON people (name);
CREATE VIEW elders AS SELECT * FROM people WHERE born < '2000-06-01';
COMMENT ON TABLE people IS 'some people';
"""


@item("psql", "queries, formats, variables, \\g family, \\d+")
def queries(t: Attempt) -> None:
    t.sql(SCHEMA)
    t.psql(r"""
\set ON_ERROR_STOP 0
\pset pager off
SELECT version() LIKE 'PostgreSQL%' AS is_postgres, 'ünïcödé' AS text, NULL AS nothing;
\pset null '(null)'
SELECT * FROM people ORDER BY id DESC LIMIT 3;
\x on
SELECT * FROM people ORDER BY id LIMIT 2;
\x off
\a
TABLE people LIMIT 2;
\pset format csv
TABLE people LIMIT 2;
\pset format html
SELECT 1 AS a, '<b>' AS b;
\pset format aligned
\a
SELECT count(*) AS total, max(name) AS last FROM people \gset found_
\echo :found_total :found_last
SELECT 'SELECT ' || i || ' AS generated' FROM generate_series(1, 3) i \gexec
SELECT id, name, born, score FROM people \gdesc
SELECT 1 AS one, 2 AS two \gx
\set FETCH_COUNT 100
SELECT id FROM people ORDER BY id;
\unset FETCH_COUNT
SELECT 'a' \; SELECT 'b';
BEGIN; INSERT INTO people VALUES (2000, 'gone'); ROLLBACK;
SELECT count(*) FROM people WHERE id = 2000;
\d+ people
\d+ elders
\dt+
\di
\du tester
\l drivers
\sf pg_catalog.lower(text)
\conninfo
\encoding
\timing on
\timing off
\echo :SQLSTATE :ROW_COUNT :LAST_ERROR_MESSAGE
""", scrub=((r"\b\d+ kB\b", "N kB"), (r"^\(\w+, cipher.*|SSL connection.*", "SSL connection")))
    t.run("psql", "-X", "-l", "-A", "-t")
    t.run("psql", "-X", "-c", "SELECT 1", "-c", "SELECT 2; SELECT 3", "-At")
    t.run("psql", "-X", "-1", "-v", "ON_ERROR_STOP=1", "-c", "CREATE TABLE rolled (a int)", "-c", "SELECT 1/0",
          expect=1)
    t.run("psql", "-X", "-Atc", "SELECT to_regclass('rolled') IS NULL")


@item("psql", "errors: position, multibyte, detail, context, verbosity; notices")
def errors(t: Attempt) -> None:
    t.sql(SCHEMA)
    t.psql(r"""
SELECT nothing FROM people;
SELECT 'ünïcödé ünïcödé', nöthing FROM people;
SELECT '日本語日本語日本語', x FROM people WHERE id = 1;
SELECT 1,
    2,
    3 +;
SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccc, ddddddddddddd.eeeeeeeeeeeeeeeee FROM people;
INSERT INTO people VALUES (1, 'again');
INSERT INTO people VALUES (3000, NULL);
DO $$ BEGIN RAISE NOTICE 'noted'; RAISE WARNING 'warned' USING DETAIL = 'the detail', HINT = 'the hint'; END $$;
DO $$ BEGIN RAISE EXCEPTION 'mine' USING ERRCODE = 'P0042', DETAIL = 'why', HINT = 'how', TABLE = 'people', COLUMN = 'id'; END $$;
\echo :SQLSTATE
\set VERBOSITY verbose
SELECT 1/0;
SELECT nothing FROM people;
INSERT INTO people VALUES (1, 'again');
\set VERBOSITY terse
SELECT nothing FROM people;
\set VERBOSITY sqlstate
SELECT 1/0;
\set VERBOSITY default
\set SHOW_CONTEXT always
DO $$ BEGIN PERFORM 1; RAISE NOTICE 'with context'; END $$;
\set SHOW_CONTEXT never
DO $$ BEGIN PERFORM 1/0; END $$;
\errverbose
\set SHOW_CONTEXT errors
DO $$ BEGIN PERFORM 1/0; END $$;
BEGIN;
SELECT 1/0;
SELECT 1;
ROLLBACK;
""")
    t.psql("SELECT 'before';\n\\c nowhere\nSELECT 'not reached';\n", expect=2)
    t.psql("SELECT pg_terminate_backend(pg_backend_pid());\nSELECT 'not reached';\n", expect=2)
    t.run("psql", "-X", "-c", "SELECT 1/0", expect=1)
    t.run("psql", "-X", "-d", "nowhere", "-c", "SELECT 1", expect=2)
    t.run("psql", "-X", "-p", "1", "-c", "SELECT 1", expect=2)
    t.run("psql", "-X", "-h", "/nonexistent", "-c", "SELECT 1", expect=2)
    t.run("psql", "-X", "-w", "-c", "SELECT 1", env={"PGPASSWORD": "wrong"}, expect=2)
    t.run("psql", "-X", "-w", "-c", "SELECT 1", env={"PGPASSWORD": ""}, expect=2)
    t.run("psql", "-X", "bogus=1", expect=2)
    t.run("psql", "-X", "postgresql://localhost:99999/x", expect=2)
    t.run("psql", "-X", "-c", "SELECT 1", env={"PGSSLROOTCERT": "/nonexistent"}, expect=2)


@item("psql", "\\copy in and out, COPY to and from the terminal streams, its errors")
def copy(t: Attempt) -> None:
    t.sql(SCHEMA)
    t.psql(r"""
\copy people TO 'people.txt'
\copy (SELECT * FROM people ORDER BY id) TO 'people.csv' WITH (FORMAT csv, HEADER)
\copy people TO 'people.bin' WITH (FORMAT binary)
CREATE TABLE text_again (LIKE people); CREATE TABLE csv_again (LIKE people); CREATE TABLE binary_again (LIKE people);
\copy text_again FROM 'people.txt'
\copy csv_again FROM 'people.csv' WITH (FORMAT csv, HEADER)
\copy binary_again FROM 'people.bin' WITH (FORMAT binary)
SELECT (SELECT count(*) FROM (TABLE people EXCEPT TABLE text_again) x) AS text,
    (SELECT count(*) FROM (TABLE people EXCEPT TABLE csv_again) x) AS csv,
    (SELECT count(*) FROM (TABLE people EXCEPT TABLE binary_again) x) AS binary;
COPY people (id, name) FROM stdin;
4001	one
4002	two
\.
COPY people (id, name) FROM stdin;
4003	three
not a number	four
\.
\copy people FROM 'nonexistent'
\copy people TO '/nonexistent/x'
COPY (SELECT id, name FROM people WHERE id > 4000 ORDER BY id) TO stdout;
COPY (SELECT 1/0) TO stdout;
SELECT count(*) FROM people;
SELECT 1 AS before \; COPY (SELECT 'middle') TO stdout \; SELECT 2 AS after;
""")
    t.run("psql", "-X", "-c", r"\copy people to stdout", scrub=())
    rows = "".join(f"{number}\tpiped\n" for number in range(10000, 30000))
    t.run("psql", "-X", "-c", r"\copy people (id, name) from stdin", stdin=rows)
    t.run("psql", "-X", "-Atc", "SELECT count(*), sum(id) FROM people")


@item("psql", "\\lo_import, \\lo_export, \\lo_list, \\lo_unlink of 3 MB")
def large_objects(t: Attempt) -> None:
    content = bytes(range(256)) * 12000 + b"end"
    (t.work / "in.bin").write_bytes(content)
    t.psql(r"""
\lo_import 'in.bin' 'the comment'
\set object :LASTOID
SELECT count(*) FROM pg_largeobject_metadata;
\lo_export :object 'out.bin'
\lo_list
\lo_unlink :object
SELECT count(*) FROM pg_largeobject_metadata;
\lo_export 1 'none.bin'
\lo_import 'nonexistent'
BEGIN;
\lo_import 'in.bin'
\lo_unlink :LASTOID
COMMIT;
""", scrub=((r"lo_import \d+", "lo_import OID"), (r"lo_unlink \d+", "lo_unlink OID"), (r"^ +\d+ \| tester", " OID | tester")))
    t.check("the same bytes came back", (t.work / "out.bin").read_bytes() == content)


@item("psql", "\\crosstabview, prepared statements, cursors, LISTEN, \\watch into a file")
def views(t: Attempt) -> None:
    t.psql(r"""
\pset pager off
SELECT y, q, y * 10 + q AS v FROM generate_series(2020, 2022) y, generate_series(1, 4) q ORDER BY 1, 2 \crosstabview
SELECT y, q, 1 AS v FROM generate_series(1, 2) y, generate_series(1, 2) q \crosstabview q y v
SELECT 1 AS a \crosstabview
PREPARE twice (int) AS SELECT $1 * 2 AS doubled;
EXECUTE twice (21);
BEGIN; DECLARE c CURSOR FOR SELECT generate_series(1, 10); FETCH 3 FROM c; MOVE 2 IN c; FETCH ALL FROM c; CLOSE c; COMMIT;
LISTEN news;
NOTIFY news, 'hello';
SELECT 'after';
UNLISTEN *;
SELECT repeat('wide ', 3) || i AS text FROM generate_series(1, 3) i \g (format=unaligned) answer.txt
\! cat answer.txt
CREATE TEMP SEQUENCE times;
\o watched.txt
SELECT 12 / (4 - nextval('times')) AS until_it_fails \watch 0.05
\o
\! cat watched.txt
SELECT last_value AS rounds FROM times;
""", scrub=((r"PID \d+", "PID N"), (r"^\w{3} .* \(every 0\.05s\)", "EVERY")))


@item("psql", "in a terminal: prompts, Ctrl-C during pg_sleep, \\watch stopped by Ctrl-C")
def interrupt(t: Attempt) -> None:
    terminal = t.terminal("psql", "-X", "-n", "-P", "pager=off")
    try:
        terminal.expect(PROMPT)
        terminal.send("SELECT 'in',\n")
        terminal.expect(r"drivers-# $")
        terminal.send("'two lines';\n")
        terminal.expect(PROMPT)
        terminal.send("SELECT pg_sleep(50);\n")
        t.server.wait_for("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        terminal.send("\x03")
        terminal.expect("canceling statement due to user request")
        terminal.expect(PROMPT)
        terminal.send("BEGIN;\n")
        terminal.expect(r"drivers=\*# $")
        terminal.send("SELECT 1/0;\n")
        terminal.expect(r"drivers=!# $")
        terminal.send("ROLLBACK;\n")
        terminal.expect(PROMPT)
        terminal.send("SELECT 'watched' \\watch 0.1\n")
        for _ in range(3):
            terminal.expect(r"watched\s+\(1 row\)")
        t.note(terminal.seen, ((r"SELECT 'watched' .*", ""), (r"^\w{3} .*every 0.1s.*(.|\n)*", "")))
        terminal.send("\x03")
        terminal.expect(PROMPT)
        terminal.send("COPY (SELECT generate_series(1, 100000000)) TO '/dev/null';\n")
        t.server.wait_for("SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT gen%'")
        terminal.send("\x03")
        terminal.expect("canceling statement due to user request")
        terminal.expect(PROMPT)
        terminal.send("\\q\n")
        code = terminal.finish()
    finally:
        terminal.close()
    t.note(f"exit {code}")
    t.check("psql ended by \\q", code == 0)


@item("psql", "in a terminal: \\password, a password prompt, \\c, the server going away")
def password(t: Attempt) -> None:
    t.sql("DROP ROLE IF EXISTS walter; CREATE ROLE walter LOGIN PASSWORD 'old one'")
    as_walter = {"PGUSER": "walter", "PGPASSWORD": ""}
    terminal = t.terminal("psql", "-X", "-n", env=as_walter)
    try:
        terminal.expect(r"Password for user walter: $")
        terminal.send("old one\n")
        terminal.expect(r"drivers=> $")
        terminal.send("\\password\n")
        terminal.expect(r'Enter new password for user "walter": $')
        terminal.send("nëw secret\n")
        terminal.expect(r"Enter it again: $")
        terminal.send("nëw secret\n")
        terminal.expect(r"drivers=> $")
        terminal.send("\\c postgres\n")
        terminal.expect(r"Previous connection kept\s+drivers=> $")  # psql kept the old password
        terminal.send("SELECT pg_terminate_backend(pg_backend_pid());\n")
        terminal.expect(r"(?s)terminating connection.*Failed.*!\?> $")
        terminal.send("\\q\n")
        code = terminal.finish()
    finally:
        terminal.close()
    t.note(terminal.seen, ((r"SSL connection.*", "SSL connection"),))
    t.check("ended well", code == 0)
    stored = t.sql("SELECT left(rolpassword, 19) FROM pg_authid WHERE rolname = 'walter'")
    t.check("a SCRAM secret is stored", stored.startswith("SCRAM-SHA-256$4096:"))
    t.run("psql", "-X", "-w", "-c", "SELECT current_user", env={"PGUSER": "walter", "PGPASSWORD": "old one"}, expect=2)
    t.run("psql", "-X", "-w", "-c", "SELECT current_user", env={"PGUSER": "walter", "PGPASSWORD": "nëw secret"})
    pgpass = t.work / "home" / ".pgpass"
    pgpass.write_text("localhost:*:*:walter:nëw secret\n")
    pgpass.chmod(0o600)
    t.run("psql", "-X", "-w", "-c", "SELECT current_user", env=as_walter)
    pgpass.chmod(0o644)
    t.run("psql", "-X", "-w", "-c", "SELECT current_user", env=as_walter, expect=2)
    t.sql("DROP ROLE walter")


@item("psql", "killed and interrupted without a terminal; a huge result; a broken pipe")
def extremes(t: Attempt) -> None:
    t.run("psql", "-X", "-Atc", "SELECT sum(length(x)) FROM (SELECT repeat('x', 1000) AS x FROM generate_series(1, 1000)) y")
    t.run("sh", "-c", "psql -X -Atc \"SELECT repeat('x', 100), i FROM generate_series(1, 300000) i\" | md5sum")
    t.run("sh", "-c", "psql -X -Atc \"SELECT repeat('x', 50000000)\" | md5sum")
    t.run("sh", "-c", "psql -X -Atc 'SELECT i FROM generate_series(1, 1000000) i' 2>&1 | head -n 3")
    t.run("psql", "-X", "-Atc", "SELECT pg_sleep(20)", env={"PGOPTIONS": "-c statement_timeout=300ms"}, expect=1)
    done = t.run("timeout", "-s", "INT", "1", "psql", "-X", "-c", "SELECT pg_sleep(20)", expect=None)
    t.check("SIGINT cancelled", "canceling statement due to user request" in done.err)
