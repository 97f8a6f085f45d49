/*
 * io_counter.c: a preloaded library that counts the calls by which a client talks to its socket.
 *
 * Each function here stands before the C library's of the same name, counts, and goes on to it.
 * Counting is not atomic: the program that is counted has one thread.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct io_calls
{
    const char *name;
    uint64_t count;
};

enum
{
    SEND,
    RECV,
    POLL,
    SELECT,
    WRITE,
    READ,
    EPOLL,
    KINDS
};

/* Read by the benchmark before and after; a NULL name ends it. */
struct io_calls bench_io_calls[KINDS + 1] = {
    [SEND] = {"send", 0},   [RECV] = {"recv", 0}, [POLL] = {"poll", 0},   [SELECT] = {"select", 0},
    [WRITE] = {"write", 0}, [READ] = {"read", 0}, [EPOLL] = {"epoll", 0},
};

#define COUNTED(kind, result, name, declared, passed)                                              \
    result name declared;                                                                          \
    result name declared                                                                           \
    {                                                                                              \
        static result(*next) declared;                                                             \
        if (!next)                                                                                 \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                             \
        bench_io_calls[kind].count++;                                                              \
        return next passed;                                                                        \
    }

COUNTED(SEND, ssize_t, send, (int fd, const void *from, size_t size, int flags),
        (fd, from, size, flags))
COUNTED(SEND, ssize_t, sendto,
        (int fd, const void *from, size_t size, int flags, const struct sockaddr *to,
         socklen_t length),
        (fd, from, size, flags, to, length))
COUNTED(SEND, ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags),
        (fd, message, flags))
COUNTED(RECV, ssize_t, recv, (int fd, void *to, size_t size, int flags), (fd, to, size, flags))
COUNTED(RECV, ssize_t, __recv_chk, (int fd, void *to, size_t size, size_t room, int flags),
        (fd, to, size, room, flags))
COUNTED(RECV, ssize_t, recvfrom,
        (int fd, void *to, size_t size, int flags, struct sockaddr *from, socklen_t *length),
        (fd, to, size, flags, from, length))
COUNTED(RECV, ssize_t, __recvfrom_chk,
        (int fd, void *to, size_t size, size_t room, int flags, struct sockaddr *from,
         socklen_t *length),
        (fd, to, size, room, flags, from, length))
COUNTED(RECV, ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
COUNTED(POLL, int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))
COUNTED(POLL, int, __poll_chk, (struct pollfd * fds, nfds_t count, int timeout, size_t room),
        (fds, count, timeout, room))
COUNTED(POLL, int, ppoll,
        (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask),
        (fds, count, timeout, mask))
COUNTED(POLL, int, __ppoll_chk,
        (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
         size_t room),
        (fds, count, timeout, mask, room))
COUNTED(SELECT, int, select,
        (int count, fd_set *reads, fd_set *writes, fd_set *others, struct timeval *timeout),
        (count, reads, writes, others, timeout))
COUNTED(SELECT, int, pselect,
        (int count, fd_set *reads, fd_set *writes, fd_set *others, const struct timespec *timeout,
         const sigset_t *mask),
        (count, reads, writes, others, timeout, mask))
COUNTED(WRITE, ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size))
COUNTED(WRITE, ssize_t, writev, (int fd, const struct iovec *from, int count), (fd, from, count))
COUNTED(READ, ssize_t, read, (int fd, void *to, size_t size), (fd, to, size))
COUNTED(READ, ssize_t, __read_chk, (int fd, void *to, size_t size, size_t room),
        (fd, to, size, room))
COUNTED(READ, ssize_t, readv, (int fd, const struct iovec *to, int count), (fd, to, count))
COUNTED(EPOLL, int, epoll_wait, (int fd, struct epoll_event *events, int count, int timeout),
        (fd, events, count, timeout))
