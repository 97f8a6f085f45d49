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
 * Switches on (1) or off (0), for the whole process, that the keys which SCRAM derives from a
 * password are remembered for the next connection with the same password; they are at the start.
 *
 * Deriving them is nearly all that connecting costs a client. At most 64 pairs of keys are
 * remembered, not the passwords, in memory that is overwritten when one gives way to another.
 * Switching off overwrites them all.
 */
void ferropq_set_scram_key_cache(int enabled);

/**
 * Sets how many bytes the process keeps of the memory of cleared results, for results to come:
 * 32 MiB unless set, and with 0 nothing.
 *
 * However many connections read large results, no more is kept; what has not been needed for some
 * ten seconds is given back when other memory is. What is kept beyond a lower number goes back to
 * the system now.
 */
void ferropq_set_kept_memory(size_t bytes);

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
