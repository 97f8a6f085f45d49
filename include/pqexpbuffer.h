/*
 * pqexpbuffer.h: a string that grows as it is appended to.
 *
 * A buffer for which memory could not be had is broken: its maxlen is 0, its data
 * an empty string, and what is appended is ignored until it is reset. A series of
 * calls needs one check, at its end.
 */
#ifndef PQEXPBUFFER_H
#define PQEXPBUFFER_H

#include <stdarg.h>
#include <stddef.h>
#ifndef __cplusplus
#include <stdbool.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct PQExpBufferData
{
    char *data;    /* the string, a NUL behind it */
    size_t len;    /* its length without the NUL */
    size_t maxlen; /* bytes allocated; 0 for a broken buffer */
} PQExpBufferData;

typedef PQExpBufferData *PQExpBuffer;

/* Whether a buffer is broken; NULL counts as broken. */
#define PQExpBufferBroken(str) ((str) == NULL || (str)->maxlen == 0)

/* The same for a structure in place of a pointer to one. */
#define PQExpBufferDataBroken(buf) ((buf).maxlen == 0)

/* Bytes that a new buffer has room for, the NUL's included. */
#define INITIAL_EXPBUFFER_SIZE 256

#if defined(__GNUC__)
#define FERROPQ_LIKE_PRINTF(format_at, arguments_at) \
    __attribute__((format(printf, format_at, arguments_at)))
#else
#define FERROPQ_LIKE_PRINTF(format_at, arguments_at)
#endif

/* A new empty buffer, which destroyPQExpBuffer frees; NULL where there is no memory. */
extern PQExpBuffer createPQExpBuffer(void);

/* Makes a structure of the caller's an empty buffer. */
extern void initPQExpBuffer(PQExpBuffer str);

/* Frees a buffer that createPQExpBuffer has made. NULL does nothing. */
extern void destroyPQExpBuffer(PQExpBuffer str);

/* Frees the string of a buffer that initPQExpBuffer has made. */
extern void termPQExpBuffer(PQExpBuffer str);

/* Makes a buffer empty; a broken one is made anew. */
extern void resetPQExpBuffer(PQExpBuffer str);

/* Makes room for needed bytes and a NUL behind the string. 1, or 0 for a broken buffer. */
extern int enlargePQExpBuffer(PQExpBuffer str, size_t needed);

/* Makes the buffer hold what the format gives, in place of what it held. */
extern void printfPQExpBuffer(PQExpBuffer str, const char *fmt, ...) FERROPQ_LIKE_PRINTF(2, 3);

/* Appends what the format gives. */
extern void appendPQExpBuffer(PQExpBuffer str, const char *fmt, ...) FERROPQ_LIKE_PRINTF(2, 3);

/*
 * Appends what the format gives for an argument list. Returns true when done; when it returns
 * false, start the argument list anew and call again: the buffer had too little room.
 */
extern bool appendPQExpBufferVA(PQExpBuffer str, const char *fmt, va_list args)
    FERROPQ_LIKE_PRINTF(2, 0);

/* Appends a string. */
extern void appendPQExpBufferStr(PQExpBuffer str, const char *data);

/* Appends a character. */
extern void appendPQExpBufferChar(PQExpBuffer str, char ch);

/* Appends datalen bytes, which may include NULs. */
extern void appendBinaryPQExpBuffer(PQExpBuffer str, const char *data, size_t datalen);

#ifdef __cplusplus
}
#endif

#endif
