"""pgbench: every query mode, pipelines, retries, and its rate on both libraries."""

import math
import re
import statistics

from harness.attempt import Attempt, Unexpected
from harness.library import Library
from harness.registry import item

MODES = ("simple", "extended", "prepared")
# Rounds in each mode, a fraction of a second long so that other work on the machine disturbs both
# libraries alike, and how often so many are added where ours seems slower.
ROUNDS = 31
TRIES = 3
# What is not told apart.
NOISE = 0.01

NUMBERS = (
    (r"^(latency|initial connection time|tps) .*", r"\1 N"),
    (r"^ +\d+\.\d+ ", "  N "),
    (r"in \d+\.\d+ s.*", "in N s"),
    (r"\(?elapsed.*", ""),
    (r"^pgbench: pgbench.*", ""),
)


@item("pgbench", "-i, -S -c 8 -j 2 by simple, extended and prepared, TPC-B")
def modes(t: Attempt) -> None:
    t.run("pgbench", "-i", "-s", "1", scrub=NUMBERS)
    for mode in MODES:
        t.run("pgbench", "-n", "-S", "-c", "8", "-j", "2", "-t", "250", "-M", mode, scrub=NUMBERS)
    t.run("pgbench", "-n", "-c", "4", "-j", "2", "-t", "50", "-M", "prepared", scrub=NUMBERS)
    t.run("pgbench", "-n", "-S", "-C", "-c", "4", "-t", "20", scrub=((r"^average connection time.*", ""), *NUMBERS))
    t.check("every transaction is there", t.sql("SELECT count(*) FROM pgbench_history") == "200")


@item("pgbench", "\\startpipeline scripts, \\gset, \\aset, errors in the middle")
def pipelines(t: Attempt) -> None:
    t.run("pgbench", "-i", "-s", "1", scrub=NUMBERS)
    (t.work / "pipeline.sql").write_text(r"""
\set aid random(1, 100000)
\startpipeline
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;
INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 1, :aid, 1, now());
SELECT 1;
SELECT repeat('x', 10000);
\endpipeline
SELECT 2 AS two \gset
""")
    for mode in ("extended", "prepared"):
        t.run("pgbench", "-n", "-c", "4", "-j", "2", "-t", "100", "-M", mode, "-f", "pipeline.sql", scrub=NUMBERS)
    t.check("every row is there", t.sql("SELECT count(*), sum(delta) FROM pgbench_history") == "800|800")
    (t.work / "broken.sql").write_text("\\startpipeline\nSELECT 1;\nSELECT 1/0;\nSELECT 2;\n\\endpipeline\n")
    t.run("pgbench", "-n", "-c", "1", "-t", "3", "-M", "extended", "-f", "broken.sql", scrub=NUMBERS, expect=2)
    t.run("pgbench", "-n", "-t", "1", "-f", "pipeline.sql", scrub=NUMBERS, expect=2)
    (t.work / "multi.sql").write_text("SELECT 1 AS a\\; SELECT 2 AS b \\gset p_\nSELECT :p_b;\n")
    t.run("pgbench", "-n", "-t", "5", "-f", "multi.sql", scrub=NUMBERS)
    t.run("pgbench", "-n", "-t", "5", "-d", "nowhere", scrub=NUMBERS, expect=1)


@item("pgbench", "-S -c 8 -j 2: transactions a second in turns with the original, as a ratio to it")
def rate(t: Attempt) -> None:
    t.run("pgbench", "-i", "-s", "1", scrub=NUMBERS)
    t.check("it transacts", all(transactions(t, t.library, mode) > 0 for mode in MODES))
    if t.library == t.reference:
        t.shown = "the measure: 1"
        return
    shown, slower = [], False
    for mode in MODES:
        rounds: list[float] = []
        for _ in range(TRIES):
            rounds += [in_turns(t, mode, number % 2 == 0) for number in range(ROUNDS)]
            if statistics.median(rounds) >= 1 - NOISE:
                break
        least, most = limits(rounds)
        slower |= most < 1 - NOISE
        shown.append(f"{mode} {statistics.median(rounds):.2f} ({least:.2f}-{most:.2f})")
    t.shown = "ratio " + ", ".join(shown)
    if slower:
        raise Unexpected(f"slower than the original: {t.shown}")


def limits(values: list[float]) -> tuple[float, float]:
    """Between what the median lies with a probability of 95 %, whatever the distribution."""
    beyond = max(0, int((len(values) - 1.96 * math.sqrt(len(values))) / 2))
    ordered = sorted(values)
    return ordered[beyond], ordered[-1 - beyond]


def in_turns(t: Attempt, mode: str, first: bool) -> float:
    """The rate on the library as a part of the original's, measured right before or after it."""
    measured = [transactions(t, library, mode) for library in ((t.library, t.reference) if first else (t.reference, t.library))]
    ours, original = measured if first else reversed(measured)
    return ours / original


def transactions(t: Attempt, library: Library, mode: str) -> float:
    """Transactions a second over the socket: without TLS it is the library that counts."""
    environment = t.socket | library.environment(t.testimony)
    if library != t.library:
        environment |= {"LD_PRELOAD": ""}  # it is not under test
    done = t.run("pgbench", "-n", "-S", "-c", "8", "-j", "2", "-t", "1500", "-M", mode, env=environment, record=False,
                 connects=library == t.library)
    return float(re.search(r"^tps = ([\d.]+)", done.out, re.MULTILINE)[1])
