/*
 * The functions of PQExpBuffer that take arguments as printf does. Rust exports
 * them under libpq's names and jumps here; see expbuffer.rs.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "pqexpbuffer.h"

#if defined(__GNUC__)
#define HIDDEN __attribute__((visibility("hidden")))
#define LIKE_PRINTF __attribute__((format(printf, 2, 3)))
#define LIKE_VPRINTF __attribute__((format(printf, 2, 0)))
#else
#define HIDDEN
#define LIKE_PRINTF
#define LIKE_VPRINTF
#endif

HIDDEN LIKE_VPRINTF bool ferropq_expbuffer_append_va(PQExpBuffer str, const char *fmt,
                                                     va_list args);
HIDDEN LIKE_PRINTF void ferropq_expbuffer_append(PQExpBuffer str, const char *fmt, ...);
HIDDEN LIKE_PRINTF void ferropq_expbuffer_printf(PQExpBuffer str, const char *fmt, ...);

/* One attempt; false when there was too little room, which has been added. */
bool ferropq_expbuffer_append_va(PQExpBuffer str, const char *fmt, va_list args)
{
    size_t room;
    int length;

    if (PQExpBufferBroken(str))
        return true;
    room = str->maxlen - str->len;
    length = vsnprintf(str->data + str->len, room, fmt, args);
    if (length < 0 || length == INT_MAX)
    {
        /* What is left is a broken buffer. */
        termPQExpBuffer(str);
        return true;
    }
    if ((size_t) length < room)
    {
        str->len += (size_t) length;
        return true;
    }
    str->data[str->len] = '\0';
    return !enlargePQExpBuffer(str, (size_t) length);
}

/* errno is part of what a format with %m gives, in each attempt. */
#define APPEND_ALL(str, fmt)                                             \
    do                                                                   \
    {                                                                    \
        const int before = errno;                                        \
        bool done;                                                       \
        do                                                               \
        {                                                                \
            va_list args;                                                \
            errno = before;                                              \
            va_start(args, fmt);                                         \
            done = ferropq_expbuffer_append_va(str, fmt, args);          \
            va_end(args);                                                \
        } while (!done);                                                 \
    } while (0)

void ferropq_expbuffer_append(PQExpBuffer str, const char *fmt, ...)
{
    APPEND_ALL(str, fmt);
}

void ferropq_expbuffer_printf(PQExpBuffer str, const char *fmt, ...)
{
    resetPQExpBuffer(str);
    APPEND_ALL(str, fmt);
}
