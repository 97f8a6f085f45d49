/*
 * startup.c: the smallest whole program: connect, select 1, exit.
 *
 * Linked to the library under test, so that what the dynamic linker does is part of it. Built with
 * -DFLOOR it is the same over a bare socket.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef FLOOR

#include <stdarg.h>

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    exit(EXIT_FAILED);
}

int main(int count, char **arguments)
{
    if (count != 3)
        return EXIT_USAGE;
    struct bench bench = {.host = arguments[1], .port = arguments[2]};
    floor_query_setup(&bench, "select 1");
    return 0;
}

#else

#define PQ_DECLARE(result, name, arguments) result name arguments;
PQ_FUNCTIONS(PQ_DECLARE)

int main(int count, char **arguments)
{
    char conninfo[512];
    if (count != 3)
        return EXIT_USAGE;
    snprintf(conninfo, sizeof conninfo,
             "host=%s port=%s user=trusted dbname=bench sslmode=disable gssencmode=disable",
             arguments[1], arguments[2]);
    PGconn *conn = PQconnectdb(conninfo);
    PGresult *result = PQexec(conn, "select 1");
    int failed = PQresultStatus(result) != PGRES_TUPLES_OK || *PQgetvalue(result, 0, 0) != '1';
    if (failed)
        fprintf(stderr, "%s", PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
    return failed ? EXIT_FAILED : 0;
}

#endif
