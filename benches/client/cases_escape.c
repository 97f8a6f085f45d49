/* cases_escape.c: escaping and unescaping. */
#include "bench.h"

#include <stdlib.h>

/* Readable text with a quote every 61 bytes and an accented letter every 97. */
static void make_text(struct bench *bench)
{
    size_t size = (size_t)bench->width;
    bench->data = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        bench->data[i] = (unsigned char)(i % 7 == 6 ? ' ' : 'a' + i % 26);
    for (size_t i = 60; i < size; i += 61)
        bench->data[i] = '\'';
    for (size_t i = 0; i + 1 < size; i += 97)
    {
        bench->data[i] = 0xc3;
        bench->data[i + 1] = 0xa9;
    }
    bench->data[size] = '\0';
    bench->data_size = size;
}

/* Bytes of every value, in no order that a branch predictor could learn. */
static void make_binary(struct bench *bench)
{
    uint32_t state = 2463534242u;
    bench->data_size = (size_t)bench->width;
    bench->data = malloc(bench->data_size);
    for (size_t i = 0; i < bench->data_size; i++)
    {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bench->data[i] = (unsigned char)state;
    }
}

static void literals(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
    {
        char *escaped =
            pq.PQescapeLiteral(bench->conn, (const char *)bench->data, bench->data_size);
        must(bench, escaped != NULL, "PQescapeLiteral");
        bench->checksum += (unsigned char)escaped[bench->data_size / 2];
        pq.PQfreemem(escaped);
    }
}

static void literal_setup(struct bench *bench)
{
    connect_first(bench);
    make_text(bench);
    literals(bench, bench->warm);
}

static void literal_measured(struct bench *bench)
{
    literals(bench, bench->repeat);
    bench->units = (uint64_t)bench->repeat;
}

static void byteas(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
    {
        size_t size;
        unsigned char *escaped =
            pq.PQescapeByteaConn(bench->conn, bench->data, bench->data_size, &size);
        must(bench, escaped != NULL, "PQescapeByteaConn");
        bench->bytes_read += size;
        bench->checksum += escaped[size / 2];
        pq.PQfreemem(escaped);
    }
}

static void bytea_setup(struct bench *bench)
{
    connect_first(bench);
    make_binary(bench);
    byteas(bench, bench->warm);
}

static void bytea_measured(struct bench *bench)
{
    byteas(bench, bench->repeat);
    bench->units = (uint64_t)bench->repeat;
}

static void unescapes(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
    {
        size_t size;
        unsigned char *plain = pq.PQunescapeBytea(bench->data, &size);
        if (!plain)
            fail("PQunescapeBytea failed");
        bench->bytes_read += size;
        bench->checksum += plain[size / 2];
        pq.PQfreemem(plain);
    }
}

/* The text is what a server sends: hexadecimal, whatever the library's own escape writes. */
static void unescape_setup(struct bench *bench)
{
    static const char digits[] = "0123456789abcdef";
    make_binary(bench);
    unsigned char *binary = bench->data;
    unsigned char *to = bench->data = malloc(2 * bench->data_size + 3);
    *to++ = '\\';
    *to++ = 'x';
    for (size_t i = 0; i < bench->data_size; i++)
    {
        *to++ = (unsigned char)digits[binary[i] >> 4];
        *to++ = (unsigned char)digits[binary[i] & 15];
    }
    *to = '\0';
    free(binary);
    unescapes(bench, bench->warm);
}

static void unescape_measured(struct bench *bench)
{
    unescapes(bench, bench->repeat);
    bench->units = (uint64_t)bench->repeat;
}

const struct bench_case escape_cases[] = {
    {"escape_literal", literal_setup, literal_measured, NULL, NULL},
    {"escape_bytea", bytea_setup, bytea_measured, NULL, NULL},
    {"unescape_bytea", unescape_setup, unescape_measured, NULL, NULL},
    {0},
};
