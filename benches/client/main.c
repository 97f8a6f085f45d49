/*
 * main.c: client LIBRARY CASE [key=value...]
 *
 * Runs one case over one library, once, and prints what its measured section cost as key=value
 * lines. LIBRARY "-" means no library: the case's floor, a bare socket over the same bytes.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct bench_case *find_case(const char *name)
{
    static const struct bench_case *const groups[] = {rows_cases, copy_cases, query_cases,
                                                      connect_cases, escape_cases};
    for (size_t group = 0; group < sizeof groups / sizeof *groups; group++)
        for (const struct bench_case *one = groups[group]; one->name; one++)
            if (strcmp(one->name, name) == 0)
                return one;
    return NULL;
}

static int set_option(struct bench *bench, const char *key, const char *value)
{
    const struct
    {
        const char *key;
        const char **text;
        long *number;
    } options[] = {
        {"host", &bench->host, NULL},       {"port", &bench->port, NULL},
        {"user", &bench->user, NULL},       {"program", &bench->program, NULL},
        {"rows", NULL, &bench->rows},       {"columns", NULL, &bench->columns},
        {"width", NULL, &bench->width},     {"repeat", NULL, &bench->repeat},
        {"warm", NULL, &bench->warm},       {"batch", NULL, &bench->batch},
        {"read", NULL, &bench->read},       {"hold", NULL, &bench->hold},
        {"tls", NULL, &bench->tls},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    {
        if (strcmp(options[i].key, key) != 0)
            continue;
        if (options[i].text)
            *options[i].text = value;
        else
            *options[i].number = strtol(value, NULL, 10);
        return 1;
    }
    return 0;
}

int main(int count, char **arguments)
{
    struct bench bench = {
        .host = "", .port = "", .user = "trusted", .program = "",
        .rows = 1,  .columns = 1, .width = 8, .repeat = 1, .batch = 100, .fd = -1,
    };
    const struct bench_case *which = count > 2 ? find_case(arguments[2]) : NULL;
    if (!which)
    {
        fprintf(stderr, "usage: client LIBRARY|- CASE [key=value...]\n");
        return EXIT_USAGE;
    }
    for (int i = 3; i < count; i++)
    {
        char *equals = strchr(arguments[i], '=');
        if (equals)
            *equals = '\0';
        if (!equals || !set_option(&bench, arguments[i], equals + 1))
        {
            fprintf(stderr, "unknown option: %s\n", arguments[i]);
            return EXIT_USAGE;
        }
    }

    int is_floor = strcmp(arguments[1], "-") == 0;
    if (is_floor && !which->floor_measured)
        fail("the case %s has no floor", which->name);
    if (!is_floor)
        load_library(arguments[1]);
    measure(which, is_floor, &bench);
    if (bench.held)
        pq.PQclear(bench.held);
    if (bench.conn)
        pq.PQfinish(bench.conn);
    free(bench.data);
    return 0;
}
