/*
 * Reading results to their edges: columns by name and by number, NULL and empty, what lies out of
 * range, and results of many rows.
 */
#include "check.h"

/* Collects what a wrong index makes the library say. */
static void remember(void *memory, const char *message)
{
    char *last = (char *) memory;

    strncpy(last, message, 99);
    last[99] = '\0';
}

static void columns(PGconn *conn)
{
    PGresult *res;

    run(conn, "CREATE TEMPORARY TABLE stone (id int2, name varchar(20), \"Kind\" text, cut numeric(6,2))");
    res = PQexec(conn, "SELECT id, name, \"Kind\", cut, id + 1 AS next, 'x'::text AS name FROM stone");
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK(PQntuples(res) == 0 && PQnfields(res) == 6);

    /* Names are looked up as SQL reads them: folded to lower case unless quoted. */
    CHECK(PQfnumber(res, "ID") == 0 && PQfnumber(res, "Name") == 1); /* the first of two */
    CHECK(PQfnumber(res, "Kind") == -1 && PQfnumber(res, "\"Kind\"") == 2);
    CHECK(PQfnumber(res, "absent") == -1 && PQfnumber(res, "") == -1 && PQfnumber(res, NULL) == -1);

    /* Types, sizes and origins. */
    CHECK(PQftype(res, 0) == 21 && PQfsize(res, 0) == 2 && PQfmod(res, 0) == -1);
    CHECK(PQftype(res, 1) == 1043 && PQfsize(res, 1) == -1 && PQfmod(res, 1) == 20 + 4);
    CHECK(PQftype(res, 3) == 1700 && PQfmod(res, 3) == ((6 << 16) | 2) + 4);
    CHECK(PQftable(res, 0) != InvalidOid && PQftable(res, 0) == PQftable(res, 3));
    CHECK(PQftablecol(res, 2) == 3);
    CHECK(PQftable(res, 4) == InvalidOid && PQftablecol(res, 4) == 0);
    CHECK(PQfformat(res, 0) == 0 && PQbinaryTuples(res) == 0);
    PQclear(res);
}

static void null_and_empty(PGconn *conn)
{
    PGresult *res = PQexec(conn, "SELECT NULL, '', 'caf\303\251'");

    expect(conn, res, PGRES_TUPLES_OK);
    CHECK(PQgetisnull(res, 0, 0) == 1 && PQgetlength(res, 0, 0) == 0);
    CHECK_TEXT(PQgetvalue(res, 0, 0), "");
    CHECK(PQgetisnull(res, 0, 1) == 0 && PQgetlength(res, 0, 1) == 0);
    CHECK_TEXT(PQgetvalue(res, 0, 1), "");
    CHECK(PQgetlength(res, 0, 2) == 5); /* bytes, not characters */
    CHECK_TEXT(PQgetvalue(res, 0, 2), "caf\303\251");
    PQclear(res);
}

static void out_of_range(PGconn *conn)
{
    char said[100] = "";
    PQnoticeProcessor before = PQsetNoticeProcessor(conn, remember, said);
    PGresult *res = PQexec(conn, "SELECT 'only'");

    expect(conn, res, PGRES_TUPLES_OK);
    CHECK(PQgetvalue(res, 1, 0) == NULL);
    CHECK_TEXT(said, "row number 1 is out of range 0..0\n");
    CHECK(PQgetvalue(res, 0, 1) == NULL);
    CHECK_TEXT(said, "column number 1 is out of range 0..0\n");
    CHECK(PQgetvalue(res, -1, -1) == NULL && PQgetlength(res, 0, -1) == 0);
    CHECK(PQgetisnull(res, 7, 0) == 1); /* what is not there counts as NULL */
    CHECK(PQfname(res, 1) == NULL && PQftype(res, 1) == InvalidOid && PQfsize(res, 1) == 0);
    CHECK(PQparamtype(res, 0) == InvalidOid);
    PQclear(res);
    PQsetNoticeProcessor(conn, before, NULL);
}

static void tags(PGconn *conn)
{
    PGresult *res;

    run(conn, "CREATE TEMPORARY TABLE n AS SELECT generate_series(1, 25) AS i");
    res = expect(conn, PQexec(conn, "UPDATE n SET i = -i WHERE i > 20"), PGRES_COMMAND_OK);
    CHECK_TEXT(PQcmdStatus(res), "UPDATE 5");
    CHECK_TEXT(PQcmdTuples(res), "5");
    PQclear(res);
    res = expect(conn, PQexec(conn, "SELECT i FROM n WHERE i < 0"), PGRES_TUPLES_OK);
    CHECK_TEXT(PQcmdStatus(res), "SELECT 5");
    CHECK_TEXT(PQcmdTuples(res), "5");
    CHECK(PQoidValue(res) == InvalidOid);
    PQclear(res);
    res = expect(conn, PQexec(conn, "LISTEN nobody"), PGRES_COMMAND_OK);
    CHECK_TEXT(PQcmdStatus(res), "LISTEN");
    CHECK_TEXT(PQcmdTuples(res), "");
    PQclear(res);
}

/* More than a buffer holds, with values of every length, wide rows, and one large value. */
static void many_and_large(PGconn *conn)
{
    PGresult *res;
    int row;
    int i;

    res = PQexec(conn, "SELECT i, repeat('x', i % 300), nullif(i % 7, 0) FROM generate_series(1, 30000) AS i");
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK(PQntuples(res) == 30000);
    for (row = 0; row < PQntuples(res); row++) {
        CHECK(atoi(PQgetvalue(res, row, 0)) == row + 1);
        CHECK(PQgetlength(res, row, 1) == (row + 1) % 300);
        CHECK((int) strlen(PQgetvalue(res, row, 1)) == (row + 1) % 300);
        CHECK(PQgetisnull(res, row, 2) == ((row + 1) % 7 == 0));
    }
    CHECK(PQresultMemorySize(res) > 30000 * 150);
    PQclear(res);

    res = PQexec(conn, "SELECT repeat('y', 20000000), 'after'");
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK(PQgetlength(res, 0, 0) == 20000000 && strlen(PQgetvalue(res, 0, 0)) == 20000000);
    CHECK_TEXT(PQgetvalue(res, 0, 1), "after");
    PQclear(res);

    res = PQexec(conn, "SELECT * FROM (SELECT 1) AS a CROSS JOIN LATERAL (VALUES "
                       "(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20)) AS b");
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK(PQnfields(res) == 21);
    for (i = 1; i <= 20; i++)
        CHECK(atoi(PQgetvalue(res, 0, i)) == i);
    PQclear(res);
}

int main(void)
{
    PGconn *conn = connect_or_exit();

    CHECK(PQsetClientEncoding(conn, "UTF8") == 0);
    columns(conn);
    null_and_empty(conn);
    out_of_range(conn);
    tags(conn);
    many_and_large(conn);
    PQfinish(conn);
    puts("results: columns, NULL, edges, tags, many rows");
    return 0;
}
