/* cases_copy.c: COPY in both directions. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *copy_out_sql(const struct bench *bench)
{
    static char sql[96];
    snprintf(sql, sizeof sql, "copyout %ld %ld", bench->rows, bench->width);
    return sql;
}

static void end_copy(struct bench *bench)
{
    PGresult *result = pq.PQgetResult(bench->conn);
    expect_result(bench, result, PGRES_COMMAND_OK);
    pq.PQclear(result);
    if (pq.PQgetResult(bench->conn))
        fail("a result more than expected");
}

static void begin_copy(struct bench *bench, const char *sql, int status)
{
    PGresult *result = pq.PQexec(bench->conn, sql);
    expect_result(bench, result, status);
    pq.PQclear(result);
}

static void end_copy_out(struct bench *bench, long messages, int end)
{
    must(bench, end == -1, "COPY OUT");
    if (messages != bench->rows)
        fail("%ld messages instead of %ld", messages, bench->rows);
    end_copy(bench);
}

static void copy_out(struct bench *bench)
{
    long messages = 0;
    char *data;
    int length;
    begin_copy(bench, copy_out_sql(bench), PGRES_COPY_OUT);
    while ((length = pq.PQgetCopyData(bench->conn, &data, 0)) > 0)
    {
        messages++;
        bench->bytes_read += (uint64_t)length;
        bench->checksum += (unsigned char)data[length - 2];
        pq.PQfreemem(data);
    }
    end_copy_out(bench, messages, length);
}

/* The same by ferropq's own call, which lends each message instead of copying it. */
static void copy_view(struct bench *bench)
{
    long messages = 0;
    const char *data;
    int length;
    begin_copy(bench, copy_out_sql(bench), PGRES_COPY_OUT);
    while ((length = pq.ferropq_get_copy_view(bench->conn, &data, 0)) > 0)
    {
        messages++;
        bench->bytes_read += (uint64_t)length;
        bench->checksum += (unsigned char)data[length - 2];
    }
    end_copy_out(bench, messages, length);
}

static void copy_out_setup(struct bench *bench)
{
    connect_first(bench);
    for (long i = 0; i < bench->warm; i++)
        copy_out(bench);
}

static void copy_out_measured(struct bench *bench)
{
    for (long i = 0; i < bench->repeat; i++)
        copy_out(bench);
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

static void copy_view_setup(struct bench *bench)
{
    connect_first(bench);
    for (long i = 0; i < bench->warm; i++)
        copy_view(bench);
}

static void copy_view_measured(struct bench *bench)
{
    for (long i = 0; i < bench->repeat; i++)
        copy_view(bench);
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

static void copy_in(struct bench *bench)
{
    begin_copy(bench, "copyin", PGRES_COPY_IN);
    for (long i = 0; i < bench->rows; i++)
        must(bench,
             pq.PQputCopyData(bench->conn, (const char *)bench->data, (int)bench->width) == 1,
             "PQputCopyData");
    must(bench, pq.PQputCopyEnd(bench->conn, NULL) == 1, "PQputCopyEnd");
    end_copy(bench);
}

static void copy_in_setup(struct bench *bench)
{
    connect_first(bench);
    bench->data = malloc((size_t)bench->width);
    memset(bench->data, 'x', (size_t)bench->width);
    bench->data[bench->width - 1] = '\n';
    for (long i = 0; i < bench->warm; i++)
        copy_in(bench);
}

static void copy_in_measured(struct bench *bench)
{
    for (long i = 0; i < bench->repeat; i++)
        copy_in(bench);
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

static void floor_out_setup(struct bench *bench)
{
    floor_query_setup(bench, copy_out_sql(bench));
}

static void floor_out_measured(struct bench *bench)
{
    floor_exchanges(bench, bench->repeat);
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

/* As many whole messages as make about 1 MiB, to be sent again and again. */
static void floor_in_setup(struct bench *bench)
{
    unsigned char *row = malloc((size_t)bench->width);
    memset(row, 'x', (size_t)bench->width);
    bench->fd = floor_connect(bench);
    while (bench->request_size < 1 << 20)
        floor_request_message(bench, 'd', row, (size_t)bench->width);
    free(row);
}

static void floor_in_measured(struct bench *bench)
{
    static const char begin[] = "Q\0\0\0\013copyin", end[] = "c\0\0\0\004";
    const size_t size = 5 + (size_t)bench->width;
    for (long i = 0; i < bench->repeat; i++)
    {
        floor_send(bench->fd, begin, sizeof begin);
        floor_receive(bench->fd, 8); /* CopyInResponse without columns */
        for (size_t left = size * (size_t)bench->rows; left > 0;)
        {
            size_t piece = left < bench->request_size ? left : bench->request_size;
            floor_send(bench->fd, bench->data, piece);
            left -= piece;
        }
        floor_send(bench->fd, end, sizeof end - 1);
        floor_count(bench->fd, 1);
    }
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

const struct bench_case copy_cases[] = {
    {"copy_out", copy_out_setup, copy_out_measured, floor_out_setup, floor_out_measured},
    {"copy_view", copy_view_setup, copy_view_measured, floor_out_setup, floor_out_measured},
    {"copy_in", copy_in_setup, copy_in_measured, floor_in_setup, floor_in_measured},
    {0},
};
