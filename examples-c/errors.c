/*
 * What went wrong, and where: errors of the server in their fields and at every verbosity, errors
 * of the connection, and handles that are not there.
 */
#include "check.h"

static void fields_of_an_error(PGconn *conn)
{
    PGresult *res = PQexec(conn, "SELECT name\nFROM no_such_table");

    expect(conn, res, PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresStatus(PQresultStatus(res)), "PGRES_FATAL_ERROR");
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED), "ERROR");
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_SQLSTATE), "42P01");
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY),
               "relation \"no_such_table\" does not exist");
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION), "18");
    CHECK(PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME) == NULL);

    /* The whole text points into the statement. */
    CHECK_TEXT(PQresultErrorMessage(res), "ERROR:  relation \"no_such_table\" does not exist\n"
                                          "LINE 2: FROM no_such_table\n"
                                          "             ^\n");
    CHECK_TEXT(PQerrorMessage(conn), PQresultErrorMessage(res));
    PQclear(res);

    /* The next success wipes it. */
    PQclear(expect(conn, PQexec(conn, "SELECT 1"), PGRES_TUPLES_OK));
    CHECK_TEXT(PQerrorMessage(conn), "");
}

static void constraint_violation(PGconn *conn)
{
    PGresult *res;

    run(conn, "CREATE TEMPORARY TABLE account (id int CONSTRAINT account_key PRIMARY KEY)");
    run(conn, "INSERT INTO account VALUES (1)");
    res = expect(conn, PQexec(conn, "INSERT INTO account VALUES (1)"), PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_SQLSTATE), "23505");
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME), "account_key");
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_TABLE_NAME), "account");
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL), "Key (id)=(1) already exists.");
    PQclear(res);
}

static void every_verbosity(PGconn *conn)
{
    PGresult *res;
    char *text;

    CHECK(PQsetErrorVerbosity(conn, PQERRORS_TERSE) == PQERRORS_DEFAULT);
    res = expect(conn, PQexec(conn, "SELECT 1 / 0"), PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorMessage(res), "ERROR:  division by zero\n");

    /* A result can be told again, in other words. */
    text = PQresultVerboseErrorMessage(res, PQERRORS_SQLSTATE, PQSHOW_CONTEXT_NEVER);
    CHECK_TEXT(text, "ERROR:  22012\n");
    PQfreemem(text);
    text = PQresultVerboseErrorMessage(res, PQERRORS_VERBOSE, PQSHOW_CONTEXT_NEVER);
    CHECK(strncmp(text, "ERROR:  22012: division by zero\nLOCATION:  ", 43) == 0);
    PQfreemem(text);
    PQclear(res);
    CHECK(PQsetErrorVerbosity(conn, PQERRORS_DEFAULT) == PQERRORS_TERSE);

    /* The context is shown with errors, unless told otherwise. */
    res = PQexec(conn, "DO $$BEGIN RAISE EXCEPTION 'no' USING HINT = 'try yes'; END$$");
    expect(conn, res, PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorMessage(res), "ERROR:  no\n"
                                          "HINT:  try yes\n"
                                          "CONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE\n");
    PQclear(res);
    CHECK(PQsetErrorContextVisibility(conn, PQSHOW_CONTEXT_NEVER) == PQSHOW_CONTEXT_ERRORS);
    res = PQexec(conn, "DO $$BEGIN RAISE EXCEPTION 'no'; END$$");
    CHECK_TEXT(PQresultErrorMessage(res), "ERROR:  no\n");
    PQclear(res);
}

static void failed_transaction(PGconn *conn)
{
    PGresult *res;

    run(conn, "BEGIN");
    PQclear(expect(conn, PQexec(conn, "SELECT 1 / 0"), PGRES_FATAL_ERROR));
    CHECK(PQtransactionStatus(conn) == PQTRANS_INERROR);
    res = expect(conn, PQexec(conn, "SELECT 1"), PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorField(res, PG_DIAG_SQLSTATE), "25P02");
    PQclear(res);
    run(conn, "ROLLBACK");
    CHECK(PQtransactionStatus(conn) == PQTRANS_IDLE);
}

/* Connecting never fails to give an object: it says why it is of no use. */
static void no_connection(void)
{
    PGconn *conn = PQconnectdb("host=127.0.0.1 port=1 user=u dbname=d");
    PGresult *res;

    CHECK(PQstatus(conn) == CONNECTION_BAD);
    CHECK_TEXT(PQerrorMessage(conn),
               "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n"
               "\tIs the server running on that host and accepting TCP/IP connections?\n");
    CHECK(PQsocket(conn) == -1);
    res = PQexec(conn, "SELECT 1");
    CHECK(res == NULL || PQresultStatus(res) == PGRES_FATAL_ERROR);
    CHECK_TEXT(PQerrorMessage(conn), "no connection to the server\n");
    PQclear(res);
    PQfinish(conn);

    conn = PQconnectdb("hots=localhost");
    CHECK(PQstatus(conn) == CONNECTION_BAD);
    CHECK_TEXT(PQerrorMessage(conn), "invalid connection option \"hots\"\n");
    PQfinish(conn);
}

/* The server ends the session: the connection says so and stays dead until it is reset. */
static void lost_connection(PGconn *conn)
{
    PGresult *res = PQexec(conn, "SELECT pg_terminate_backend(pg_backend_pid())");

    expect(conn, res, PGRES_FATAL_ERROR);
    CHECK(strstr(PQerrorMessage(conn), "terminating connection due to administrator command") != NULL);
    CHECK(strstr(PQerrorMessage(conn), "closed") != NULL); /* in other words with TLS and without */
    CHECK(PQsocket(conn) == -1);
    CHECK(PQstatus(conn) == CONNECTION_BAD);
    PQclear(res);
    PQreset(conn);
    CHECK(PQstatus(conn) == CONNECTION_OK);
    run(conn, "SELECT 1");
}

static void handles_that_are_not_there(void)
{
    CHECK(PQstatus(NULL) == CONNECTION_BAD);
    CHECK_TEXT(PQerrorMessage(NULL), "connection pointer is NULL\n");
    CHECK(PQsocket(NULL) == -1);
    CHECK(PQexec(NULL, "SELECT 1") == NULL);
    CHECK(PQresultStatus(NULL) == PGRES_FATAL_ERROR);
    CHECK_TEXT(PQresultErrorMessage(NULL), "");
    CHECK(PQresultErrorField(NULL, PG_DIAG_SQLSTATE) == NULL);
    CHECK(PQntuples(NULL) == 0 && PQnfields(NULL) == 0);
    PQclear(NULL);
    PQfinish(NULL);
    PQfreemem(NULL);
}

int main(void)
{
    PGconn *conn = connect_or_exit();

    fields_of_an_error(conn);
    constraint_violation(conn);
    every_verbosity(conn);
    failed_transaction(conn);
    no_connection();
    handles_that_are_not_there();
    lost_connection(conn);
    PQfinish(conn);
    puts("errors: fields, verbosity, lost and missing connections");
    return 0;
}
