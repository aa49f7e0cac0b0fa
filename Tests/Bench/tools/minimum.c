// minimum: the work no durable, sealing relay can avoid, and nothing else. One thread reads LF-ended records from TCP,
// takes the SHA-256 of each, appends them to a file, syncs it every 50 ms, and passes them on over TLS. It does not
// parse, redact, retry or recover: it is the yardstick of the benchmark, not a relay.
//
//   minimum LISTEN_PORT COLLECTOR_PORT CA_FILE SPOOL_FILE
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { buffer_bytes = 256 << 10, sync_interval_ms = 50 };

struct source { int fd; size_t used; char buffer[buffer_bytes]; };

static int spool;
static SSL *collector;
static EVP_MD *sha256;
static EVP_MD_CTX *digest;
static unsigned char leaf[EVP_MAX_MD_SIZE];

static void fail(const char *what) { perror(what); exit(1); }

static struct sockaddr_in loopback(const char *port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_on(const char *port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = loopback(port);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0) fail("listen");
    return fd;
}

static void connect_to(const char *port, const char *ca_file) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = loopback(port);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1) fail(ca_file);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    collector = SSL_new(context);
    SSL_set1_host(collector, "localhost");
    SSL_set_fd(collector, fd);
    if (SSL_connect(collector) != 1) fail("TLS handshake");
}

static void hash_records(const char *bytes, const char *end) {
    unsigned length;
    for (const char *newline; (newline = memchr(bytes, '\n', (size_t)(end - bytes))); bytes = newline + 1) {
        EVP_DigestInit_ex2(digest, NULL, NULL);
        EVP_DigestUpdate(digest, bytes, (size_t)(newline - bytes));
        EVP_DigestFinal_ex(digest, leaf, &length);
    }
}

static bool pass_on(struct source *source) {
    ssize_t got = read(source->fd, source->buffer + source->used, buffer_bytes - source->used);
    if (got <= 0) return false;
    source->used += (size_t)got;
    const char *last = memrchr(source->buffer, '\n', source->used);
    if (!last) return source->used < buffer_bytes;
    size_t whole = (size_t)(last + 1 - source->buffer);
    hash_records(source->buffer, last + 1);
    if (write(spool, source->buffer, whole) != (ssize_t)whole) fail("write");
    if (SSL_write(collector, source->buffer, (int)whole) != (int)whole) fail("SSL_write");
    source->used -= whole;
    memmove(source->buffer, last + 1, source->used);
    return true;
}

static long milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(int count, char **values) {
    if (count != 5) { fprintf(stderr, "usage: minimum LISTEN_PORT COLLECTOR_PORT CA_FILE SPOOL_FILE\n"); return 64; }
    signal(SIGPIPE, SIG_IGN);
    if ((spool = open(values[4], O_CREAT | O_TRUNC | O_WRONLY, 0600)) < 0) fail(values[4]);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex2(digest, sha256, NULL);
    connect_to(values[2], values[3]);
    int listener = listen_on(values[1]), poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, ready[16];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    long synced = milliseconds();
    for (bool dirty = false;;) {
        int events = epoll_wait(poll, ready, 16, dirty ? sync_interval_ms : -1);
        for (int i = 0; i < events; i++) {
            struct source *source = ready[i].data.ptr;
            if (!source) {
                source = calloc(1, sizeof *source);
                source->fd = accept(listener, NULL, NULL);
                event.data.ptr = source;
                epoll_ctl(poll, EPOLL_CTL_ADD, source->fd, &event);
            } else if (pass_on(source)) {
                dirty = true;
            } else {
                close(source->fd);
                free(source);
            }
        }
        if (dirty && milliseconds() - synced >= sync_interval_ms) {
            fdatasync(spool);
            synced = milliseconds();
            dirty = false;
        }
    }
}
