"""pg_dump in its four formats, pg_restore, pg_dumpall."""

import hashlib

from harness.attempt import Attempt
from harness.registry import item

SOURCE = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE parts (id int PRIMARY KEY, label text, body bytea, mood mood, tags text[], at timestamptz);
INSERT INTO parts SELECT i, E'läbel\\t' || i, decode(md5(i::text), 'hex'), 'ok', ARRAY['a', i::text],
    timestamptz '2001-02-03 04:05:06+00' + i * interval '1 minute' FROM generate_series(1, 20000) i;
CREATE TABLE child (id int REFERENCES parts, v jsonb DEFAULT '{}');
INSERT INTO child SELECT i, jsonb_build_object('n', i) FROM generate_series(1, 5000) i;
CREATE INDEX parts_label ON parts (label);
CREATE VIEW happy AS SELECT * FROM parts WHERE mood = 'happy';
CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql AS 'SELECT i * 2';
CREATE SEQUENCE counter START 42;
COMMENT ON TABLE parts IS 'it''s "quoted"';
SELECT lo_from_bytea(70001, decode(repeat('00ff', 40000), 'hex'));
SELECT lo_from_bytea(70002, 'second');
"""

# Recent minor releases bracket a plain dump with a random key unless given one.
PLAIN = ("pg_dump", "--restrict-key=drivers")

LISTED = ((r"^;.*Archive created.*", ""), (r"^(\d+;) (\d+) \d+ (?!BLOB)", r"\1 \2 OID "))


def digest(t: Attempt, database: str = "drivers") -> str:
    dump = t.run(*PLAIN, "-d", database, record=False).out
    return f"{len(dump.splitlines())} lines, {hashlib.sha256(dump.encode()).hexdigest()}"


@item("pg_dump", "plain, custom, directory and tar; pg_restore; the dump comes back identical")
def formats(t: Attempt) -> None:
    t.sql(SOURCE)
    wanted = digest(t)
    t.note(wanted)
    for number, (name, options) in enumerate({
        "plain.sql": ["-Fp", "--restrict-key=drivers"],
        "custom.dump": ["-Fc"],
        "tar.tar": ["-Ft"],
        "directory": ["-Fd", "-j", "2"],
    }.items()):
        t.run("pg_dump", *options, "-f", name)
        target = f"restored_{number}"
        t.sql(f"DROP DATABASE IF EXISTS {target}")
        t.run("createdb", target)
        if name == "plain.sql":
            t.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target, "-f", name)
        else:
            jobs = [] if name == "tar.tar" else ["-j", "2"]
            t.run("pg_restore", *jobs, "-d", target, name)
            t.run("pg_restore", "-l", name, scrub=LISTED, connects=False)
        t.check(f"dump after {name} is identical", digest(t, target) == wanted)
        t.run("dropdb", target)


@item("pg_dump", "selections, --inserts, a snapshot's failure; pg_restore's errors")
def options(t: Attempt) -> None:
    t.sql(SOURCE)
    for words in (["-s"], ["-t", "child", "--rows-per-insert=100"], ["-a", "-t", "child", "--column-inserts"],
                  ["--no-such"], ["-t", "absent"], ["-Fc", "-f", "/nonexistent/x"]):
        done = t.run(*PLAIN, *words, expect=None, record=False)
        t.note(f"{words} exit {done.code} {hashlib.sha256(done.out.encode()).hexdigest()} {done.err}")
    t.run("pg_dump", "-Fc", "-f", "custom.dump")
    t.run("pg_restore", "-d", "drivers", "custom.dump", expect=1)
    t.run("pg_restore", "-d", "drivers", "--clean", "--if-exists", "-1", "custom.dump")
    t.run("pg_restore", "-d", "nowhere", "custom.dump", expect=1)
    t.note(digest(t))


@item("pg_dumpall", "everything, globals only, schemas only")
def all_databases(t: Attempt) -> None:
    t.sql(SOURCE)
    dump = t.run("pg_dumpall", "--restrict-key=drivers", "--clean", "--if-exists", record=False).out
    secret = (r"SCRAM-SHA-256\$[^']*", "SECRET")
    t.note(f"{len(dump.splitlines())} lines, {hashlib.sha256(dump.encode()).hexdigest()}")
    t.run("pg_dumpall", "--restrict-key=drivers", "-g", scrub=(secret,))
    t.run("pg_dumpall", "--restrict-key=drivers", "--exclude-database=*", "-s")
