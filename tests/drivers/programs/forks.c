/*
 * fork after connect: the child makes a connection of its own, uses the one it has inherited, or
 * is born while other threads are busy in the library.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int ask(PGconn *conn, const char *sql)
{
    PGresult *res = PQexec(conn, sql);
    int value = PQresultStatus(res) == PGRES_TUPLES_OK ? atoi(PQgetvalue(res, 0, 0)) : -1;
    PQclear(res);
    return value;
}

/* Waits for a child; what it returned. */
static int result_of(pid_t child)
{
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* In a child: a connection of its own from beginning to end. */
static int own_connection(int number)
{
    char sql[64];
    PGconn *conn = PQconnectdb("");
    int value;

    snprintf(sql, sizeof sql, "SELECT %d FROM generate_series(1, 2000)", number);
    value = ask(conn, sql);
    PQfinish(conn);
    return value;
}

static volatile int stop;

static void *busy(void *arg)
{
    PGconn *conn = PQconnectdb("");

    (void)arg;
    while (!stop) {
        PGresult *res = PQexec(conn, "SELECT i, repeat('x', 300) FROM generate_series(1, 3000) i");
        PQclear(res);
        PQconninfoFree(PQconndefaults());
    }
    PQfinish(conn);
    return NULL;
}

int main(void)
{
    PGconn *conn;
    PGcancel *cancel;
    pthread_t threads[4];
    pid_t child;
    int number, fine = 0;

    alarm(120);
    conn = PQconnectdb("");
    printf("before: %d\n", ask(conn, "SELECT 1"));
    fflush(stdout);

    child = fork();
    if (child == 0) {
        alarm(20);
        _exit(own_connection(7));
    }
    printf("a child with its own: %d\n", result_of(child));
    printf("the parent's goes on: %d\n", ask(conn, "SELECT 2"));

    /* The child lets go of the inherited socket without a word to the server. */
    child = fork();
    if (child == 0) {
        alarm(20);
        close(PQsocket(conn));
        _exit(own_connection(8));
    }
    printf("a child that closed the socket: %d\n", result_of(child));
    printf("the parent's goes on: %d\n", ask(conn, "SELECT 3"));

    /* A signal to the server for the parent's query, sent by a child. */
    cancel = PQgetCancel(conn);
    child = fork();
    if (child == 0) {
        char error[256];
        alarm(20);
        usleep(300000);
        _exit(PQcancel(cancel, error, sizeof error) ? 9 : 1);
    }
    printf("cancelled by a child: %d\n", ask(conn, "SELECT pg_sleep(30)"));
    printf("%s", PQerrorMessage(conn));
    printf("the child: %d\n", result_of(child));
    PQfreeCancel(cancel);

    for (number = 0; number < 4; number++)
        pthread_create(&threads[number], NULL, busy, NULL);
    usleep(200000);
    for (number = 0; number < 30; number++) {
        child = fork();
        if (child == 0) {
            alarm(20);
            _exit(own_connection(number + 1));
        }
        fine += result_of(child) == number + 1;
    }
    stop = 1;
    for (number = 0; number < 4; number++)
        pthread_join(threads[number], NULL);
    printf("children of a busy process: %d\n", fine);
    printf("after: %d\n", ask(conn, "SELECT 4"));
    PQfinish(conn);
    return 0;
}
