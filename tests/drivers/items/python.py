"""Python's drivers: psycopg 3 by ctypes and by C, psycopg2 with its own test suite."""

import re

from harness import python
from harness.attempt import Attempt
from harness.registry import item

PROGRAMS = python.PROGRAMS

# One test leaves libpq 16 and later out, whatever they answer.
NOT_WITH_LATER = ((r"skipped 'libpq runtime version == 18\d+'", "ok"),)


@item("psycopg 3 (ctypes)", "types, prepared, COPY, pipeline, async, notify, cancel, threads")
def psycopg_ctypes(t: Attempt) -> None:
    psycopg(t, "python")


@item("psycopg 3 (C)", "the same by the C implementation, built from source")
def psycopg_c(t: Attempt) -> None:
    psycopg(t, "c")


def psycopg(t: Attempt, implementation: str) -> None:
    interpreter = python.environment(t.cache) / "bin" / "python"
    t.run(interpreter, PROGRAMS / "psycopg3.py", env={"PSYCOPG_IMPL": implementation}, seconds=90, scrub=((r"0x[0-9a-f]+", "ADDRESS"),))


@item("psycopg2", "types, COPY, two-phase, large objects, async, notify, replication")
def psycopg2(t: Attempt) -> None:
    t.run(python.environment(t.cache) / "bin" / "python", PROGRAMS / "psycopg2_work.py", seconds=90, scrub=((r"0x[0-9a-f]+", "ADDRESS"),))


@item("psycopg2", "its own test suite: every test's outcome")
def psycopg2_suite(t: Attempt) -> None:
    suite(t, {})


@item("psycopg2", "its own test suite again, each call waited for by a callback")
def psycopg2_green(t: Attempt) -> None:
    suite(t, {"PSYCOPG2_TEST_GREEN": "1"})


def suite(t: Attempt, settings: dict[str, str]) -> None:
    interpreter = python.environment(t.cache) / "bin" / "python"
    t.sql("CREATE EXTENSION hstore")
    done = t.run(
        interpreter, PROGRAMS / "psycopg2_suite.py",
        cwd=python.psycopg2_tests(t.cache).parent, record=False, expect=None, seconds=900,
        env={
            "PSYCOPG2_TESTDB": "drivers",
            "PSYCOPG2_TESTDB_HOST": "localhost",
            "PSYCOPG2_TESTDB_PORT": str(t.server.port),
            "PSYCOPG2_TESTDB_USER": t.environment()["PGUSER"],
            "PSYCOPG2_TEST_REPL_DSN": "",
        } | settings,
    )
    *outcomes, end = done.out.splitlines() or [""]
    ran = re.fullmatch(r"(\d+) tests, (OK|FAILED).*", end)
    if ran is None:
        t.check(f"the suite came to its end: {(done.out + done.err)[-2000:]} exit {done.code}", False)
        return
    t.check("every test's outcome was kept", len(outcomes) == int(ran[1]))
    for outcome in outcomes:
        t.note(outcome, NOT_WITH_LATER)
    t.note(f"{ran[1]} tests, {ran[2]}")
    t.shown = end
