"""The query of `make demo`, asked from Python through ctypes: no driver, only the C library.

    FERROPQ_LIB=target/release/libferropq.so DATABASE_URL=... python3 examples/python/demo.py
"""

import ctypes
import os
import sys

PLANETS = b"""
    SELECT name, radius_km, orbit_days
      FROM (VALUES ('Mercury', 2440, 88.0), ('Venus', 6052, 224.7), ('Earth', 6371, 365.2),
                   ('Mars', 3390, 687.0), ('Jupiter', 69911, 4331), ('Saturn', 58232, 10747),
                   ('Uranus', 25362, 30589), ('Neptune', 24622, 59800))
           AS planet (name, radius_km, orbit_days)
     WHERE radius_km > $1
     ORDER BY radius_km DESC"""

SESSION = b"""
    SELECT split_part(current_setting('server_version'), ' ', 1), current_user,
           coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), 'none')"""

CONNECTION_OK = 0
PGRES_TUPLES_OK = 2


def load(path):
    """Loads the library and declares the functions that this program calls."""
    lib = ctypes.CDLL(path)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    texts, numbers = ctypes.POINTER(text), ctypes.POINTER(number)
    for name, result, arguments in [
        ("ferropq_version", text, []),
        ("PQlibVersion", number, []),
        ("PQconnectdb", pointer, [text]),
        ("PQstatus", number, [pointer]),
        ("PQerrorMessage", text, [pointer]),
        ("PQfinish", None, [pointer]),
        ("PQexecParams", pointer,
         [pointer, text, number, ctypes.POINTER(ctypes.c_uint), texts, numbers, numbers, number]),
        ("PQresultStatus", number, [pointer]),
        ("PQntuples", number, [pointer]),
        ("PQnfields", number, [pointer]),
        ("PQfname", text, [pointer, number]),
        ("PQgetvalue", text, [pointer, number, number]),
        ("PQgetisnull", number, [pointer, number, number]),
        ("PQclear", None, [pointer]),
    ]:
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def query(lib, conn, sql, *parameters):
    """Column names and rows of a query; its parameters travel as text beside the SQL."""
    values = (ctypes.c_char_p * max(len(parameters), 1))(*(str(p).encode() for p in parameters))
    result = lib.PQexecParams(conn, sql, len(parameters), None, values, None, None, 0)
    try:
        if lib.PQresultStatus(result) != PGRES_TUPLES_OK:
            sys.exit(lib.PQerrorMessage(conn).decode())
        columns = range(lib.PQnfields(result))
        names = [lib.PQfname(result, column).decode() for column in columns]
        rows = [
            [
                None if lib.PQgetisnull(result, row, column)
                else lib.PQgetvalue(result, row, column).decode()
                for column in columns
            ]
            for row in range(lib.PQntuples(result))
        ]
        return names, rows
    finally:
        lib.PQclear(result)


def print_table(names, rows):
    widths = [max(map(len, column)) for column in zip(names, *rows)]
    print("  " + "  ".join(name.ljust(width) for name, width in zip(names, widths)))
    print("  " + "  ".join("-" * width for width in widths))
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [value.rjust(width) for value, width in zip(others, widths[1:])]
        print("  " + "  ".join(cells))


def main():
    path = os.environ.get("FERROPQ_LIB", "target/release/libferropq.so")
    lib = load(os.path.abspath(path))
    conn = lib.PQconnectdb(os.environ["DATABASE_URL"].encode())
    try:
        if lib.PQstatus(conn) != CONNECTION_OK:
            sys.exit(lib.PQerrorMessage(conn).decode())
        version = lib.ferropq_version().decode()
        print(f"Python (ctypes): ferropq {version}, interface level {lib.PQlibVersion()}, from {path}")
        _, [[server, user, tls]] = query(lib, conn, SESSION)
        print(f"  PostgreSQL {server} as {user}, TLS: {tls}\n")
        print_table(*query(lib, conn, PLANETS, 6200))
    finally:
        lib.PQfinish(conn)


if __name__ == "__main__":
    main()
