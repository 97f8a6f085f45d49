/*
 * floor.c: the least that any client could do: the same bytes over a bare socket, received into
 * one buffer and looked at by nobody.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static unsigned char buffer[1 << 20];

static int dial(const struct bench *bench)
{
    union
    {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in inet;
    } address;
    memset(&address, 0, sizeof address);
    socklen_t size;
    if (bench->host[0] == '/')
    {
        address.local.sun_family = AF_UNIX;
        snprintf(address.local.sun_path, sizeof address.local.sun_path, "%s/.s.PGSQL.%s",
                 bench->host, bench->port);
        size = sizeof address.local;
    }
    else
    {
        address.inet.sin_family = AF_INET;
        address.inet.sin_port = htons((uint16_t)atoi(bench->port));
        inet_pton(AF_INET, bench->host, &address.inet.sin_addr);
        size = sizeof address.inet;
    }
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &address.any, size) != 0)
        fail("the floor cannot connect to %s port %s", bench->host, bench->port);
    int on = 1;
    if (address.any.sa_family == AF_INET)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void floor_send(int fd, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    while (size > 0)
    {
        ssize_t sent = send(fd, next, size, MSG_NOSIGNAL);
        if (sent <= 0)
            fail("the floor cannot send");
        next += sent;
        size -= (size_t)sent;
    }
}

static size_t receive_some(int fd, size_t wanted)
{
    ssize_t received = recv(fd, buffer, wanted < sizeof buffer ? wanted : sizeof buffer, 0);
    if (received <= 0)
        fail("the server closed the connection");
    return (size_t)received;
}

/* Receives exactly `size` bytes, as few calls as the kernel allows. */
void floor_receive(int fd, size_t size)
{
    while (size > 0)
        size -= receive_some(fd, size);
}

/* Receives up to and including the ready_wanted-th ReadyForQuery; gives the number of bytes. */
size_t floor_count(int fd, int ready_wanted)
{
    unsigned char header[5];
    size_t have = 0, skip = 0, total = 0;
    while (ready_wanted > 0)
    {
        size_t received = receive_some(fd, sizeof buffer);
        total += received;
        for (size_t at = 0; at < received;)
        {
            size_t left = received - at;
            if (skip > 0)
            {
                size_t step = skip < left ? skip : left;
                skip -= step;
                at += step;
                continue;
            }
            header[have++] = buffer[at++];
            if (have < sizeof header)
                continue;
            have = 0;
            skip = ((size_t)header[1] << 24 | (size_t)header[2] << 16 | (size_t)header[3] << 8 |
                    header[4]) - 4;
            if (header[0] == 'E')
                fail("the server answered with an error");
            ready_wanted -= header[0] == 'Z';
        }
    }
    return total;
}

/* Connects as a trusted user and waits until the server is ready. */
int floor_connect(const struct bench *bench)
{
    static const char packet[] = "\0\0\0\045\0\003\0\0user\0trusted\0database\0bench\0";
    int fd = dial(bench);
    /* The array's own zero byte is the one that ends the list. */
    floor_send(fd, packet, sizeof packet);
    floor_count(fd, 1);
    return fd;
}

/* Adds one message to the request that floor_exchanges() sends. */
void floor_request_message(struct bench *bench, char tag, const void *body, size_t size)
{
    bench->data = realloc(bench->data, bench->request_size + 5 + size);
    unsigned char *to = bench->data + bench->request_size;
    uint32_t length = htonl((uint32_t)size + 4);
    to[0] = (unsigned char)tag;
    memcpy(to + 1, &length, 4);
    memcpy(to + 5, body, size);
    bench->request_size += 5 + size;
}

/* Connects, asks once, and counts the bytes of the answer. */
void floor_query_setup(struct bench *bench, const char *sql)
{
    bench->fd = floor_connect(bench);
    floor_request_message(bench, 'Q', sql, strlen(sql) + 1);
    floor_send(bench->fd, bench->data, bench->request_size);
    bench->reply_size = floor_count(bench->fd, 1);
}

void floor_exchanges(struct bench *bench, long times)
{
    for (long i = 0; i < times; i++)
    {
        floor_send(bench->fd, bench->data, bench->request_size);
        floor_receive(bench->fd, bench->reply_size);
    }
}
