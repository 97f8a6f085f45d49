/*
 * late.c: loads the libraries whose functions late.rs has made trampolines for.
 *
 * This object is part of the shared library alone. It is C because the unwinder is among what it
 * loads, which Rust itself needs in order to panic. Nothing is locked: threads that load at the
 * same time do the same work and store the same addresses.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Made by late.rs: a group's library, its functions' names, which end with an empty one, and a
 * place for the address of each, NULL until the group is loaded. */
#define GROUP(group)                                                                               \
    extern const char ferropq_late_##group##_library[], ferropq_late_##group##_names[];            \
    extern void *ferropq_late_##group##_functions[]

#pragma GCC visibility push(hidden)
GROUP(openssl);
GROUP(unwind);

const char *ferropq_late_openssl(void **handle);
void ferropq_late_openssl_first(void);
void ferropq_late_unwind_first(void);
#pragma GCC visibility pop

/* NULL, or why the group is not loaded. The library stays for good: what it has been given refers
 * to it, and its functions may be running. */
static const char *load(const char *library, const char *names, void **functions, void **handle)
{
    *handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    if (*handle == NULL)
        return dlerror();
    for (const char *name = names; *name != '\0'; name += strlen(name) + 1, functions++)
    {
        void *function = dlsym(*handle, name);
        if (function == NULL)
            return dlerror();
        __atomic_store_n(functions, function, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void insist(const char *reason)
{
    if (reason == NULL)
        return;
    fprintf(stderr, "libpq: %s\n", reason);
    abort();
}

/* For a trampoline of the unwinder whose function has no address yet: the first panic. */
void ferropq_late_unwind_first(void)
{
    void *handle;
    insist(load(ferropq_late_unwind_library, ferropq_late_unwind_names,
                ferropq_late_unwind_functions, &handle));
}

#ifdef LATE_OPENSSL

/* Loads OpenSSL: NULL, or why it is not there, in text that the thread's next call overwrites. */
const char *ferropq_late_openssl(void **handle)
{
    return load(ferropq_late_openssl_library, ferropq_late_openssl_names,
                ferropq_late_openssl_functions, handle);
}

/* The same for OpenSSL's. Rust loads it before it uses it, and reports where that is not possible:
 * this is for what would come first nevertheless. */
void ferropq_late_openssl_first(void)
{
    void *handle;
    insist(ferropq_late_openssl(&handle));
}

#endif
