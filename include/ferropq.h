/*
 * What this library has beyond the interface of libpq.
 *
 * Made from the sources by cbindgen: change those instead, then run `make headers`.
 */

#ifndef FERROPQ_H
#define FERROPQ_H

#include "libpq-fe.h"

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of this library itself, such as `0.1.0`. A constant.
 */
const char *ferropq_version(void);

/**
 * As PQgetCopyData, without a copy: `*data` points into the connection's own memory.
 *
 * The row is valid until the next call with the connection, must not be freed, and has no NUL
 * behind it. Returns its length; 0 when no row has arrived and `async` is not 0; -1 when the copy
 * is over; -2 for an error or a NULL connection. `*data` is NULL then.
 */
int ferropq_get_copy_view(PGconn *conn, const char **data, int async);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FERROPQ_H */
