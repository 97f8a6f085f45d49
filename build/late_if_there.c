/*
 * late_if_there.c: what asks for late.c, which the shared library has and the static one has not.
 */
#include <stddef.h>

#pragma GCC visibility push(hidden)
extern const char *ferropq_late_openssl(void **handle) __attribute__((weak));
const char *ferropq_load_openssl(void **handle);
#pragma GCC visibility pop

/* Sees to it that OpenSSL's functions can be called. NULL, or why they cannot; the handle is for
 * dlsym, where NULL stands for what the program is linked with. */
const char *ferropq_load_openssl(void **handle)
{
    *handle = NULL;
    return ferropq_late_openssl != NULL ? ferropq_late_openssl(handle) : NULL;
}
