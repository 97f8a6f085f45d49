/*
 * What this library has beyond the interface of libpq.
 *
 * Made from the sources by cbindgen: change those instead, then run `make headers`.
 */

#ifndef FERROPQ_H
#define FERROPQ_H

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of this library itself, such as `0.1.0`. A constant.
 */
const char *ferropq_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FERROPQ_H */
