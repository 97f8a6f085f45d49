"""Inside the server: postgres itself loads the library."""

from harness.attempt import Attempt
from harness.registry import item
from harness.server import PASSWORD, USER, Server

FOREIGN = f"""
CREATE EXTENSION postgres_fdw;
CREATE TABLE local_a (i int, v text); INSERT INTO local_a SELECT i, 'a' || i FROM generate_series(1, 1000) i;
CREATE TABLE local_b (i int, v text); INSERT INTO local_b SELECT i, 'b' || i FROM generate_series(1001, 2000) i;
CREATE SERVER one FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{{host}}', port '{{port}}', dbname 'drivers', async_capable 'true', fetch_size '50');
CREATE SERVER two FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{{host}}', port '{{port}}', dbname 'drivers', async_capable 'true', fetch_size '70');
CREATE USER MAPPING FOR {USER} SERVER one OPTIONS (user '{USER}', password '{PASSWORD}');
CREATE USER MAPPING FOR {USER} SERVER two OPTIONS (user '{USER}', password '{PASSWORD}');
CREATE TABLE whole (i int, v text) PARTITION BY RANGE (i);
CREATE FOREIGN TABLE part_a PARTITION OF whole FOR VALUES FROM (1) TO (1001) SERVER one OPTIONS (table_name 'local_a');
CREATE FOREIGN TABLE part_b PARTITION OF whole FOR VALUES FROM (1001) TO (5001) SERVER two OPTIONS (table_name 'local_b', batch_size '40');
"""


def server(t: Attempt) -> Server:
    """A server on the library, with the database that psql on the side goes to."""
    made = t.server_on_library("inner").create()
    made.sql("CREATE DATABASE drivers")
    return made


def session(t: Attempt, inner: Server, script: str, scrub: tuple = ()) -> str:
    """A psql script on the inner server; psql is on the original library, the server is not."""
    file = t.work / "script.sql"
    file.write_text(script)
    port = (str(inner.port), "PORT")
    done = t.run("sh", "-c", 'exec psql -X -f "$0" -h "$1" -p "$2" 2>&1', file, inner.home, inner.port,
                 env={"PGSSLMODE": "prefer"}, under_test=False, scrub=(port, *scrub))
    return done.out


@item("dblink", "queries, cursors, asynchronous queries, errors, notices, notifications, cancel")
def dblink(t: Attempt) -> None:
    inner = server(t)
    target = f"host=localhost port={inner.port} dbname=drivers user={USER} password=''{PASSWORD}''"
    session(t, inner, rf"""
CREATE EXTENSION dblink;
CREATE TABLE far (i int, v text);
SELECT dblink_connect('c', '{target}');
SELECT dblink_exec('c', 'INSERT INTO far SELECT i, md5(i::text) FROM generate_series(1, 3000) i');
SELECT count(*), sum(i), max(v) FROM dblink('c', 'SELECT * FROM far') AS t(i int, v text);
SELECT * FROM dblink('c', 'SELECT NULL, ''tëxt''') AS t(a int, b text);
SELECT dblink_open('c', 'cur', 'SELECT * FROM far ORDER BY i');
SELECT * FROM dblink_fetch('c', 'cur', 3) AS t(i int, v text);
SELECT dblink_close('c', 'cur');
SELECT dblink_send_query('c', 'SELECT 1 AS a; SELECT 2');
SELECT * FROM dblink_get_result('c') AS t(a int);
SELECT * FROM dblink_get_result('c') AS t(a int);
SELECT * FROM dblink_get_result('c') AS t(a int);
SELECT dblink_send_query('c', 'SELECT pg_sleep(30)');
SELECT pg_sleep(0.3);
SELECT dblink_is_busy('c');
SELECT dblink_cancel_query('c');
SELECT * FROM dblink_get_result('c', false) AS t(a text);
SELECT dblink_error_message('c');
SELECT * FROM dblink_get_result('c') AS t(a text);
SELECT * FROM dblink('c', 'SELECT 1/0') AS t(a int);
SELECT * FROM dblink('c', 'SELECT nothing') AS t(a int);
SELECT dblink_exec('c', 'DO $$ BEGIN RAISE NOTICE ''from afar''; END $$');
SELECT dblink_exec('c', 'LISTEN news');
SELECT dblink_exec('c', 'NOTIFY news, ''payload''');
SELECT notify_name, extra FROM dblink_get_notify('c');
SELECT dblink_get_connections();
SELECT dblink_disconnect('c');
SELECT dblink_connect('d', 'host=localhost port=1 dbname=x');
SELECT dblink_connect('d', 'bogus');
SELECT * FROM dblink('{target}', 'SELECT i FROM far ORDER BY i LIMIT 2') AS t(i int);
""")


