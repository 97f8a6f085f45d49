/*
 * For SQL that has to be put together: literals, identifiers and bytea.  (Values are better off as
 * parameters; see params.c.)
 */
#include "check.h"

static void literals(PGconn *conn)
{
    static const char nasty[] = "it's a \\ \"test\" \303\251";
    char *literal = PQescapeLiteral(conn, nasty, sizeof nasty - 1);
    char sql[200];
    PGresult *res;

    /* A backslash makes it an E'' string, whatever standard_conforming_strings is. */
    CHECK_TEXT(literal, " E'it''s a \\\\ \"test\" \303\251'");
    snprintf(sql, sizeof sql, "SELECT %s", literal);
    PQfreemem(literal);
    res = expect(conn, PQexec(conn, sql), PGRES_TUPLES_OK);
    CHECK_TEXT(PQgetvalue(res, 0, 0), nasty);
    PQclear(res);

    /* The length counts: what stands behind it is not read. */
    literal = PQescapeLiteral(conn, "abcdef", 3);
    CHECK_TEXT(literal, "'abc'");
    PQfreemem(literal);
}

static void identifiers(PGconn *conn)
{
    static const char name[] = "Odd \"name\"";
    char *identifier = PQescapeIdentifier(conn, name, sizeof name - 1);
    char sql[200];
    PGresult *res;

    CHECK_TEXT(identifier, "\"Odd \"\"name\"\"\"");
    snprintf(sql, sizeof sql, "SELECT 1 AS %s", identifier);
    PQfreemem(identifier);
    res = expect(conn, PQexec(conn, sql), PGRES_TUPLES_OK);
    CHECK_TEXT(PQfname(res, 0), name);
    PQclear(res);
}

static void strings(PGconn *conn)
{
    char to[2 * 9 + 1]; /* twice the length, and the NUL */
    int error = -1;

    CHECK(PQescapeStringConn(conn, to, "it's \\ so", 9, &error) == 10);
    CHECK(error == 0);
    CHECK_TEXT(to, "it''s \\ so");

    /* Half a character at the end is refused, not passed on. */
    PQescapeStringConn(conn, to, "caf\303", 4, &error);
    CHECK(error == 1);
    CHECK(strstr(PQerrorMessage(conn), "incomplete multibyte character") != NULL);
    CHECK(PQescapeLiteral(conn, "caf\303", 4) == NULL);
    CHECK(PQescapeIdentifier(conn, "\377", 1) == NULL);
}

static void bytes(PGconn *conn)
{
    static const unsigned char from[6] = {0, 1, '\'', '\\', 'a', 255};
    size_t length = 0;
    unsigned char *escaped = PQescapeByteaConn(conn, from, sizeof from, &length);
    unsigned char *back;
    char sql[100];
    PGresult *res;

    CHECK_TEXT((char *) escaped, "\\x0001275c61ff");
    CHECK(length == 15); /* with the NUL */
    snprintf(sql, sizeof sql, "SELECT '%s'::bytea", (char *) escaped);
    PQfreemem(escaped);
    res = expect(conn, PQexec(conn, sql), PGRES_TUPLES_OK);
    back = PQunescapeBytea((const unsigned char *) PQgetvalue(res, 0, 0), &length);
    CHECK(length == sizeof from && memcmp(back, from, length) == 0);
    PQfreemem(back);
    PQclear(res);

    /* The older format is read as well. */
    back = PQunescapeBytea((const unsigned char *) "a\\000\\\\b", &length);
    CHECK(length == 4 && memcmp(back, "a\0\\b", 4) == 0);
    PQfreemem(back);
}

int main(void)
{
    PGconn *conn = connect_or_exit();

    CHECK(PQsetClientEncoding(conn, "UTF8") == 0);
    literals(conn);
    identifiers(conn);
    strings(conn);
    bytes(conn);
    PQfinish(conn);
    puts("escaping: literals, identifiers, strings, bytes");
    return 0;
}
