/*
 * The first things: connect, run statements, read rows, disconnect.
 *
 *   cc basics.c -o basics $(pkg-config --cflags --libs libpq)
 *   DATABASE_URL=postgresql://user:password@localhost/db ./basics
 */
#include "check.h"

int main(void)
{
    PGconn *conn = connect_or_exit();
    PGresult *res;
    int row;
    int metres = 0;

    printf("connected to %s at port %s as %s, server version %d\n", PQdb(conn), PQport(conn),
           PQuser(conn), PQserverVersion(conn));
    CHECK(PQserverVersion(conn) >= 100000);
    CHECK(PQbackendPID(conn) > 0);
    CHECK(PQsocket(conn) >= 0);
    CHECK(PQprotocolVersion(conn) == 3);
    CHECK(PQtransactionStatus(conn) == PQTRANS_IDLE);
    CHECK(PQparameterStatus(conn, "server_version") != NULL);
    CHECK(PQparameterStatus(conn, "no such parameter") == NULL);

    /* A command without rows has a tag, and the number of rows it touched. */
    run(conn, "CREATE TEMPORARY TABLE peak (name text NOT NULL, metres int)");
    res = PQexec(conn, "INSERT INTO peak VALUES ('Elbrus', 5642), ('Shkhara', 5193), ('Fog', NULL)");
    expect(conn, res, PGRES_COMMAND_OK);
    CHECK_TEXT(PQcmdStatus(res), "INSERT 0 3");
    CHECK_TEXT(PQcmdTuples(res), "3");
    PQclear(res);

    /* A query has rows; values are text unless binary was asked for, and valid until PQclear. */
    res = PQexec(conn, "SELECT name, metres FROM peak ORDER BY metres DESC NULLS LAST");
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK(PQntuples(res) == 3 && PQnfields(res) == 2);
    CHECK_TEXT(PQfname(res, 1), "metres");
    for (row = 0; row < PQntuples(res); row++) {
        const char *height = PQgetisnull(res, row, 1) ? "unknown" : PQgetvalue(res, row, 1);

        printf("  %-8s %s\n", PQgetvalue(res, row, 0), height);
        metres += atoi(PQgetvalue(res, row, 1)); /* the value of a NULL is an empty string */
    }
    CHECK(metres == 5642 + 5193);
    PQclear(res);

    /* Transactions are statements like others; the connection knows which state it is in. */
    run(conn, "BEGIN");
    CHECK(PQtransactionStatus(conn) == PQTRANS_INTRANS);
    run(conn, "DELETE FROM peak");
    run(conn, "ROLLBACK");
    CHECK(PQtransactionStatus(conn) == PQTRANS_IDLE);

    /* Several statements in one string: the result is the last one's. */
    res = PQexec(conn, "SELECT 1; SELECT count(*) FROM peak");
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK_TEXT(PQgetvalue(res, 0, 0), "3");
    PQclear(res);

    /* A string without a statement is not an error. */
    PQclear(expect(conn, PQexec(conn, "  -- nothing"), PGRES_EMPTY_QUERY));

    PQfinish(conn);
    return 0;
}
