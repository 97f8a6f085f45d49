/*
 * A resolver for tests, put before the system's with LD_PRELOAD.
 *
 *   stalls.test   answers after 30 seconds
 *   slow.test     127.0.0.1, after a second
 *   many.test     127.0.0.1, 127.0.0.2, 127.0.0.3
 *   mixed.test    127.0.0.9, where nobody listens, and 127.0.0.1
 *   half.test     127.0.0.4 and 127.0.0.1
 *   missing.test  does not exist
 *
 * Other names are the system's affair.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int (*getaddrinfo_function)(const char *, const char *, const struct addrinfo *,
                                    struct addrinfo **);

static getaddrinfo_function the_systems(void)
{
    return (getaddrinfo_function) dlsym(RTLD_NEXT, "getaddrinfo");
}

/* The list of one address, from the system, which frees it entry by entry. */
static int one(const char *address, const char *service, const struct addrinfo *hints,
               struct addrinfo **result)
{
    return the_systems()(address, service, hints, result);
}

static int several(const char *const *addresses, const char *service,
                   const struct addrinfo *hints, struct addrinfo **result)
{
    struct addrinfo **end = result;
    for (; *addresses != NULL; addresses++)
    {
        int code = one(*addresses, service, hints, end);
        if (code != 0)
            return code;
        while (*end != NULL)
            end = &(*end)->ai_next;
    }
    return 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    static const char *const many[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", NULL};
    static const char *const half[] = {"127.0.0.4", "127.0.0.1", NULL};
    static const char *const mixed[] = {"127.0.0.9", "127.0.0.1", NULL};

    if (node == NULL)
        return the_systems()(node, service, hints, result);
    if (strcmp(node, "stalls.test") == 0)
    {
        sleep(30);
        return one("127.0.0.1", service, hints, result);
    }
    if (strcmp(node, "slow.test") == 0)
    {
        sleep(1);
        return one("127.0.0.1", service, hints, result);
    }
    if (strcmp(node, "many.test") == 0)
        return several(many, service, hints, result);
    if (strcmp(node, "mixed.test") == 0)
        return several(mixed, service, hints, result);
    if (strcmp(node, "missing.test") == 0)
        return EAI_NONAME;
    return the_systems()(node, service, hints, result);
}
