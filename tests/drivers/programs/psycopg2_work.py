"""psycopg2 at work; prints what must be the same on every libpq."""

import datetime
import io
import select
import signal
import threading
import time

import psycopg2
import psycopg2.extensions
import psycopg2.extras


def failing(call, *arguments):
    """The error that a call ends with, as a program sees it."""
    try:
        call(*arguments)
    except psycopg2.Error as error:
        print(type(error).__name__, error.pgcode, str(error).strip())
        return error
    print("no error")
    return None


def types(conn):
    cursor = conn.cursor()
    values = [1, 2**40, 1.5, "tëxt", psycopg2.Binary(b"\x00\xff'\\"), True, None, datetime.date(2001, 2, 3),
              datetime.datetime(2001, 2, 3, 4, 5, 6), [1, None, 3], psycopg2.extras.Json({"k": 1})]
    print(cursor.mogrify("SELECT " + ", ".join(["%s"] * len(values)), values).decode())
    cursor.execute("SELECT " + ", ".join(["%s"] * len(values)), values)
    print([bytes(v) if isinstance(v, memoryview) else v for v in cursor.fetchone()])
    print([(c.name, c.type_code, c.internal_size) for c in cursor.description])
    print(psycopg2.extensions.quote_ident('a"b', conn), psycopg2.extensions.libpq_version() >= 100000)
    print(psycopg2.extensions.parse_dsn("postgresql://u:p%20w@h:1/d?sslmode=require"))


def copies(conn):
    cursor = conn.cursor()
    cursor.execute("CREATE TABLE copied (a int, b text)")
    cursor.copy_from(io.StringIO("".join(f"{n}\tünï {n}\n" for n in range(20000))), "copied")
    print("copied", cursor.rowcount)
    out = io.StringIO()
    cursor.copy_expert("COPY (SELECT * FROM copied ORDER BY a LIMIT 3) TO STDOUT (FORMAT csv, HEADER)", out)
    print(out.getvalue())
    failing(cursor.copy_expert, "COPY copied FROM STDIN", io.StringIO("x\ty\n"))
    print(cursor.statusmessage, conn.status)


def transactions(conn):
    conn.autocommit = False
    cursor = conn.cursor()
    cursor.execute("CREATE TABLE kept (i int)")
    conn.commit()
    cursor.execute("INSERT INTO kept VALUES (1)")
    conn.rollback()
    cursor.execute("SELECT count(*) FROM kept")
    print(cursor.fetchone(), conn.get_transaction_status())
    conn.rollback()
    conn.set_session(isolation_level="SERIALIZABLE", readonly=True)
    failing(cursor.execute, "INSERT INTO kept VALUES (1)")
    conn.rollback()
    conn.set_session(isolation_level="DEFAULT", readonly=False)
    conn.tpc_begin(conn.xid(1, "global", "branch"))
    cursor.execute("INSERT INTO kept VALUES (2)")
    conn.tpc_prepare()
    conn.tpc_commit()
    with conn, conn.cursor("named") as named:
        named.execute("SELECT generate_series(1, 1000)")
        print("named cursor", sum(row[0] for row in named))
    conn.autocommit = True


def errors(conn):
    cursor = conn.cursor()
    error = failing(cursor.execute, "SELECT 'ünï', nothing")
    print(error.diag.statement_position, error.diag.severity, error.diag.source_function)
    failing(cursor.execute, "SELECT 1/0")
    failing(cursor.execute, "")
    cursor.execute("DO $$ BEGIN RAISE NOTICE 'nöted'; RAISE WARNING 'w' USING HINT = 'h'; END $$")
    print(conn.notices)
    failing(psycopg2.connect, "dbname=nowhere")
    failing(psycopg2.connect, "port=1")
    failing(psycopg2.connect, "bogus=1")


def large_objects(conn):
    conn.autocommit = False
    lobject = conn.lobject(0, "wb", 555001)
    print(lobject.write(b"0123456789" * 10000), lobject.tell())
    lobject.seek(5)
    lobject.truncate(50)
    lobject.close()
    lobject = conn.lobject(555001, "rb")
    print(lobject.read(12), lobject.seek(0, 2))
    lobject.unlink()
    failing(conn.lobject, 555001, "rb")
    conn.rollback()
    conn.autocommit = True


def wait(conn):
    while True:
        state = conn.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        if state == psycopg2.extensions.POLL_READ:
            select.select([conn.fileno()], [], [], 20)
        else:
            select.select([], [conn.fileno()], [], 20)


def asynchronous():
    conn = psycopg2.connect("", async_=1)
    wait(conn)
    cursor = conn.cursor()
    cursor.execute("SELECT generate_series(1, 5000), repeat('x', 100)")
    print("executing", conn.isexecuting())
    wait(conn)
    print("async", sum(row[0] for row in cursor.fetchall()))
    cursor.execute("SELECT length(%s)", ["y" * 3000000])
    wait(conn)
    print("async large", cursor.fetchone())
    cursor.execute("SELECT 1/0")
    failing(wait, conn)
    cursor.execute("LISTEN news")
    wait(conn)
    other = psycopg2.connect("")
    other.autocommit = True
    other.cursor().execute("NOTIFY news, 'påyload'")
    select.select([conn.fileno()], [], [], 20)
    conn.poll()
    print([(n.channel, n.payload, n.pid == other.info.backend_pid) for n in conn.notifies])
    other.close()
    conn.close()


def cancelling(conn):
    timer = threading.Timer(0.3, conn.cancel)
    timer.start()
    failing(conn.cursor().execute, "SELECT pg_sleep(20)")
    timer.join()
    victim = psycopg2.connect("")
    conn.cursor().execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
    time.sleep(0.2)
    failing(victim.cursor().execute, "SELECT 1")
    print(victim.closed)


def replication():
    conn = psycopg2.connect("", connection_factory=psycopg2.extras.LogicalReplicationConnection)
    cursor = conn.cursor()
    cursor.create_replication_slot("psycopg2_slot", output_plugin="test_decoding")
    other = psycopg2.connect("")
    other.autocommit = True
    other.cursor().execute("CREATE TABLE logged (i int); INSERT INTO logged VALUES (1)")
    other.cursor().execute("INSERT INTO logged VALUES (2)")
    cursor.start_replication("psycopg2_slot", decode=True, options={"include-xids": "0"})
    messages = []
    while len(messages) < 6:
        message = cursor.read_message()
        if message is None:
            select.select([conn.fileno()], [], [], 20)
            continue
        messages.append(message.payload)
        message.cursor.send_feedback(flush_lsn=message.data_start)
    print(messages)
    conn.close()
    time.sleep(0.2)
    other.cursor().execute("SELECT pg_drop_replication_slot('psycopg2_slot')")
    other.close()


def main():
    signal.alarm(60)
    conn = psycopg2.connect("")
    conn.autocommit = True
    print(conn.encoding, conn.info.protocol_version, conn.info.server_version, conn.info.ssl_in_use, conn.info.host)
    for step in (types, copies, transactions, errors, large_objects, cancelling):
        print("--", step.__name__)
        step(conn)
    conn.close()
    asynchronous()
    replication()


main()
