/*
 * libpq from many threads; each prints nothing unless something is wrong, and the program prints
 * what it has done. Run plain and under a race detector.
 *
 *     threads own      16 threads, a connection each
 *     threads handed   8 connections handed around among 16 threads
 *     threads cancel   queries cancelled by another thread
 *     threads wrong    two threads on one connection at once: a detector has to see it
 */
#include "testify.h"
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 16, CONNECTIONS = 8 };

static int rounds = 10;

static void must(int holds, const char *what, PGconn *conn)
{
    if (!holds) {
        printf("FAILED: %s: %s\n", what, conn != NULL ? PQerrorMessage(conn) : "");
        exit(1);
    }
}

static void ignore(void *arg, const PGresult *res)
{
    (void)arg;
    (void)PQresultErrorMessage(res);
}

static PGconn *connection(void)
{
    PGconn *conn = PQconnectdb("");
    must(PQstatus(conn) == CONNECTION_OK, "connect", conn);
    PQsetNoticeReceiver(conn, ignore, NULL);
    return conn;
}

static void expect(PGconn *conn, PGresult *res, ExecStatusType status)
{
    must(PQresultStatus(res) == status, PQresStatus(PQresultStatus(res)), conn);
    PQclear(res);
}

/* Every kind of work once. */
static void work(PGconn *conn, int number)
{
    char text[32], *copied = NULL;
    const char *values[1] = {text};
    PGresult *res;
    int row;

    snprintf(text, sizeof text, "%d", number);
    res = PQexecParams(conn, "SELECT $1::int * 2, repeat('x', 1000)", 1, NULL, values, NULL, NULL, 0);
    must(PQntuples(res) == 1 && atoi(PQgetvalue(res, 0, 0)) == number * 2, "a row", conn);
    PQclear(res);

    expect(conn, PQprepare(conn, "", "SELECT $1::text", 0, NULL), PGRES_COMMAND_OK);
    expect(conn, PQexecPrepared(conn, "", 1, values, NULL, NULL, 0), PGRES_TUPLES_OK);
    expect(conn, PQexec(conn, "SELECT i, repeat('y', 100) FROM generate_series(1, 3000) i"), PGRES_TUPLES_OK);
    expect(conn, PQexec(conn, "SELECT 1/0"), PGRES_FATAL_ERROR);
    expect(conn, PQexec(conn, "DO $$ BEGIN RAISE NOTICE 'noted'; END $$"), PGRES_COMMAND_OK);

    must(PQsendQuery(conn, "SELECT generate_series(1, 50)"), "send", conn);
    must(PQsetSingleRowMode(conn), "single rows", conn);
    for (row = 0; (res = PQgetResult(conn)) != NULL; row++)
        PQclear(res);
    must(row == 51, "rows one by one", conn);

    expect(conn, PQexec(conn, "COPY (SELECT generate_series(1, 100)) TO STDOUT"), PGRES_COPY_OUT);
    for (row = 0; PQgetCopyData(conn, &copied, 0) > 0; row++)
        PQfreemem(copied);
    must(row == 100, "copied rows", conn);
    while ((res = PQgetResult(conn)) != NULL)
        PQclear(res);

    must(PQenterPipelineMode(conn), "pipeline", conn);
    for (row = 0; row < 5; row++)
        must(PQsendQueryParams(conn, "SELECT $1::int", 1, NULL, values, NULL, NULL, 0), "queue", conn);
    must(PQpipelineSync(conn), "sync", conn);
    for (row = 0; row < 5; row++) {
        expect(conn, PQgetResult(conn), PGRES_TUPLES_OK);
        must(PQgetResult(conn) == NULL, "the end of a query", conn);
    }
    expect(conn, PQgetResult(conn), PGRES_PIPELINE_SYNC);
    must(PQexitPipelineMode(conn), "leaving pipeline mode", conn);
}

/* What needs no connection. */
static void aside(PGconn *conn)
{
    char *error = NULL, *text, escaped[64];
    PQconninfoOption *options = PQconninfoParse("host=a port=1", &error);
    PGresult *made = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

    must(options != NULL && made != NULL, "conninfo", NULL);
    PQconninfoFree(options);
    options = PQconndefaults();
    PQconninfoFree(options);
    PQclear(made);
    text = PQencryptPasswordConn(conn, "secret", "user", "scram-sha-256");
    must(text != NULL, "secret", conn);
    PQfreemem(text);
    PQescapeString(escaped, "it's", 4);
    text = PQescapeLiteral(conn, "it's", 4);
    must(strcmp(text, "'it''s'") == 0, "literal", conn);
    PQfreemem(text);
}

