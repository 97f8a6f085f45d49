/*
 * Text that grows as it is written: PQExpBuffer, which needs no server.
 */
#include <stdarg.h>

#include <pqexpbuffer.h>

#include "check.h"

/* A function with arguments as printf has them.  The buffer may have to grow first: then nothing is
 * appended, and the arguments are read anew. */
static void append_line(PQExpBuffer buffer, const char *format, ...)
{
    bool done;

    do {
        va_list args;

        va_start(args, format);
        done = appendPQExpBufferVA(buffer, format, args);
        va_end(args);
    } while (!done);
    appendPQExpBufferChar(buffer, '\n');
}

int main(void)
{
    PQExpBuffer buffer = createPQExpBuffer();
    int i;

    printfPQExpBuffer(buffer, "%s has %d columns", "table", 3);
    CHECK_TEXT(buffer->data, "table has 3 columns");
    appendPQExpBuffer(buffer, " and %.1f rows", 2.5);
    CHECK_TEXT(buffer->data, "table has 3 columns and 2.5 rows");

    resetPQExpBuffer(buffer);
    for (i = 0; i < 1000; i++)
        append_line(buffer, "%04d: %s", i, "a line of the text");
    CHECK(!PQExpBufferBroken(buffer));
    CHECK(buffer->len == 1000 * strlen("0000: a line of the text\n"));
    CHECK(strncmp(buffer->data + buffer->len - 25, "0999: a line of the text\n", 25) == 0);

    destroyPQExpBuffer(buffer);
    puts("buffer: grows as it is written");
    return 0;
}
