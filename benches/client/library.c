/* library.c: loading the library under test, and what every case needs of it. */
#include "bench.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct pq_functions pq;

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILED);
}

static _Noreturn void lacks(const char *name)
{
    fprintf(stderr, "the library has no %s\n", name);
    exit(EXIT_LACKS);
}

/* In place of each function that may be missing, one that says so and never returns. */
#define PQ_MISSING(result, name, arguments)                                                        \
    static void missing_##name(void)                                                               \
    {                                                                                              \
        lacks(#name);                                                                              \
    }
PQ_FUNCTIONS(PQ_MISSING)

typedef void (*any_function)(void);

static any_function find(void *library, const char *name, any_function missing)
{
    any_function found = NULL;
    /* POSIX promises that a function's address survives the way through void *. */
    *(void **)&found = dlsym(library, name);
    return found ? found : missing;
}

void load_library(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail("%s", dlerror());
#define PQ_FIND(result, name, arguments)                                                           \
    pq.name = (result(*) arguments)find(library, #name, missing_##name);
    PQ_FUNCTIONS(PQ_FIND)
}

PGconn *connect_as(const struct bench *bench, const char *user)
{
    char conninfo[512];
    snprintf(conninfo, sizeof conninfo,
             "host=%s port=%s user=%s password=pencil dbname=bench sslmode=%s "
             "gssencmode=disable",
             bench->host, bench->port, user, bench->tls ? "require" : "disable");
    PGconn *conn = pq.PQconnectdb(conninfo);
    if (!conn || pq.PQstatus(conn) != CONNECTION_OK)
        fail("connecting failed: %s", conn ? pq.PQerrorMessage(conn) : "out of memory");
    return conn;
}

void connect_first(struct bench *bench)
{
    bench->conn = connect_as(bench, bench->user);
}

void expect_result(struct bench *bench, PGresult *result, int status)
{
    if (!result)
        fail("no result: %s", pq.PQerrorMessage(bench->conn));
    if (pq.PQresultStatus(result) != status)
        fail("result status %d instead of %d: %s", pq.PQresultStatus(result), status,
             pq.PQresultErrorMessage(result));
}

void must(struct bench *bench, int succeeded, const char *what)
{
    if (!succeeded)
        fail("%s failed: %s", what, pq.PQerrorMessage(bench->conn));
}