@item("postgres_fdw", "reads, joins, writes, batches, async append, errors, cancel")
def postgres_fdw(t: Attempt) -> None:
    inner = server(t)
    inner.sql(FOREIGN.format(host="localhost", port=inner.port), "drivers")
    shown = session(t, inner, r"""
SET enable_partitionwise_join = on;
EXPLAIN (COSTS OFF) SELECT * FROM whole;
SELECT count(*), sum(i), min(v), max(v) FROM whole;
SELECT * FROM whole WHERE i IN (1, 1000, 1001, 2000) ORDER BY i;
SELECT a.v, b.v FROM part_a a JOIN part_b b ON b.i = a.i + 1000 WHERE a.i < 4 ORDER BY 1;
INSERT INTO whole SELECT i, 'new' || i FROM generate_series(3000, 3300) i;
UPDATE whole SET v = 'ünï' WHERE i = 3001 RETURNING *;
DELETE FROM whole WHERE i BETWEEN 3002 AND 3010;
SELECT count(*) FROM whole;
BEGIN; INSERT INTO part_a VALUES (5, 'gone'); SAVEPOINT s; DELETE FROM part_b; ROLLBACK TO s; SELECT count(*) FROM whole; ROLLBACK;
SELECT count(*) FROM whole;
CREATE FOREIGN TABLE absent (i int) SERVER one OPTIONS (table_name 'nowhere');
SELECT * FROM absent;
CREATE FOREIGN TABLE slow (i text) SERVER one OPTIONS (table_name 'slow_view');
CREATE VIEW slow_view AS SELECT pg_sleep(30)::text AS i;
SET statement_timeout = '500ms';
SELECT * FROM slow;
RESET statement_timeout;
SELECT count(*) FROM part_a;
ANALYZE part_a;
IMPORT FOREIGN SCHEMA public LIMIT TO (local_b) FROM SERVER one INTO pg_temp;
SELECT server_name, valid FROM postgres_fdw_get_connections() ORDER BY 1;
SELECT postgres_fdw_disconnect_all();
ALTER SERVER two OPTIONS (SET port '1');
SELECT count(*) FROM whole;
""")
    t.check("both parts are scanned asynchronously", shown.count("Async Foreign Scan") >= 2)


@item("walreceiver", "a physical standby catches up, follows, reconnects")
def standby(t: Attempt) -> None:
    upstream = t.server
    t.sql("CREATE TABLE followed AS SELECT i, md5(i::text) AS v FROM generate_series(1, 50000) i")
    data = t.work / "standby-data"
    t.run("pg_basebackup", "-D", data, "-X", "stream", "-c", "fast", "--no-sync", "-R", record=False, under_test=False)
    settings = f"primary_conninfo = 'host=localhost port={upstream.port} user={USER} password=''{PASSWORD}'' " \
               f"sslmode=verify-full sslrootcert={upstream.root_certificate} application_name=standby'\n"
    (data / "postgresql.auto.conf").write_text(settings)
    follower = t.server_on_library("standby").adopt(data)
    t.check("in recovery", follower.sql("SELECT pg_is_in_recovery()") == "t")
    streaming = "SELECT count(*) = 1 FROM pg_stat_replication WHERE application_name = 'standby' AND state = 'streaming'"
    upstream.wait_for(streaming)
    t.sql("INSERT INTO followed SELECT i, 'more' FROM generate_series(1, 100000) i")
    catch_up(t, upstream, follower)
    t.note(follower.sql("SELECT count(*), sum(i), max(v) FROM followed", "drivers"))
    upstream.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE application_name = 'standby'")
    t.sql("DELETE FROM followed WHERE i % 2 = 0")
    upstream.wait_for(streaming)
    catch_up(t, upstream, follower)
    t.note(follower.sql("SELECT count(*), sum(i), max(v) FROM followed", "drivers"))
    t.check("the receiver reports", follower.sql("SELECT status FROM pg_stat_wal_receiver") == "streaming")


def catch_up(t: Attempt, upstream: Server, follower: Server) -> None:
    target = upstream.sql("SELECT pg_current_wal_flush_lsn()")
    follower.wait_for(f"SELECT pg_last_wal_replay_lsn() >= '{target}'")


@item("subscriber", "a logical subscriber copies, follows, survives an error and a lost connection")
def subscriber(t: Attempt) -> None:
    upstream = t.server
    t.sql("CREATE TABLE news (i int PRIMARY KEY, v text); INSERT INTO news SELECT i, 'ünï ' || i FROM generate_series(1, 5000) i;"
          "CREATE TABLE plain (v text); CREATE PUBLICATION everything FOR ALL TABLES")
    inner = server(t)
    inner.sql("CREATE TABLE news (i int PRIMARY KEY, v text); CREATE TABLE plain (v text)", "drivers")
    inner.sql(f"CREATE SUBSCRIPTION follower CONNECTION 'host=localhost port={upstream.port} user={USER} dbname=drivers "
              f"password=''{PASSWORD}'' sslmode=verify-full sslrootcert={upstream.root_certificate}' PUBLICATION everything "
              "WITH (streaming = on)", "drivers")
    same = "SELECT count(*), sum(i), max(v) FROM news"
    try:
        inner.wait_for("SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel", database="drivers")
        t.note(inner.sql(same, "drivers"))
        t.sql("UPDATE news SET v = 'changed' WHERE i < 10; DELETE FROM news WHERE i > 4990; INSERT INTO plain SELECT repeat('x', 100000)")
        t.sql("INSERT INTO news SELECT i, repeat('big', 50) FROM generate_series(10001, 40000) i")
        inner.wait_for(same, t.sql(same), "drivers")
        t.note(inner.sql(same, "drivers"))
        t.note(inner.sql("SELECT count(*), sum(length(v)) FROM plain", "drivers"))
        upstream.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE application_name = 'follower'")
        t.sql("TRUNCATE news")
        t.sql("INSERT INTO news VALUES (1, 'after')")
        inner.wait_for(same, t.sql(same), "drivers")
        t.note(inner.sql(same, "drivers"))
    finally:
        inner.sql("DROP SUBSCRIPTION follower", "drivers")
        t.sql("DROP PUBLICATION everything")


