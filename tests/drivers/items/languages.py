"""Drivers of other languages, each at real work by a program of its own."""

import os
import subprocess
from pathlib import Path

from harness.attempt import Attempt
from harness.python import PROGRAMS
from harness.registry import item

ADDRESSES = ((r"0x[0-9a-f]{6,}", "ADDRESS"),)


@item("ruby-pg", "types, prepared, COPY, pipeline, notify, async, large objects, threads, trace")
def ruby_pg(t: Attempt) -> None:
    t.run("/usr/bin/ruby", PROGRAMS / "ruby_pg.rb", seconds=90, scrub=ADDRESSES)


@item("DBD::Pg", "types, prepared, COPY, savepoints, notify, async, large objects, fork")
def dbd_pg(t: Attempt) -> None:
    t.run("/usr/bin/perl", PROGRAMS / "dbd_pg.pl", seconds=90)


@item("PHP pgsql", "types, prepared, COPY, async, notify, large objects, trace")
def pgsql(t: Attempt) -> None:
    t.run("/usr/bin/php", PROGRAMS / "pgsql.php", seconds=90)


@item("PHP pdo_pgsql", "types, prepared, COPY, cursors, notify, large objects")
def pdo_pgsql(t: Attempt) -> None:
    t.run("/usr/bin/php", PROGRAMS / "pdo_pgsql.php", seconds=90)


@item("diesel (pq-sys)", "typed rows, COPY, row by row, transactions, notify, a pool of threads")
def diesel(t: Attempt) -> None:
    target = t.cache / "diesel"
    build(["cargo", "build", "--quiet", "--manifest-path", PROGRAMS / "diesel" / "Cargo.toml", "--target-dir", target])
    t.run(target / "debug" / "diesel-work", seconds=90)


@item("libpqxx", "types, prepared, streams, pipeline, cursors, notify, large objects")
def pqxx(t: Attempt) -> None:
    program = compiled(t.cache, PROGRAMS / "pqxx.cpp", "c++", "-std=c++17", "-lpqxx", "-lpq")
    t.run(program, seconds=90)


def compiled(cache: Path, source: Path, *words: str) -> Path:
    """A program made from one source file against the system's libpq, kept while it is newer."""
    program = cache / source.stem
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        include = subprocess.run(["pg_config", "--includedir"], check=True, capture_output=True, text=True).stdout.strip()
        compiler, *flags = words
        libraries = [flag for flag in flags if flag.startswith("-l")]
        rest = [flag for flag in flags if flag not in libraries]
        build([compiler, *rest, "-O1", "-g", "-Wall", "-I", include, source, "-o", program, *libraries])
    return program


def build(command: list) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LD_", "PG"))}
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} could not build: {done.stderr[-3000:]}")
