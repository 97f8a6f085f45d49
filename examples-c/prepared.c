/*
 * Prepared statements: parsed once, described, run many times, closed.
 */
#include "check.h"

int main(void)
{
    PGconn *conn = connect_or_exit();
    const char *values[2];
    char n[12];
    Oid types[1] = {25}; /* text; the second parameter's type is left to the server */
    PGresult *res;
    int i;
    long sum = 0;

    res = PQprepare(conn, "repeat", "SELECT repeat($1, $2) AS line, length($1) * $2 AS size", 1, types);
    PQclear(expect(conn, res, PGRES_COMMAND_OK));

    /* What it takes and what it gives, without running it. */
    res = expect(conn, PQdescribePrepared(conn, "repeat"), PGRES_COMMAND_OK);
    CHECK(PQnparams(res) == 2 && PQparamtype(res, 0) == 25 && PQparamtype(res, 1) == 23);
    CHECK(PQnfields(res) == 2 && PQntuples(res) == 0);
    CHECK_TEXT(PQfname(res, 0), "line");
    CHECK(PQftype(res, 0) == 25 && PQftype(res, 1) == 23);
    PQclear(res);

    values[0] = "ab";
    values[1] = n;
    for (i = 1; i <= 100; i++) {
        snprintf(n, sizeof n, "%d", i);
        res = PQexecPrepared(conn, "repeat", 2, values, NULL, NULL, 0);
        expect(conn, res, PGRES_TUPLES_OK);
        CHECK(PQgetlength(res, 0, 0) == 2 * i);
        sum += atol(PQgetvalue(res, 0, 1));
        PQclear(res);
    }
    CHECK(sum == 100 * 101);

    /* The number of parameters is the server's to check. */
    res = expect(conn, PQexecPrepared(conn, "repeat", 1, values, NULL, NULL, 0), PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_SQLSTATE), "08P01");
    PQclear(res);

    /* A cursor is a portal, and can be described as one. */
    run(conn, "BEGIN");
    run(conn, "DECLARE numbers CURSOR FOR SELECT i, -i AS minus FROM generate_series(1, 10) AS i");
    res = expect(conn, PQdescribePortal(conn, "numbers"), PGRES_COMMAND_OK);
    CHECK(PQnfields(res) == 2);
    CHECK_TEXT(PQfname(res, 1), "minus");
    PQclear(res);
    PQclear(expect(conn, PQclosePortal(conn, "numbers"), PGRES_COMMAND_OK));
    run(conn, "COMMIT");

    /* Closed, it is gone; closing what does not exist is no error. */
    PQclear(expect(conn, PQclosePrepared(conn, "repeat"), PGRES_COMMAND_OK));
    PQclear(expect(conn, PQclosePrepared(conn, "repeat"), PGRES_COMMAND_OK));
    res = expect(conn, PQexecPrepared(conn, "repeat", 2, values, NULL, NULL, 0), PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_SQLSTATE), "26000");
    PQclear(res);

    PQfinish(conn);
    puts("prepared statements: described, run, closed");
    return 0;
}
