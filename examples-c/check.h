/*
 * What the programs of this folder share: connecting to the server that DATABASE_URL names, and
 * giving up with a reason.  Each program checks what it shows and exits with 1 when something is
 * not as its comments say, so that `make test` can run it.
 */
#ifndef FERROPQ_EXAMPLES_CHECK_H
#define FERROPQ_EXAMPLES_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

/* Ends the program with the place and the text of a condition that does not hold. */
#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);   \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* Ends the program, showing both, when two strings differ. */
#define CHECK_TEXT(actual, expected)                                                  \
    do {                                                                              \
        const char *is_ = (actual);                                                   \
        const char *should_ = (expected);                                             \
        if (is_ == NULL || strcmp(is_, should_) != 0) {                               \
            fprintf(stderr, "%s:%d: %s\n  is:     \"%s\"\n  should: \"%s\"\n",        \
                    __FILE__, __LINE__, #actual, is_ != NULL ? is_ : "(null)", should_); \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* The server that the programs talk to; without one there is nothing to show. */
static inline const char *database_url(void)
{
    const char *url = getenv("DATABASE_URL");

    if (url == NULL) {
        fprintf(stderr, "set DATABASE_URL, for example postgresql://user:password@localhost/db\n");
        exit(1);
    }
    return url;
}

static inline PGconn *connect_or_exit(void)
{
    PGconn *conn = PQconnectdb(database_url());

    if (PQstatus(conn) != CONNECTION_OK) {
        /* The connection object exists even now: it holds the reason. */
        fprintf(stderr, "%s", PQerrorMessage(conn));
        PQfinish(conn);
        exit(1);
    }
    return conn;
}

/* Checks the status of a result; returns the result, which the caller clears. */
static inline PGresult *expect(PGconn *conn, PGresult *res, ExecStatusType status)
{
    if (PQresultStatus(res) != status) {
        fprintf(stderr, "expected %s, got %s\n%s", PQresStatus(status),
                PQresStatus(PQresultStatus(res)), PQerrorMessage(conn));
        exit(1);
    }
    return res;
}

/* Runs a statement of which only the success matters. */
static inline void run(PGconn *conn, const char *sql)
{
    PGresult *res = PQexec(conn, sql);

    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        expect(conn, res, PGRES_COMMAND_OK);
    PQclear(res);
}

#endif
