"""pgbench: every query mode, pipelines, retries, and its rate on both libraries."""

from harness.attempt import Attempt
from harness.registry import item

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
    for mode in ("simple", "extended", "prepared"):
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
