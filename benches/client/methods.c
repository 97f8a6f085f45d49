/*
 * methods.c: methods LIBRARY WARM TIMES REMEMBER CONNINFO
 *
 * Connects TIMES times, after WARM times that are not counted, each time running nothing and
 * leaving. Prints the wall time of each connection, and the processor time of all, as key=value
 * lines. REMEMBER 0 has ferropq forget the keys of SCRAM between connections, where the library
 * knows how.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct pg_conn PGconn;

static PGconn *(*connectdb)(const char *);
static void (*finish)(PGconn *);
static int (*status)(const PGconn *);
static char *(*error_message)(const PGconn *);

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void load(const char *path, int remember)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
    {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    /* POSIX promises that a function's address survives the way through void *. */
    *(void **)&connectdb = dlsym(library, "PQconnectdb");
    *(void **)&finish = dlsym(library, "PQfinish");
    *(void **)&status = dlsym(library, "PQstatus");
    *(void **)&error_message = dlsym(library, "PQerrorMessage");
    void (*set_cache)(int);
    *(void **)&set_cache = dlsym(library, "ferropq_set_scram_key_cache");
    if (set_cache)
        set_cache(remember);
}

static void connect_once(const char *conninfo)
{
    PGconn *conn = connectdb(conninfo);
    if (status(conn) != 0)
    {
        fprintf(stderr, "%s", error_message(conn));
        exit(1);
    }
    finish(conn);
}

int main(int count, char **arguments)
{
    if (count != 6)
    {
        fprintf(stderr, "usage: methods LIBRARY WARM TIMES REMEMBER CONNINFO\n");
        return 2;
    }
    load(arguments[1], atoi(arguments[4]));
    long warm = atol(arguments[2]), times = atol(arguments[3]);
    for (long i = 0; i < warm; i++)
        connect_once(arguments[5]);

    int64_t cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    int64_t before = nanoseconds(CLOCK_MONOTONIC);
    for (long i = 0; i < times; i++)
    {
        connect_once(arguments[5]);
        int64_t after = nanoseconds(CLOCK_MONOTONIC);
        printf("wall=%" PRId64 "\n", after - before);
        before = nanoseconds(CLOCK_MONOTONIC);
    }
    printf("cpu=%" PRId64 "\n", nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    return 0;
}
