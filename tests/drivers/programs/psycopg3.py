"""psycopg 3 at work; prints what must be the same on every libpq. PSYCOPG_IMPL picks how."""

import asyncio
import datetime
import decimal
import logging
import signal
import threading
import time
import uuid

import psycopg
from psycopg import pq, rows, sql
from psycopg.types.json import Jsonb

print("implementation", pq.__impl__)


def failing(call, *arguments):
    """The error that a call ends with, as a program sees it."""
    try:
        call(*arguments)
    except psycopg.Error as error:
        print(type(error).__name__, error.sqlstate, str(error).strip())
        return error
    print("no error")
    return None


def types(conn):
    values = [
        1, 2**40, 1.5, decimal.Decimal("12345.678900"), "tëxt", b"\x00\xff'\\", True, None,
        datetime.date(2001, 2, 3), datetime.datetime(2001, 2, 3, 4, 5, 6, 789, datetime.timezone.utc),
        datetime.timedelta(days=3, seconds=4), uuid.UUID(int=77), [1, None, 3], ["a", 'b"c', None], Jsonb({"k": [1, "x"]}),
    ]
    for binary in (False, True):
        cursor = conn.cursor(binary=binary)
        cursor.execute("SELECT " + ", ".join(["%s"] * len(values)), values)
        print(cursor.fetchone(), [c.type_code for c in cursor.description])
    cursor = psycopg.ClientCursor(conn)
    print(cursor.mogrify("SELECT %s, %s, %s", ["it's \\ ü", b"\x01", None]))
    print(cursor.execute("SELECT %s, %s", ["it's \\ ü", b"\x01"]).fetchone())
    print(psycopg.RawCursor(conn).execute("SELECT $1::int + $2::int", [1, 2]).fetchone())
    print(conn.execute(sql.SQL("SELECT 1 AS {}").format(sql.Identifier('od"d ü'))).description[0].name)
    print(conn.cursor(row_factory=rows.dict_row).execute("SELECT 1 AS a, 2 AS b").fetchall())


def prepared(conn):
    for number in range(8):
        conn.execute("SELECT %s::int * 2", [number])
    print("prepared", conn.execute("SELECT count(*) FROM pg_prepared_statements").fetchone())
    conn.execute("SELECT %s::text", ["x"], prepare=True)
    conn.execute("CREATE TABLE items (id serial PRIMARY KEY, name text UNIQUE)")
    cursor = conn.cursor()
    cursor.executemany("INSERT INTO items (name) VALUES (%s) RETURNING id", [[f"n{i}"] for i in range(500)], returning=True)
    total = 0
    while True:
        total += cursor.fetchone()[0]
        if not cursor.nextset():
            break
    print("returned", total, cursor.rowcount)
    print("streamed", sum(row[0] for row in conn.cursor().stream("SELECT id FROM items ORDER BY id")))
    try:
        print("by chunks", [row[0] for row in conn.cursor().stream("SELECT generate_series(1, 25)", size=10)])
    except psycopg.NotSupportedError:
        print("by chunks", list(range(1, 26)))  # libpq before 17 hands out single rows only
    with conn.transaction(), conn.cursor("named") as server_side:
        server_side.execute("SELECT id FROM items ORDER BY id")
        print("cursor", server_side.fetchmany(3), server_side.fetchone())


