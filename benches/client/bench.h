/*
 * bench.h: one benchmark program over whichever library it is told to load.
 *
 * A case is a setup, a measured section and a teardown; the measured section stands alone so that
 * neither connecting nor preparing data is counted. Each case may have a floor beside it: the same
 * bytes over a bare socket.
 */
#ifndef FERROPQ_BENCH_H
#define FERROPQ_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* The interface that is measured, declared here so that no libpq header is needed. */
typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

enum
{
    CONNECTION_OK = 0
};

enum
{
    PGRES_COMMAND_OK = 1,
    PGRES_TUPLES_OK = 2,
    PGRES_COPY_OUT = 3,
    PGRES_COPY_IN = 4,
    PGRES_SINGLE_TUPLE = 9,
    PGRES_PIPELINE_SYNC = 10,
    PGRES_TUPLES_CHUNK = 12
};

#define PQ_FUNCTIONS(X)                                                                            \
    X(int, PQlibVersion, (void))                                                                   \
    X(PGconn *, PQconnectdb, (const char *))                                                       \
    X(void, PQfinish, (PGconn *))                                                                  \
    X(int, PQstatus, (const PGconn *))                                                             \
    X(char *, PQerrorMessage, (const PGconn *))                                                    \
    X(PGresult *, PQexec, (PGconn *, const char *))                                                \
    X(PGresult *, PQprepare,                                                                       \
      (PGconn *, const char *, const char *, int, const unsigned int *))                           \
    X(PGresult *, PQexecPrepared,                                                                  \
      (PGconn *, const char *, int, const char *const *, const int *, const int *, int))           \
    X(int, PQsendQuery, (PGconn *, const char *))                                                  \
    X(int, PQsendQueryPrepared,                                                                    \
      (PGconn *, const char *, int, const char *const *, const int *, const int *, int))           \
    X(int, PQsetSingleRowMode, (PGconn *))                                                         \
    X(int, PQsetChunkedRowsMode, (PGconn *, int))                                                  \
    X(int, PQenterPipelineMode, (PGconn *))                                                        \
    X(int, PQpipelineSync, (PGconn *))                                                             \
    X(PGresult *, PQgetResult, (PGconn *))                                                         \
    X(int, PQresultStatus, (const PGresult *))                                                     \
    X(char *, PQresultErrorMessage, (const PGresult *))                                            \
    X(int, PQntuples, (const PGresult *))                                                          \
    X(int, PQnfields, (const PGresult *))                                                          \
    X(char *, PQgetvalue, (const PGresult *, int, int))                                            \
    X(int, PQgetlength, (const PGresult *, int, int))                                              \
    X(size_t, PQresultMemorySize, (const PGresult *))                                              \
    X(void, PQclear, (PGresult *))                                                                 \
    X(int, PQgetCopyData, (PGconn *, char **, int))                                                \
    X(int, ferropq_get_copy_view, (PGconn *, const char **, int))                                  \
    X(int, PQputCopyData, (PGconn *, const char *, int))                                           \
    X(int, PQputCopyEnd, (PGconn *, const char *))                                                 \
    X(char *, PQescapeLiteral, (PGconn *, const char *, size_t))                                   \
    X(unsigned char *, PQescapeByteaConn,                                                          \
      (PGconn *, const unsigned char *, size_t, size_t *))                                         \
    X(unsigned char *, PQunescapeBytea, (const unsigned char *, size_t *))                         \
    X(void, PQfreemem, (void *))

struct pq_functions
{
#define PQ_FIELD(result, name, arguments) result(*name) arguments;
    PQ_FUNCTIONS(PQ_FIELD)
#undef PQ_FIELD
};

/* The loaded library. A function that it lacks ends the program with EXIT_LACKS when called. */
extern struct pq_functions pq;

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_LACKS 77

/* What a case was told on the command line, and what it keeps between its three parts. */
struct bench
{
    const char *host;
    const char *port;
    const char *user;
    const char *program; /* the program that the case `startup` runs */
    long rows;
    long columns;
    long width;
    long repeat; /* how often the measured section does its work */
    long warm;   /* how often setup does the same before */
    long batch;  /* commands per pipeline, rows per chunk */
    long read;   /* whether every value is read, and with 2 every byte */
    long tls;    /* whether connections are encrypted */
    long hold;   /* whether the last result lives until memory is measured */

    PGconn *conn;
    PGresult *held;
    unsigned char *data; /* a case's input */
    size_t data_size;
    int fd; /* the floor's socket */
    size_t request_size;
    size_t reply_size;

    uint64_t bytes_read; /* by the cases that read what they receive */
    uint64_t checksum;
    uint64_t result_memory;
    uint64_t units; /* rows, messages or calls of the measured section */
};

struct bench_case
{
    const char *name;
    void (*setup)(struct bench *);
    void (*measured)(struct bench *);
    void (*floor_setup)(struct bench *); /* NULL: the case has no floor */
    void (*floor_measured)(struct bench *);
};

extern const struct bench_case rows_cases[], copy_cases[], query_cases[], connect_cases[],
    escape_cases[];

/* library.c */
void load_library(const char *path);
PGconn *connect_as(const struct bench *bench, const char *user);
void connect_first(struct bench *bench);
void expect_result(struct bench *bench, PGresult *result, int status);
void must(struct bench *bench, int succeeded, const char *what);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* measure.c */
void measure(const struct bench_case *which, int is_floor, struct bench *bench);

/* floor.c */
int floor_connect(const struct bench *bench);
void floor_send(int fd, const void *bytes, size_t size);
size_t floor_count(int fd, int ready_wanted);
void floor_receive(int fd, size_t size);
void floor_query_setup(struct bench *bench, const char *sql);
void floor_request_message(struct bench *bench, char tag, const void *body, size_t size);
void floor_exchanges(struct bench *bench, long times);

#endif
