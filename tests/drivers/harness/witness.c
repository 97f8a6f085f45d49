/*
 * Preloaded into every program under test. When a process first opens a connection, this writes
 * down which libpq it has mapped, from /proc/self/maps, and whose code made the call:
 *
 *     PID <tab> PROGRAM <tab> CALLER <tab> MAPPED[:MAPPED...]
 *
 * into the folder named by DRIVERS_WITNESS, one file a process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static int is_libpq(const char *path)
{
    const char *name = strrchr(path, '/');
    return name != NULL && (strncmp(name, "/libpq.so", 9) == 0 || strncmp(name, "/libferropq", 11) == 0);
}

/* The distinct libpq files of /proc/self/maps, joined by ':'. */
static void mapped(char *out, size_t size)
{
    char line[4096];
    const char *last = "";
    char previous[4096] = "";
    FILE *maps = fopen("/proc/self/maps", "re");
    size_t used = 0;

    out[0] = '\0';
    if (maps == NULL)
        return;
    while (fgets(line, sizeof line, maps) != NULL) {
        char *path = strchr(line, '/');
        if (path == NULL)
            continue;
        path[strcspn(path, "\n")] = '\0';
        if (!is_libpq(path) || strcmp(path, previous) == 0)
            continue;
        snprintf(previous, sizeof previous, "%s", path);
        used += (size_t)snprintf(out + used, used < size ? size - used : 0, "%s%s", last, path);
        last = ":";
    }
    fclose(maps);
}

/* Writes this process's line, once; `caller` is the file whose code connects. */
static void testify(const char *caller)
{
    static __thread int busy;
    static pid_t reported;
    const char *folder = getenv("DRIVERS_WITNESS");
    char paths[8192], file[4096], line[16384];
    int fd, length;

    if (folder == NULL || reported == getpid() || busy)
        return;
    busy = 1;
    mapped(paths, sizeof paths);
    if (paths[0] != '\0') {
        reported = getpid();
        snprintf(file, sizeof file, "%s/%ld", folder, (long)getpid());
        length = snprintf(line, sizeof line, "%ld\t%s\t%s\t%s\n", (long)getpid(),
                          program_invocation_short_name, caller, paths);
        fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (fd >= 0) {
            if (write(fd, line, (size_t)length) != length)
                unlink(file);
            close(fd);
        }
    }
    busy = 0;
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    static int (*next)(int, const struct sockaddr *, socklen_t);
    Dl_info who;

    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "connect");
    if (dladdr(__builtin_return_address(0), &who) != 0 && who.dli_fname != NULL)
        testify(who.dli_fname);
    return next(fd, address, length);
}
