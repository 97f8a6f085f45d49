/* cases_connect.c: connecting, idle connections, loading the library, starting a program. */
#include "bench.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void connect_times(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
        pq.PQfinish(connect_as(bench, bench->user));
}

static void connect_setup(struct bench *bench)
{
    connect_times(bench, bench->warm);
}

static void connect_measured(struct bench *bench)
{
    connect_times(bench, bench->repeat);
    bench->units = (uint64_t)bench->repeat;
}

/* The same, as another user each time, so that no salted password is known from before. */
static void connect_others_measured(struct bench *bench)
{
    for (long i = 0; i < bench->repeat; i++)
    {
        char user[64];
        snprintf(user, sizeof user, "%s%ld", bench->user, i);
        pq.PQfinish(connect_as(bench, user));
    }
    bench->units = (uint64_t)bench->repeat;
}

static void floor_connect_times(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
    {
        int fd = floor_connect(bench);
        floor_send(fd, "X\0\0\0\004", 5);
        close(fd);
    }
}

static void floor_connect_setup(struct bench *bench)
{
    floor_connect_times(bench, bench->warm);
}

static void floor_connect_measured(struct bench *bench)
{
    floor_connect_times(bench, bench->repeat);
    bench->units = (uint64_t)bench->repeat;
}

/* One connection before, so that what a process holds once is not counted. */
static void idle_setup(struct bench *bench)
{
    connect_times(bench, 1);
}

static void idle_measured(struct bench *bench)
{
    for (long i = 0; i < bench->repeat; i++)
    {
        bench->conn = connect_as(bench, bench->user);
        PGresult *result = pq.PQexec(bench->conn, "select 1");
        expect_result(bench, result, PGRES_TUPLES_OK);
        pq.PQclear(result);
    }
    bench->units = (uint64_t)bench->repeat;
}

static void nothing(struct bench *bench)
{
    (void)bench;
}

static void load_measured(struct bench *bench)
{
    (void)bench;
    printf("version=%d\n", pq.PQlibVersion());
}

static void run_program(struct bench *bench)
{
    char *arguments[] = {(char *)bench->program, (char *)bench->host, (char *)bench->port, NULL};
    pid_t child;
    int status;
    if (posix_spawn(&child, bench->program, NULL, NULL, arguments, environ) != 0)
        fail("cannot run %s", bench->program);
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("%s failed", bench->program);
}

static void startup_setup(struct bench *bench)
{
    for (long i = 0; i < bench->warm; i++)
        run_program(bench);
}

static void startup_measured(struct bench *bench)
{
    for (long i = 0; i < bench->repeat; i++)
        run_program(bench);
    bench->units = (uint64_t)bench->repeat;
}

const struct bench_case connect_cases[] = {
    {"connect", connect_setup, connect_measured, floor_connect_setup, floor_connect_measured},
    {"connect_others", connect_setup, connect_others_measured, NULL, NULL},
    {"idle", idle_setup, idle_measured, NULL, NULL},
    {"load", nothing, load_measured, NULL, NULL},
    {"startup", startup_setup, startup_measured, startup_setup, startup_measured},
    {0},
};
