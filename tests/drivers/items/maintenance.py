"""The small programs: createdb, reindexdb, vacuumdb, pg_isready, pg_amcheck and their kin."""

from harness.attempt import Attempt
from harness.registry import item

TABLES = "".join(
    f"CREATE TABLE t{n} AS SELECT i, md5(i::text) AS v FROM generate_series(1, 3000) i;"
    f"CREATE INDEX ON t{n} (i); CREATE INDEX ON t{n} (v);"
    for n in range(6)
)


@item("createdb", "createdb, dropdb, createuser, dropuser, clusterdb, vacuumlo, oid2name")
def databases(t: Attempt) -> None:
    t.sql("DROP DATABASE IF EXISTS made; DROP ROLE IF EXISTS worker")
    t.run("createdb", "-e", "made", "a comment")
    t.run("createdb", "made", expect=1)
    t.run("createuser", "-e", "--no-createdb", "worker")
    t.run("createuser", "worker", expect=1)
    t.run("dropuser", "-e", "worker")
    t.run("dropdb", "-e", "--force", "made")
    t.run("dropdb", "made", expect=1)
    t.run("dropdb", "--if-exists", "made")
    t.sql(TABLES + "CLUSTER t0 USING t0_i_idx")
    t.run("clusterdb", "-v", "-t", "t0", scrub=((r"CPU:.*", ""),))
    t.sql("SELECT lo_create(80001), lo_create(80002)")
    t.run("vacuumlo", "-v", "drivers")
    t.run("oid2name", "-d", "drivers", "-t", "t1", scrub=((r"^ +\d+ +t1", "N t1"),))


@item("reindexdb", "reindexdb -j 3, vacuumdb -j 3 -z and in stages, errors among the jobs")
def jobs(t: Attempt) -> None:
    t.sql(TABLES)
    t.run("reindexdb", "-j", "3", "-d", "drivers")
    t.run("reindexdb", "-v", "--concurrently", "-t", "t1", "-t", "t2", "-d", "drivers", scrub=((r"CPU:.*", ""), (r"pg_toast_\d+", "pg_toast_N")))
    t.run("reindexdb", "-j", "2", "-t", "t1", "-t", "absent", "-d", "drivers", expect=1)
    t.run("vacuumdb", "-j", "3", "-z", "-d", "drivers")
    t.run("vacuumdb", "-j", "2", "--analyze-in-stages", "-d", "drivers")
    t.run("vacuumdb", "-j", "2", "-a", "-z")
    t.run("vacuumdb", "-j", "2", "-t", "absent", "-d", "drivers", expect=1)


@item("pg_isready", "a server that is there, one that is not, one that does not know the name")
def ready(t: Attempt) -> None:
    t.run("pg_isready")
    t.run("pg_isready", "-h", str(t.server.home), scrub=((str(t.server.home), "SOCKET"),))
    t.run("pg_isready", "-d", "nowhere", "-U", "nobody")
    t.run("pg_isready", "-p", "1", expect=2)
    t.run("pg_isready", "-h", "/nonexistent", expect=2)
    t.run("pg_isready", "-d", "bogus=1", expect=3)


@item("pg_amcheck", "pg_amcheck -j 3 over tables and indexes")
def amcheck(t: Attempt) -> None:
    t.sql(TABLES + "CREATE EXTENSION amcheck")
    t.run("pg_amcheck", "-j", "3", "-d", "drivers", "--heapallindexed")
    t.run("pg_amcheck", "-j", "2", "-d", "drivers", "-t", "t*", "-v", scrub=((r"^.*(in \d|checking).*\n", ""),))
    t.run("pg_amcheck", "-d", "drivers", "-t", "absent", expect=1)