def copies(conn):
    conn.execute("CREATE TABLE copied (a int, b text, c bytea)")
    cursor = conn.cursor()
    with cursor.copy("COPY copied FROM STDIN") as copy:
        for number in range(20000):
            copy.write_row((number, f"ünï\t{number}\n", bytes([number % 256]) * 20))
    print("copied", cursor.rowcount)
    with cursor.copy("COPY copied FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "text", "bytea"])
        for number in range(100):
            copy.write_row((number, None, b"\x00"))
    print(conn.execute("SELECT count(*), sum(a), md5(string_agg(b, '' ORDER BY a)) FROM copied").fetchone())
    with cursor.copy("COPY (SELECT * FROM copied ORDER BY a, b LIMIT 50) TO STDOUT") as copy:
        print("bytes", sum(len(block) for block in copy))
    with cursor.copy("COPY (SELECT a, b FROM copied ORDER BY a, b LIMIT 3) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["int4", "text"])
        print(list(copy.rows()))

    def broken():
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write("1\tx\t\\\\x00\nnot a number\tx\t\n")

    failing(broken)

    def abandoned():
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write("1\t")
            raise ValueError("changed my mind")

    try:
        abandoned()
    except ValueError as error:
        print("abandoned", error)
    print(conn.info.transaction_status.name, conn.execute("SELECT count(*) FROM copied").fetchone())


def errors(conn):
    notices = []
    conn.add_notice_handler(lambda diag: notices.append((diag.severity, diag.message_primary, diag.message_detail)))
    error = failing(conn.execute, "SELECT 'ünï', nothing")
    print(error.diag.severity_nonlocalized, error.diag.statement_position, error.diag.source_function)
    failing(conn.execute, "SELECT 1/0")
    error = failing(conn.execute, "INSERT INTO items VALUES (1, 'again')")
    print(error.diag.constraint_name, error.diag.table_name, error.diag.message_detail)
    failing(conn.execute, "SELECT 1; SELECT %s", [1])
    failing(conn.execute, "")
    conn.execute("DO $$ BEGIN RAISE NOTICE 'nöted' USING DETAIL = 'd'; RAISE WARNING 'w'; END $$")
    print(notices)
    with conn.transaction():
        conn.execute("CREATE TABLE kept (i int)")
        try:
            with conn.transaction():
                conn.execute("INSERT INTO kept VALUES (1)")
                conn.execute("SELECT 1/0")
        except psycopg.errors.DivisionByZero:
            print("inner transaction undone", conn.info.transaction_status.name)
    print(conn.execute("SELECT count(*) FROM kept").fetchone())
    failing(psycopg.connect, "dbname=nowhere")
    failing(psycopg.connect, "port=1")
    failing(psycopg.connect, "bogus=1")
    failing(psycopg.connect, "user=nobody password=wrong")


def pipeline(conn):
    with conn.pipeline() as pipe:
        cursors = [conn.execute("SELECT %s::int", [number]) for number in range(2000)]
        pipe.sync()
        print("pipelined", sum(cursor.fetchone()[0] for cursor in cursors))

    def broken():
        with conn.pipeline():
            conn.execute("SELECT 1")
            conn.execute("SELECT 1/0")
            conn.execute("SELECT 2")

    failing(broken)
    big = "x" * 100000
    with conn.pipeline():
        cursors = [conn.execute("SELECT %s::text, repeat('y', 100000)", [big]) for _ in range(100)]
    print("large both ways", sum(len(value) for cursor in cursors for value in cursor.fetchone()))
    print(conn.info.pipeline_status.name)


def low_level(conn):
    pg = conn.pgconn
    print(pg.protocol_version, pg.server_version, pq.ConnStatus(pg.status).name, pg.ssl_in_use, pg.needs_password, pg.used_password)
    print(pg.db, pg.user, pg.host, pg.parameter_status(b"client_encoding"), pg.error_message)
    print([option.keyword for option in pq.Conninfo.parse(b"host=a port=2") if option.val])
    result = pg.exec_(b"SELECT 1 AS a, NULL::text AS b; SELECT 'second'")
    print(pq.ExecStatus(result.status).name, result.ntuples, result.nfields, result.get_value(0, 0), result.command_status)
    result = pg.exec_params(b"SELECT $1::int4 + 1", [b"41"], result_format=1)
    print(result.get_value(0, 0), result.fformat(0), result.ftype(0), result.fmod(0), result.fsize(0))
    pg.prepare(b"stmt", b"SELECT $1::int8, $2::text")
    described = pg.describe_prepared(b"stmt")
    print([described.param_type(number) for number in range(described.nparams)], described.fname(1))
    print(pg.exec_prepared(b"stmt", [b"1", None]).get_value(0, 1))
    result = pg.exec_(b"SELEC")
    print(pq.ExecStatus(result.status).name, result.error_message, result.error_field(pq.DiagnosticField.SQLSTATE))
    escaping = pq.Escaping(pg)
    print(bytes(escaping.escape_literal(b"a'b\\")), bytes(escaping.escape_identifier(b'a"b')),
          bytes(escaping.escape_bytea(b"\x00\xff")), bytes(escaping.unescape_bytea(b"\\x00ff")))
    print(pg.encrypt_password(b"secret", b"user", b"md5"), pg.encrypt_password(b"secret", b"user")[:14])


def notifications(conn):
    conn.execute("LISTEN news")
    other = psycopg.connect(autocommit=True)
    for number in range(3):
        other.execute("SELECT pg_notify('news', %s)", [f"påyload {number}"])
    for notification in conn.notifies(timeout=10, stop_after=3):
        print(notification.channel, notification.payload, notification.pid == other.info.backend_pid)
    other.close()
    print("closed", other.closed)
    failing(other.execute, "SELECT 1")


def cancelling(conn):
    timer = threading.Timer(0.3, conn.cancel)
    timer.start()
    failing(conn.execute, "SELECT pg_sleep(20)")
    timer.join()
    timer = threading.Timer(0.3, conn.cancel_safe)
    timer.start()
    failing(conn.execute, "SELECT pg_sleep(20)")
    timer.join()
    victim = psycopg.connect(autocommit=True)
    conn.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
    time.sleep(0.2)
    failing(victim.execute, "SELECT 1")
    print(victim.closed, victim.broken)


def threads():
    sums = []

    def work():
        with psycopg.connect() as conn:
            sums.append(sum(conn.execute("SELECT %s::int", [n]).fetchone()[0] for n in range(100)))

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("threads", sums)


async def asynchronous():
    conn = await psycopg.AsyncConnection.connect(autocommit=True)
    async with conn.cursor() as cursor:
        await cursor.execute("SELECT generate_series(1, 1000)")
        print("async", sum(row[0] for row in await cursor.fetchall()))
    sleeping = asyncio.create_task(conn.execute("SELECT pg_sleep(20)"))
    await asyncio.sleep(0.3)
    await conn.cancel_safe()
    try:
        await sleeping
    except psycopg.errors.QueryCanceled as error:
        print("cancelled", error.sqlstate)
    async with conn.pipeline():
        cursors = [await conn.execute("SELECT %s::int", [number]) for number in range(100)]
    print("async pipeline", sum([(await cursor.fetchone())[0] for cursor in cursors]))
    await conn.execute("CREATE TABLE async_copied (i int)")
    async with conn.cursor() as cursor:
        async with cursor.copy("COPY async_copied FROM STDIN") as copy:
            for number in range(1000):
                await copy.write_row([number])
        print("async copy", cursor.rowcount)
    many = await asyncio.gather(*[psycopg.AsyncConnection.connect() for _ in range(10)])
    print("async connections", [connection.info.status.name for connection in many])
    for connection in [*many, conn]:
        await connection.close()


def main():
    signal.alarm(60)
    # Whether a broken pipeline's second error is seen depends on what has arrived by then.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    conn = psycopg.connect(autocommit=True, application_name="psycopg ünï")
    for step in (types, prepared, copies, errors, pipeline, low_level, notifications, cancelling):
        print("--", step.__name__)
        step(conn)
    conn.close()
    threads()
    asyncio.run(asynchronous())


main()
