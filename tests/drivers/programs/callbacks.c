/*
 * Callbacks that call back into the connection they are called for: a notice receiver, a notice
 * processor, an event procedure, the hook for the passphrase of a key. Prints what they see.
 */
#include <libpq-events.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Declared by hand: libpq-fe.h of before 13 lacks it. */
typedef int (*key_hook)(char *buf, int size, PGconn *conn);
void PQsetSSLKeyPassHook_OpenSSL(key_hook hook);
int PQdefaultSSLKeyPassHook_OpenSSL(char *buf, int size, PGconn *conn);

static void show(const char *what, PGconn *conn)
{
    char *literal = PQescapeLiteral(conn, "it's", 4);
    printf("%s: status %d, transaction %d, db %s, encoding %d, literal %s, message '%s'\n", what,
           (int)PQstatus(conn), (int)PQtransactionStatus(conn), PQdb(conn), PQclientEncoding(conn),
           literal, PQerrorMessage(conn));
    PQfreemem(literal);
}

static int received;

static void processor(void *arg, const char *message)
{
    PGconn *conn = arg;
    printf("processor: %s", message);
    show("in the processor", conn);
}

static void receiver(void *arg, const PGresult *res)
{
    PGconn *conn = arg;
    PGresult *copy = PQcopyResult(res, PG_COPYRES_ATTRS);

    printf("receiver: %s | %s | %d", PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY), PQresultErrorMessage(res),
           (int)PQresultStatus(copy));
    PQclear(copy);
    show("in the receiver", conn);
    printf("sent again %d\n", PQsendQuery(conn, "SELECT 'not now'"));
    if (++received == 2)
        PQsetNoticeProcessor(conn, processor, conn);
    if (received == 3) {
        PQsetNoticeReceiver(conn, NULL, NULL); /* from inside: returns the present one, changes nothing */
        PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    }
}

static void ask(PGconn *conn, const char *what, const char *sql)
{
    PGresult *res = PQexec(conn, sql);
    printf("%s: %s %s %s\n", what, PQresStatus(PQresultStatus(res)),
           PQntuples(res) > 0 ? PQgetvalue(res, 0, 0) : "-", PQresultErrorMessage(res));
    PQclear(res);
}

static int instance = 42;

static int events(PGEventId id, void *info, void *arg)
{
    int *counter = arg;

    ++*counter;
    switch (id) {
    case PGEVT_REGISTER: {
        PGconn *conn = ((PGEventRegister *)info)->conn;
        printf("registered: %d\n", PQsetInstanceData(conn, events, &instance));
        ask(conn, "from registering", "SELECT 'asked while registering'");
        break;
    }
    case PGEVT_CONNRESET: {
        PGconn *conn = ((PGEventConnReset *)info)->conn;
        printf("reset: instance %d\n", *(int *)PQinstanceData(conn, events));
        ask(conn, "from resetting", "SET application_name = 'again'");
        break;
    }
    case PGEVT_CONNDESTROY: {
        PGconn *conn = ((PGEventConnDestroy *)info)->conn;
        printf("destroyed: instance %d\n", *(int *)PQinstanceData(conn, events));
        ask(conn, "from destroying", "SELECT 'a last word'");
        break;
    }
    case PGEVT_RESULTCREATE: {
        PGEventResultCreate *created = info;
        PQresultSetInstanceData(created->result, events, &instance);
        printf("created: %s, %d rows, on %s\n", PQresStatus(PQresultStatus(created->result)),
               PQntuples(created->result), PQdb(created->conn));
        break;
    }
    case PGEVT_RESULTCOPY:
        printf("copied: %d\n", PQntuples(((PGEventResultCopy *)info)->dest));
        PQresultSetInstanceData(((PGEventResultCopy *)info)->dest, events, &instance);
        break;
    case PGEVT_RESULTDESTROY:
        printf("result destroyed: %d\n", *(int *)PQresultInstanceData(((PGEventResultDestroy *)info)->result, events));
        break;
    }
    return 1;
}

static int hook(char *buf, int size, PGconn *conn)
{
    printf("hook: room %d, host %s, user %s, status %d, message '%s'\n", size, PQhost(conn), PQuser(conn),
           (int)PQstatus(conn), PQerrorMessage(conn));
    ask(conn, "from the hook", "SELECT 1");
    printf("without sslpassword: %d\n", PQdefaultSSLKeyPassHook_OpenSSL(buf, size, conn));
    snprintf(buf, (size_t)size, "%s", "opensesame");
    return (int)strlen(buf);
}

static int wrong_hook(char *buf, int size, PGconn *conn)
{
    (void)conn;
    snprintf(buf, (size_t)size, "wrong");
    return 5;
}

static PGconn *connection(const char *how)
{
    PGconn *conn = PQconnectdb(how);
    printf("connected: %d %s", (int)PQstatus(conn), PQerrorMessage(conn));
    return conn;
}

int main(int argc, char **argv)
{
    int counter = 0;
    PGconn *conn;
    PGresult *res, *copy;

    setvbuf(stdout, NULL, _IOLBF, 0);
    alarm(60);
    conn = connection("");
    PQsetNoticeReceiver(conn, receiver, conn);
    ask(conn, "notices", "DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$");
    ask(conn, "another", "DO $$ BEGIN RAISE NOTICE 'three'; RAISE NOTICE 'four'; END $$");
    ask(conn, "with a row", "SELECT 1 FROM (SELECT pg_notify('x', '')) n");
    printf("a warning from inside: %d\n", PQputCopyEnd(conn, NULL));
    PQsetNoticeProcessor(conn, processor, conn);

    printf("register: %d\n", PQregisterEventProc(conn, events, "events", &counter));
    printf("register twice: %d\n", PQregisterEventProc(conn, events, "events", &counter));
    ask(conn, "an event", "SELECT 1; SELECT 2");
    res = PQexec(conn, "SELECT generate_series(1, 3)");
    copy = PQcopyResult(res, PG_COPYRES_TUPLES | PG_COPYRES_EVENTS);
    PQclear(res);
    PQclear(copy);
    res = PQmakeEmptyPGresult(conn, PGRES_COMMAND_OK);
    printf("fired: %d\n", PQfireResultCreateEvents(conn, res));
    PQclear(res);
    PQreset(conn);
    ask(conn, "after the reset", "SHOW application_name");
    PQfinish(conn);
    printf("events: %d\n", counter);

    if (argc > 1) {
        PQsetSSLKeyPassHook_OpenSSL(hook);
        conn = connection(argv[1]);
        ask(conn, "with a key", "SELECT ssl, client_dn IS NOT NULL FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        PQfinish(conn);
        PQsetSSLKeyPassHook_OpenSSL(wrong_hook);
        conn = connection(argv[1]);
        PQfinish(conn);
        PQsetSSLKeyPassHook_OpenSSL(NULL);
        conn = connection(argv[2]);
        PQfinish(conn);
    }
    return 0;
}