static void *own(void *arg)
{
    int number = *(int *)arg, round;

    for (round = 0; round < rounds; round += 5) {
        PGconn *conn = connection();
        int times;
        for (times = 0; times < 5; times++)
            work(conn, number + round + times);
        aside(conn);
        PQreset(conn);
        must(PQstatus(conn) == CONNECTION_OK, "reset", conn);
        PQfinish(conn);
    }
    return NULL;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t returned = PTHREAD_COND_INITIALIZER;
static PGconn *idle[CONNECTIONS];
static PGresult *latest;
static int idle_count;

static void *handed(void *arg)
{
    int number = *(int *)arg, round;

    for (round = 0; round < rounds; round++) {
        PGconn *conn;
        PGresult *res, *former;
        pthread_mutex_lock(&lock);
        while (idle_count == 0)
            pthread_cond_wait(&returned, &lock);
        conn = idle[--idle_count];
        pthread_mutex_unlock(&lock);

        work(conn, number + round);
        res = PQexec(conn, "SELECT i, repeat('z', 200) FROM generate_series(1, 2000) i");
        must(PQntuples(res) == 2000, "a result to hand on", conn);

        pthread_mutex_lock(&lock);
        idle[idle_count++] = conn;
        former = latest; /* made by another thread, perhaps on another connection */
        latest = res;
        pthread_cond_signal(&returned);
        pthread_mutex_unlock(&lock);
        if (former != NULL)
            must(atoi(PQgetvalue(former, 1999, 0)) == 2000, "a result from elsewhere", NULL);
        PQclear(former);
    }
    return NULL;
}

static void *cancelling(void *arg)
{
    PGcancel *cancel = arg;
    char error[256];

    usleep(500000);
    if (!PQcancel(cancel, error, sizeof error))
        printf("FAILED: cancel: %s\n", error);
    return NULL;
}

static void *cancelled(void *arg)
{
    PGconn *conn = connection();
    PGcancel *cancel = PQgetCancel(conn);
    pthread_t helper;
    PGresult *res;

    (void)arg;
    must(cancel != NULL, "PQgetCancel", conn);
    pthread_create(&helper, NULL, cancelling, cancel);
    res = PQexec(conn, "SELECT pg_sleep(60)");
    must(strcmp(PQresultErrorField(res, PG_DIAG_SQLSTATE), "57014") == 0, "cancelled", conn);
    PQclear(res);
    pthread_join(helper, NULL);
    PQfreeCancel(cancel);
    PQfinish(conn);
    return NULL;
}

/* What the manual forbids: one connection in two threads at once. */
static void *wrong(void *arg)
{
    int round;

    (void)arg;
    for (round = 0; round < 1000; round++)
        PQsetErrorVerbosity(idle[0], round % 2 ? PQERRORS_TERSE : PQERRORS_DEFAULT);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    int numbers[THREADS], thread;
    void *(*body)(void *) = own;

    must(argc > 1, "a way is named", NULL);
    if (argc > 2)
        rounds = atoi(argv[2]);
    alarm(300);
    if (strcmp(argv[1], "handed") == 0) {
        body = handed;
        while (idle_count < CONNECTIONS)
            idle[idle_count++] = connection();
    } else if (strcmp(argv[1], "cancel") == 0) {
        body = cancelled;
    } else if (strcmp(argv[1], "wrong") == 0) {
        body = wrong;
        idle[idle_count++] = connection();
    }
    for (thread = 0; thread < THREADS; thread++) {
        numbers[thread] = thread * 1000;
        pthread_create(&threads[thread], NULL, body, &numbers[thread]);
    }
    for (thread = 0; thread < THREADS; thread++)
        pthread_join(threads[thread], NULL);
    PQclear(latest);
    while (idle_count > 0)
        PQfinish(idle[--idle_count]);
    testify("threads");
    printf("%s: %d threads\n", argv[1], THREADS);
    return 0;
}
