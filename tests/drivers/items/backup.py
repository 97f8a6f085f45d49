"""Streaming replication from the client's side: backups and streams of WAL."""

import re
import signal
import subprocess
import time
from pathlib import Path

from harness.attempt import Attempt
from harness.registry import item

LSN = (r"\b[0-9A-F]+/[0-9A-F]+\b", "LSN")
SEGMENT = ((r"[0-9A-F]{24}", "SEGMENT"),)
TEMPORARY = (r'"?pg_(basebackup|receivewal)_\d+"?', "SLOT")


@item("pg_basebackup", "-X stream as files and as tar.gz, -X fetch, verified by pg_verifybackup")
def basebackup(t: Attempt) -> None:
    t.sql("CREATE TABLE big AS SELECT i, md5(i::text) FROM generate_series(1, 50000) i")
    quick = ("-c", "fast", "--no-sync")
    t.run("pg_basebackup", "-D", "files", "-X", "stream", "-v", *quick, scrub=(LSN, TEMPORARY, (r"timeline \d+", "TIMELINE")))
    t.run("pg_verifybackup", "files", under_test=False)
    t.run("pg_basebackup", "-D", "tar", "-X", "stream", "-Ft", "-z", *quick)
    t.note(" ".join(sorted(f.name for f in (t.work / "tar").iterdir())))
    t.run("pg_basebackup", "-D", "fetched", "-X", "fetch", "-r", "100M", "-R", *quick)
    t.run("pg_verifybackup", "fetched", under_test=False)
    t.check("primary_conninfo was written", "primary_conninfo" in (t.work / "fetched/postgresql.auto.conf").read_text())
    t.note((t.work / "fetched/postgresql.auto.conf").read_text())
    t.run("pg_basebackup", "-D", "files", *quick, expect=1)


@item("pg_receivewal", "a slot, segments equal to the server's, --endpos, ended by SIGINT")
def receivewal(t: Attempt) -> None:
    slot = ("--slot", "receiver")
    if t.sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'receiver'") == "1":
        t.sql("SELECT pg_drop_replication_slot('receiver')")
    (t.work / "wal").mkdir()
    t.run("pg_receivewal", "--create-slot", *slot)
    t.run("pg_receivewal", "--create-slot", *slot, expect=1)
    live(t, slot)
    t.sql("INSERT INTO grows SELECT i, md5(i::text) FROM generate_series(1, 100000) i")
    t.sql("SELECT pg_switch_wal()")
    t.sql("INSERT INTO grows SELECT 1, 'x' FROM generate_series(1, 1000)")
    end = t.sql("SELECT pg_current_wal_flush_lsn()")
    t.sql("INSERT INTO grows VALUES (1, 'beyond the end')")
    t.run("pg_receivewal", "-D", "wal", *slot, "--endpos", end, "--no-loop", "-v", "--synchronous",
          scrub=(LSN, (r"timeline \d+", "TIMELINE"), (r"^.*finished segment.*\n", ""), *SEGMENT))
    received = sorted(f.name for f in (t.work / "wal").iterdir() if not f.name.endswith(".partial"))
    t.check("segments were received", bool(received))
    equal = [(t.work / "wal" / n).read_bytes() == (t.server.data / "pg_wal" / n).read_bytes() for n in received]
    t.check("each equals the server's", all(equal))
    t.run("pg_receivewal", "--drop-slot", *slot)
    t.run("pg_receivewal", "-D", "wal", "--slot", "absent", "--no-loop", expect=1, scrub=(LSN,))


def live(t: Attempt, slot: tuple[str, ...]) -> None:
    """Receives what is written meanwhile; SIGINT ends it well."""
    t.sql("CREATE TABLE grows (i int, v text)")
    process = subprocess.Popen(
        ["pg_receivewal", "-D", "wal", *slot, "-s", "1"], cwd=t.work, env=t.environment(),
        stderr=subprocess.PIPE, text=True,
    )
    receiver = "FROM pg_stat_replication WHERE application_name = 'pg_receivewal'"
    try:
        t.server.wait_for(f"SELECT count(*) = 1 {receiver} AND state = 'streaming'")
        t.sql("INSERT INTO grows SELECT 1, 'x' FROM generate_series(1, 1000)")
        target = t.sql("SELECT pg_current_wal_flush_lsn()")
        t.server.wait_for(f"SELECT write_lsn >= '{target}' {receiver}")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    t.note(f"exit {process.returncode}\n{err}", SEGMENT)


@item("pg_recvlogical", "test_decoding: a slot, changes to --endpos, then live until SIGTERM")
def recvlogical(t: Attempt) -> None:
    slot = ("-d", "drivers", "--slot", "logical")
    scrub = ((r"\b(BEGIN|COMMIT) \d+", r"\1 XID"), LSN)
    if t.sql("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'logical'") == "1":
        t.sql("SELECT pg_drop_replication_slot('logical')")
    t.run("pg_recvlogical", *slot, "--create-slot", "-P", "test_decoding")
    t.sql("CREATE TABLE log (i int PRIMARY KEY, v text)")
    t.sql("INSERT INTO log SELECT i, 'ünï ' || i FROM generate_series(1, 2000) i")
    t.sql("UPDATE log SET v = NULL WHERE i = 3; DELETE FROM log WHERE i = 4")
    end = t.sql("SELECT pg_current_wal_flush_lsn()")
    t.run("pg_recvlogical", *slot, "--start", "--endpos", end, "--no-loop", "-f", "-", "-o", "include-timestamp=off",
          scrub=scrub)
    output = t.work / "live.txt"
    process = subprocess.Popen(
        ["pg_recvlogical", *slot, "--start", "-f", str(output), "-F", "1", "-s", "1"], cwd=t.work, env=t.environment(),
        stderr=subprocess.PIPE, text=True,
    )
    try:
        t.sql("INSERT INTO log VALUES (9001, 'live')")
        wait_for_text(output, "'live'")
        t.sql("INSERT INTO log VALUES (9002, repeat('long', 100000))")
        wait_for_text(output, "longlong")
        t.sql("TRUNCATE log")
        wait_for_text(output, r"TRUNCATE.*\nCOMMIT \d+\n")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    t.note(f"exit {process.returncode}\n{err}", scrub)
    t.note(output.read_text(), scrub)
    t.run("pg_recvlogical", *slot, "--drop-slot")
    t.run("pg_recvlogical", *slot, "--drop-slot", expect=1)
    t.run("pg_recvlogical", *slot, "--start", "--no-loop", "-f", "-", expect=1, scrub=(LSN,))


def wait_for_text(file: Path, wanted: str, seconds: float = 20) -> None:
    """Waits until the pattern is found in a file that another process writes."""
    deadline = time.monotonic() + seconds
    while not file.exists() or not re.search(wanted, file.read_text(errors="replace")):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{wanted} never came into {file.name}")
        time.sleep(0.05)
