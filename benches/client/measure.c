/* measure.c: what a measured section costs: processor time, memory, page faults, I/O calls. */
#include "bench.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct cost
{
    int64_t cpu_ns; /* user and system, this process */
    int64_t wall_ns;
    int64_t user_us;
    int64_t system_us;
    int64_t children_us; /* user and system, the processes waited for */
    int64_t faults;
};

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static struct cost cost_so_far(void)
{
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (struct cost){
        .cpu_ns = nanoseconds(CLOCK_PROCESS_CPUTIME_ID),
        .wall_ns = nanoseconds(CLOCK_MONOTONIC),
        .user_us = microseconds(own.ru_utime),
        .system_us = microseconds(own.ru_stime),
        .children_us = microseconds(children.ru_utime) + microseconds(children.ru_stime),
        .faults = own.ru_minflt,
    };
}

/* A "Name:  12345 kB" line of a file in /proc; -1 where there is none. */
static int64_t kilobytes(const char *path, const char *name)
{
    char line[256];
    long long found = -1;
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    while (found < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), "%lld", &found);
    fclose(file);
    return found;
}

/* smaps_rollup counts pages one by one; the counters of statm are allowed to lag. */
static int64_t resident_kb(void)
{
    return kilobytes("/proc/self/smaps_rollup", "Rss:");
}

/* Makes VmHWM, the peak, start again from what is resident now. */
static void reset_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file)
    {
        fputs("5", file);
        fclose(file);
    }
}

/* How many shared objects are mapped, the C library and the dynamic linker among them. */
static int shared_objects(void)
{
    char line[4352], last[4352] = "";
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps)
        return -1;
    /* The mappings of one object follow one another. */
    while (fgets(line, sizeof line, maps))
    {
        char *path = strchr(line, '/');
        if (path && strstr(path, ".so") && strcmp(path, last) != 0)
        {
            strcpy(last, path);
            count++;
        }
    }
    fclose(maps);
    return count;
}

/* Which OpenSSL is mapped, as 300 for libssl.so.3 and 101 for libssl.so.1.1; 0 for none. */
static int openssl_version(void)
{
    char line[4352];
    int major = 0, minor = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps)
        return 0;
    while (major == 0 && fgets(line, sizeof line, maps))
    {
        const char *name = strstr(line, "/libssl.so.");
        if (name)
            sscanf(name, "/libssl.so.%d.%d", &major, &minor);
    }
    fclose(maps);
    return 100 * major + minor;
}

/* The counters of io_counter.c, where that is preloaded. */
static const struct io_calls
{
    const char *name;
    uint64_t count;
} *io_calls(void)
{
    return dlsym(RTLD_DEFAULT, "bench_io_calls");
}

/* The one function under which callgrind collects; see --toggle-collect in the README. */
__attribute__((noipa)) static void bench_measured(void (*section)(struct bench *),
                                                     struct bench *bench)
{
    section(bench);
    __asm__ volatile(""); /* no tail call: the section must return through here */
}

void measure(const struct bench_case *which, int is_floor, struct bench *bench)
{
    struct io_calls io_before[32] = {{0}};
    int objects = shared_objects();
    (is_floor ? which->floor_setup : which->setup)(bench);
    bench->bytes_read = bench->checksum = 0; /* of the warm-up */

    const struct io_calls *io = io_calls();
    for (int i = 0; io && io[i].name; i++)
        io_before[i] = io[i];
    int64_t resident_before = resident_kb();
    reset_peak();
    struct cost before = cost_so_far();
    bench_measured(is_floor ? which->floor_measured : which->measured, bench);
    struct cost after = cost_so_far();
    int64_t resident_after = resident_kb();
    int64_t peak = kilobytes("/proc/self/status", "VmHWM:");

    printf("cpu_ns=%" PRId64 "\n", after.cpu_ns - before.cpu_ns);
    printf("wall_ns=%" PRId64 "\n", after.wall_ns - before.wall_ns);
    printf("user_us=%" PRId64 "\n", after.user_us - before.user_us);
    printf("system_us=%" PRId64 "\n", after.system_us - before.system_us);
    printf("children_us=%" PRId64 "\n", after.children_us - before.children_us);
    printf("faults=%" PRId64 "\n", after.faults - before.faults);
    printf("resident_growth_kb=%" PRId64 "\n", resident_after - resident_before);
    printf("peak_growth_kb=%" PRId64 "\n", peak - resident_before);
    printf("result_memory=%" PRIu64 "\n", bench->result_memory);
    printf("units=%" PRIu64 "\n", bench->units);
    printf("bytes_read=%" PRIu64 "\n", bench->bytes_read);
    printf("checksum=%" PRIu64 "\n", bench->checksum);
    printf("shared_objects=%d\n", objects);
    printf("openssl=%d\n", openssl_version());
    for (int i = 0; io && io[i].name; i++)
        if (io[i].count > io_before[i].count)
            printf("io_%s=%" PRIu64 "\n", io[i].name, io[i].count - io_before[i].count);
}
