/*
 * Values travel beside the SQL, never inside it: parameters as text and as binary, NULLs, types,
 * and results in binary.
 */
#include "check.h"

#include <stdint.h>

/* Binary integers are in network byte order, on every machine. */
static void put_int32(char *bytes, uint32_t value)
{
    bytes[0] = (char) (value >> 24);
    bytes[1] = (char) (value >> 16);
    bytes[2] = (char) (value >> 8);
    bytes[3] = (char) value;
}

static uint32_t get_int32(const char *bytes)
{
    const unsigned char *byte = (const unsigned char *) bytes;

    return (uint32_t) byte[0] << 24 | (uint32_t) byte[1] << 16 | (uint32_t) byte[2] << 8 | byte[3];
}

static void text_parameters(PGconn *conn)
{
    const char *values[3] = {"6 * 7", "Robert'); DROP TABLE students;--", NULL};
    PGresult *res;

    /* The server infers the types; NULL is a NULL pointer; nothing needs quoting. */
    res = PQexecParams(conn, "SELECT $1::text, length($2), $3::int IS NULL", 3, NULL, values, NULL,
                       NULL, 0);
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK_TEXT(PQgetvalue(res, 0, 0), "6 * 7");
    CHECK_TEXT(PQgetvalue(res, 0, 1), "32");
    CHECK_TEXT(PQgetvalue(res, 0, 2), "t");
    PQclear(res);
}

static void binary_parameters_and_result(PGconn *conn)
{
    static const char bytes[5] = {'a', '\0', 'b', '\'', '\\'};
    char number[4];
    const char *values[2];
    int lengths[2] = {4, 5};
    int formats[2] = {1, 1};
    Oid types[2] = {23, 17}; /* int4, bytea */
    PGresult *res;

    put_int32(number, 41);
    values[0] = number;
    values[1] = bytes;
    res = PQexecParams(conn, "SELECT $1 + 1, $2", 2, types, values, lengths, formats, 1);
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK(PQbinaryTuples(res) == 1);
    CHECK(PQfformat(res, 0) == 1 && PQfformat(res, 1) == 1);
    CHECK(PQgetlength(res, 0, 0) == 4 && get_int32(PQgetvalue(res, 0, 0)) == 42);
    CHECK(PQgetlength(res, 0, 1) == 5 && memcmp(PQgetvalue(res, 0, 1), bytes, 5) == 0);
    PQclear(res);
}

static void each_parameter_its_format(PGconn *conn)
{
    char number[4];
    const char *values[2];
    int lengths[2] = {4, 0}; /* a text parameter ends at its NUL; its length is not looked at */
    int formats[2] = {1, 0};
    PGresult *res;

    put_int32(number, 1000);
    values[0] = number;
    values[1] = "234";
    res = PQexecParams(conn, "SELECT $1::int + $2::int", 2, NULL, values, lengths, formats, 0);
    expect(conn, res, PGRES_TUPLES_OK);
    CHECK_TEXT(PQgetvalue(res, 0, 0), "1234");
    PQclear(res);
}

static void what_cannot_be(PGconn *conn)
{
    const char *values[1] = {"not a number"};
    PGresult *res;

    /* The server judges values; the connection stays usable. */
    res = PQexecParams(conn, "SELECT $1::int", 1, NULL, values, NULL, NULL, 0);
    expect(conn, res, PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_SQLSTATE), "22P02");
    PQclear(res);

    /* One statement per call. */
    res = PQexecParams(conn, "SELECT 1; SELECT 2", 0, NULL, NULL, NULL, NULL, 0);
    expect(conn, res, PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_SQLSTATE), "42601");
    PQclear(res);

    /* The protocol counts parameters in 16 bits; the call itself says so. */
    res = PQexecParams(conn, "SELECT 1", 65536, NULL, NULL, NULL, NULL, 0);
    CHECK(res == NULL);
    CHECK_TEXT(PQerrorMessage(conn), "number of parameters must be between 0 and 65535\n");

    res = PQexecParams(conn, NULL, 0, NULL, NULL, NULL, NULL, 0);
    CHECK(res == NULL);
    CHECK_TEXT(PQerrorMessage(conn), "command string is a null pointer\n");
    CHECK(PQstatus(conn) == CONNECTION_OK);
}

int main(void)
{
    PGconn *conn = connect_or_exit();

    text_parameters(conn);
    binary_parameters_and_result(conn);
    each_parameter_its_format(conn);
    what_cannot_be(conn);
    PQfinish(conn);
    puts("parameters: as text, as binary, mixed, and wrong ones");
    return 0;
}
