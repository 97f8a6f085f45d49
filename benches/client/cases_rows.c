/* cases_rows.c: large results: whole, row by row, in chunks. */
#include "bench.h"

#include <stdio.h>

static const char *rows_sql(const struct bench *bench)
{
    static char sql[96];
    snprintf(sql, sizeof sql, "rows %ld %ld %ld", bench->rows, bench->columns, bench->width);
    return sql;
}

/* Every byte counts, and where it stands. */
static uint64_t sum_of(const char *value, int length)
{
    uint64_t sum = 0;
    for (int at = 0; at < length; at++)
        sum = sum * 31 + (unsigned char)value[at];
    return sum;
}

static void read_values(struct bench *bench, const PGresult *result)
{
    int rows = pq.PQntuples(result), columns = pq.PQnfields(result);
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
        {
            const char *value = pq.PQgetvalue(result, row, column);
            int length = pq.PQgetlength(result, row, column);
            bench->bytes_read += (uint64_t)length;
            /* The last byte and the zero behind it: what a program that reads the text touches. */
            bench->checksum += (unsigned char)value[length - 1] + (unsigned char)value[length];
            if (bench->read > 1)
                bench->checksum += sum_of(value, length);
        }
}

static void exec_times(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
    {
        PGresult *result = pq.PQexec(bench->conn, rows_sql(bench));
        expect_result(bench, result, PGRES_TUPLES_OK);
        if (pq.PQntuples(result) != bench->rows)
            fail("%d rows instead of %ld", pq.PQntuples(result), bench->rows);
        if (bench->read)
            read_values(bench, result);
        if (bench->hold)
        {
            bench->result_memory = pq.PQresultMemorySize(result);
            bench->held = result;
        }
        else
            pq.PQclear(result);
    }
}

static void exec_setup(struct bench *bench)
{
    connect_first(bench);
    exec_times(bench, bench->warm);
}

static void exec_measured(struct bench *bench)
{
    exec_times(bench, bench->repeat);
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

/* Large results on so many connections, which stay open; all are held at once, then cleared. */
static void many_measured(struct bench *bench)
{
    PGresult *results[64];
    if (bench->repeat > 64)
        fail("too many connections");
    for (long i = 0; i < bench->repeat; i++)
    {
        bench->conn = connect_as(bench, bench->user);
        results[i] = pq.PQexec(bench->conn, rows_sql(bench));
        expect_result(bench, results[i], PGRES_TUPLES_OK);
    }
    for (long i = 0; i < bench->repeat; i++)
        pq.PQclear(results[i]);
    bench->units = (uint64_t)bench->repeat;
}

static void many_setup(struct bench *bench)
{
    connect_first(bench);
}

static void stream_times(struct bench *bench, long times, int chunked)
{
    for (long i = 0; i < times; i++)
    {
        long rows = 0;
        must(bench, pq.PQsendQuery(bench->conn, rows_sql(bench)), "PQsendQuery");
        if (chunked)
            must(bench, pq.PQsetChunkedRowsMode(bench->conn, (int)bench->batch),
                 "PQsetChunkedRowsMode");
        else
            must(bench, pq.PQsetSingleRowMode(bench->conn), "PQsetSingleRowMode");
        for (PGresult *result; (result = pq.PQgetResult(bench->conn)); pq.PQclear(result))
        {
            if (pq.PQresultStatus(result) == (chunked ? PGRES_TUPLES_CHUNK : PGRES_SINGLE_TUPLE))
            {
                rows += pq.PQntuples(result);
                read_values(bench, result);
            }
            else
                expect_result(bench, result, PGRES_TUPLES_OK);
        }
        if (rows != bench->rows)
            fail("%ld rows instead of %ld", rows, bench->rows);
    }
}

static void single_setup(struct bench *bench)
{
    connect_first(bench);
    stream_times(bench, bench->warm, 0);
}

static void single_measured(struct bench *bench)
{
    stream_times(bench, bench->repeat, 0);
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

static void chunked_setup(struct bench *bench)
{
    connect_first(bench);
    stream_times(bench, bench->warm, 1);
}

static void chunked_measured(struct bench *bench)
{
    stream_times(bench, bench->repeat, 1);
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

static void floor_setup(struct bench *bench)
{
    floor_query_setup(bench, rows_sql(bench));
}

static void floor_measured(struct bench *bench)
{
    floor_exchanges(bench, bench->repeat);
    bench->units = (uint64_t)(bench->repeat * bench->rows);
}

const struct bench_case rows_cases[] = {
    {"exec_rows", exec_setup, exec_measured, floor_setup, floor_measured},
    {"many_results", many_setup, many_measured, NULL, NULL},
    {"single_row", single_setup, single_measured, floor_setup, floor_measured},
    {"chunked_rows", chunked_setup, chunked_measured, floor_setup, floor_measured},
    {0},
};
