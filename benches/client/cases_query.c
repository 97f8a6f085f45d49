/* cases_query.c: small prepared statements: one by one, and in pipelines. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static const char *const parameters[] = {"12345"};

static void read_one_row(struct bench *bench, const PGresult *result)
{
    bench->bytes_read += (uint64_t)pq.PQgetlength(result, 0, 0);
    bench->checksum += (unsigned char)pq.PQgetvalue(result, 0, 0)[0];
}

static void prepare(struct bench *bench)
{
    connect_first(bench);
    PGresult *result = pq.PQprepare(bench->conn, "one", "rows 1 1 8", 1, NULL);
    expect_result(bench, result, PGRES_COMMAND_OK);
    pq.PQclear(result);
}

static void round_trips(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
    {
        PGresult *result = pq.PQexecPrepared(bench->conn, "one", 1, parameters, NULL, NULL, 0);
        expect_result(bench, result, PGRES_TUPLES_OK);
        read_one_row(bench, result);
        pq.PQclear(result);
    }
}

static void round_trip_setup(struct bench *bench)
{
    prepare(bench);
    round_trips(bench, bench->warm);
}

static void round_trip_measured(struct bench *bench)
{
    round_trips(bench, bench->repeat);
    bench->units = (uint64_t)bench->repeat;
}

static void expect_end(struct bench *bench)
{
    if (pq.PQgetResult(bench->conn))
        fail("a result more than expected");
}

static void pipelines(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
    {
        for (long command = 0; command < bench->batch; command++)
            must(bench,
                 pq.PQsendQueryPrepared(bench->conn, "one", 1, parameters, NULL, NULL, 0) == 1,
                 "PQsendQueryPrepared");
        must(bench, pq.PQpipelineSync(bench->conn) == 1, "PQpipelineSync");
        for (long command = 0; command < bench->batch; command++)
        {
            PGresult *result = pq.PQgetResult(bench->conn);
            expect_result(bench, result, PGRES_TUPLES_OK);
            read_one_row(bench, result);
            pq.PQclear(result);
            expect_end(bench);
        }
        PGresult *sync = pq.PQgetResult(bench->conn);
        expect_result(bench, sync, PGRES_PIPELINE_SYNC);
        pq.PQclear(sync);
    }
}

static void pipeline_setup(struct bench *bench)
{
    prepare(bench);
    must(bench, pq.PQenterPipelineMode(bench->conn) == 1, "PQenterPipelineMode");
    pipelines(bench, bench->warm);
}

static void pipeline_measured(struct bench *bench)
{
    pipelines(bench, bench->repeat);
    bench->units = (uint64_t)(bench->repeat * bench->batch);
}

/* Parse and Sync once; then `commands` times Bind, Describe, Execute, and one Sync, as a request. */
static void floor_prepare(struct bench *bench, long commands)
{
    static const char parse[] = "one\0rows 1 1 8\0\0";
    static const char bind[] = "\0one\0\0\0\0\001\0\0\0\00512345\0\001\0\0";
    bench->fd = floor_connect(bench);
    floor_request_message(bench, 'P', parse, sizeof parse);
    floor_request_message(bench, 'S', "", 0);
    floor_send(bench->fd, bench->data, bench->request_size);
    floor_count(bench->fd, 1);

    bench->request_size = 0;
    for (long command = 0; command < commands; command++)
    {
        floor_request_message(bench, 'B', bind, sizeof bind - 1);
        floor_request_message(bench, 'D', "P", 2);
        floor_request_message(bench, 'E', "\0\0\0\0", 5);
    }
    floor_request_message(bench, 'S', "", 0);
    floor_send(bench->fd, bench->data, bench->request_size);
    bench->reply_size = floor_count(bench->fd, 1);
}

static void floor_round_trip_setup(struct bench *bench)
{
    floor_prepare(bench, 1);
    floor_exchanges(bench, bench->warm);
}

static void floor_round_trip_measured(struct bench *bench)
{
    floor_exchanges(bench, bench->repeat);
    bench->units = (uint64_t)bench->repeat;
}

static void floor_pipeline_setup(struct bench *bench)
{
    floor_prepare(bench, bench->batch);
}

static void floor_pipeline_measured(struct bench *bench)
{
    floor_exchanges(bench, bench->repeat);
    bench->units = (uint64_t)(bench->repeat * bench->batch);
}

const struct bench_case query_cases[] = {
    {"round_trip", round_trip_setup, round_trip_measured, floor_round_trip_setup,
     floor_round_trip_measured},
    {"pipeline", pipeline_setup, pipeline_measured, floor_pipeline_setup, floor_pipeline_measured},
    {0},
};
