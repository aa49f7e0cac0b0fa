// websink: an HTTP server that takes every body and says yes, so that what is measured is who sends.
//
//   websink --port P [--answer TEXT]
//
// Answers 200 to each request with TEXT; without, as Splunk's HTTP Event Collector does: with an acknowledgement of its
// own for each body, all of which it confirms when it is asked. Prints "ready" when it listens. At SIGTERM it prints one
// JSON object: requests, octets of their bodies, and the CPU seconds it took itself.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { buffer_bytes = 64 << 10, events_per_wait = 64 };

struct connection {
    int fd;
    size_t used;
    size_t body_left;
    bool asks;
    bool in_body;
    size_t kept;
    char question[buffer_bytes];
    char buffer[buffer_bytes + 1];
};

static const char *fixed_answer;
static unsigned long long requests, octets, acknowledgement;
static volatile sig_atomic_t ending;

static void end(int signal) { (void)signal; ending = 1; }

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void send_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

/* {"acks":[1,2]} becomes {"acks":{"1":true,"2":true}}. */
static size_t confirm(const char *question, char *answer, size_t room)
{
    size_t length = (size_t)snprintf(answer, room, "{\"acks\":{");
    const char *at = strchr(question, '[');
    bool first = true;
    while (at != NULL && *at != ']' && *at != 0 && length + 64 < room) {
        char *end_of_number;
        const unsigned long long number = strtoull(at + 1, &end_of_number, 10);
        if (end_of_number == at + 1) break;
        length += (size_t)snprintf(answer + length, room - length, "%s\"%llu\":true", first ? "" : ",", number);
        first = false;
        at = end_of_number;
    }
    return length + (size_t)snprintf(answer + length, room - length, "}}");
}

static void answer(struct connection *connection)
{
    static char body[4 * buffer_bytes], head[256];
    size_t length;
    if (fixed_answer != NULL) {
        length = (size_t)snprintf(body, sizeof body, "%s", fixed_answer);
    } else if (connection->asks) {
        connection->question[connection->kept] = 0;
        length = confirm(connection->question, body, sizeof body);
    } else {
        length = (size_t)snprintf(body, sizeof body, "{\"text\":\"Success\",\"code\":0,\"ackId\":%llu}", acknowledgement++);
    }
    if (!connection->asks) requests++;
    const int count = snprintf(head, sizeof head,
                               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", length);
    send_all(connection->fd, head, (size_t)count);
    send_all(connection->fd, body, length);
}

/* Takes what is in the buffer: heads as a whole, bodies as they come. */
static void take(struct connection *connection)
{
    size_t at = 0;
    for (;;) {
        if (!connection->in_body) {
            connection->buffer[connection->used] = 0;
            char *start = connection->buffer + at, *stop = strstr(start, "\r\n\r\n");
            if (stop == NULL) break;
            const char *length = strcasestr(start, "\r\ncontent-length:");
            connection->body_left = length != NULL && length < stop ? strtoull(length + 17, NULL, 10) : 0;
            connection->asks = memmem(start, (size_t)(stop - start), "/ack", 4) != NULL;
            connection->in_body = true;
            connection->kept = 0;
            at = (size_t)(stop + 4 - connection->buffer);
        }
        size_t part = connection->used - at;
        if (part > connection->body_left) part = connection->body_left;
        if (connection->asks && connection->kept + part < buffer_bytes) {
            memcpy(connection->question + connection->kept, connection->buffer + at, part);
            connection->kept += part;
        }
        at += part;
        connection->body_left -= part;
        octets += connection->asks ? 0 : part;
        if (connection->body_left > 0) break;
        answer(connection);
        connection->in_body = false;
    }
    memmove(connection->buffer, connection->buffer + at, connection->used - at);
    connection->used -= at;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'}, {"answer", required_argument, NULL, 'a'}, {NULL, 0, NULL, 0}};
    int port = 0, option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p') port = atoi(optarg);
        else if (option == 'a') fixed_answer = optarg;
        else return 64;
    }
    const struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 64) != 0) die("listen");
    const int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    while (!ending) {
        struct epoll_event events[events_per_wait];
        const int count = epoll_wait(poll, events, events_per_wait, -1);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection == NULL) {
                connection = calloc(1, sizeof *connection);
                if (connection == NULL) die("calloc");
                connection->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (connection->fd < 0) {
                    free(connection);
                    continue;
                }
                setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                event.data.ptr = connection;
                epoll_ctl(poll, EPOLL_CTL_ADD, connection->fd, &event);
                continue;
            }
            const ssize_t got =
                recv(connection->fd, connection->buffer + connection->used, buffer_bytes - connection->used, 0);
            if (got <= 0) {
                close(connection->fd);
                free(connection);
                continue;
            }
            connection->used += (size_t)got;
            take(connection);
        }
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"requests\": %llu, \"octets\": %llu, \"cpu\": %.3f}\n", requests, octets,
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    return 0;
}
