// receiver: a syslog collector that counts. Takes TCP or TLS; a connection's records are ended by LF or octet-counted.
//
//   receiver --port P [--certificate PEM --key PEM [--client-ca PEM]] [--expect N] [--idle SECONDS] [--save FILE]
//
// Ends when N records that are no seals have arrived, when nothing has come for the given seconds, or at SIGTERM.
// --save appends each whole record as one line, so that a connection cut in the middle of a frame leaves no half record
// behind. --client-ca asks for a client certificate of that authority and refuses to go on without. Prints "ready" when
// it listens, and at the end one JSON object: records, seals, bytes, refused (handshakes), partial (frames cut by a
// closed connection), and the times of the first and the last record on CLOCK_MONOTONIC.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { buffer_bytes = 256 << 10, frame_bytes_max = 128 << 10, events_per_wait = 64 };

enum framing { unknown, octet, line };

struct connection {
    int fd;
    SSL *tls;
    bool handshaken;
    enum framing framing;
    size_t used;
    char buffer[buffer_bytes];
};

static struct {
    uint64_t records, seals, bytes, refused, partial;
    double first, last;
} seen;
static uint64_t expected = UINT64_MAX;
static FILE *save;
static SSL_CTX *tls_context;
static volatile sig_atomic_t stopping;

static void stop(int signal_number) { (void)signal_number; stopping = 1; }

static void fail(const char *what) {
    perror(what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// MARK: - Frames

static bool is_seal(const char *record, size_t length) {
    if (length < 64 || memcmp(record, "<110>1 ", 7) != 0) return false;
    return memmem(record, length < 512 ? length : 512, " SEAL [waxwing@", 15) != NULL;
}

static void take_record(const char *record, size_t length) {
    if (is_seal(record, length)) seen.seals++; else seen.records++;
    if (!save) return;
    fwrite(record, 1, length, save);
    putc('\n', save);
}

/// The first whole octet-counted frame of `bytes`: its text, and the octets to go on behind; 0 when there is none yet.
static size_t octet_frame(const char *bytes, size_t length, const char **record, size_t *record_length) {
    size_t count = 0, i = 0;
    while (i < length && i < 7 && bytes[i] >= '0' && bytes[i] <= '9') count = count * 10 + (size_t)(bytes[i++] - '0');
    if (i == length) return 0;
    if (i == 0 || bytes[i] != ' ' || count > frame_bytes_max) {
        fprintf(stderr, "receiver: not an octet count: %.40s\n", bytes);
        exit(1);
    }
    if (length - i - 1 < count) return 0;
    *record = bytes + i + 1;
    *record_length = count;
    return i + 1 + count;
}

static size_t line_frame(const char *bytes, size_t length, const char **record, size_t *record_length) {
    const char *newline = memchr(bytes, '\n', length);
    if (!newline) return 0;
    *record = bytes;
    *record_length = (size_t)(newline - bytes);
    return *record_length + 1;
}

static void take_bytes(struct connection *c, size_t fresh) {
    seen.bytes += fresh;
    c->used += fresh;
    if (c->framing == unknown) c->framing = c->buffer[0] >= '0' && c->buffer[0] <= '9' ? octet : line;
    size_t done = 0;
    while (done < c->used && seen.records < expected) {
        const char *record;
        size_t length;
        const char *next = c->buffer + done;
        size_t left = c->used - done;
        size_t step = c->framing == octet ? octet_frame(next, left, &record, &length)
                                          : line_frame(next, left, &record, &length);
        if (step == 0) break;
        take_record(record, length);
        done += step;
    }
    c->used -= done;
    memmove(c->buffer, c->buffer + done, c->used);
    if (c->used == buffer_bytes) {
        fprintf(stderr, "receiver: a record longer than %d octets\n", buffer_bytes);
        exit(1);
    }
    seen.last = seconds_now();
    if (seen.first == 0) seen.first = seen.last;
}

// MARK: - Connections

static void drop(struct connection *c) {
    if (c->used > 0) seen.partial++;
    if (c->tls) SSL_free(c->tls);
    close(c->fd);
    free(c);
}

static struct connection *welcome(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return NULL;
    struct connection *c = malloc(sizeof *c);
    if (!c) fail("malloc");
    c->fd = fd;
    c->framing = unknown;
    c->used = 0;
    c->tls = NULL;
    c->handshaken = tls_context == NULL;
    if (tls_context) {
        c->tls = SSL_new(tls_context);
        SSL_set_fd(c->tls, fd);
        SSL_set_accept_state(c->tls);
    }
    return c;
}

/// Whether the handshake is done or goes on; false when the connection is to be dropped.
static bool shake_hands(struct connection *c) {
    ERR_clear_error();
    int result = SSL_do_handshake(c->tls);
    if (result == 1) return c->handshaken = true;
    int error = SSL_get_error(c->tls, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    seen.refused++;
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    fprintf(stderr, "receiver: handshake failed: %s\n", reason ? reason : "closed by the peer");
    return false;
}

/// Reads what there is; false when the connection has ended.
static bool drain(struct connection *c) {
    if (!c->handshaken) {
        if (!shake_hands(c)) return false;
        if (!c->handshaken) return true;
    }
    while (seen.records < expected) {
        size_t room = buffer_bytes - c->used;
        ssize_t got;
        if (c->tls) {
            ERR_clear_error();
            got = SSL_read(c->tls, c->buffer + c->used, (int)room);
            if (got <= 0) return SSL_get_error(c->tls, (int)got) == SSL_ERROR_WANT_READ;
        } else {
            got = read(c->fd, c->buffer + c->used, room);
            if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
        }
        take_bytes(c, (size_t)got);
    }
    return true;
}

static void serve(int listener, double idle) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[events_per_wait];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    double quiet_since = seconds_now();
    while (!stopping && seen.records < expected) {
        int count = epoll_wait(poll, ready, events_per_wait, 50);
        if (count > 0) quiet_since = seconds_now();
        else if (idle > 0 && seconds_now() - quiet_since > idle) break;
        for (int i = 0; i < count; i++) {
            struct connection *c = ready[i].data.ptr;
            if (!c) {
                if (!(c = welcome(listener))) continue;
                event.data.ptr = c;
                epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event);
            } else if (!drain(c)) {
                drop(c);
            }
        }
        if (save && count <= 0) fflush(save);
    }
}

// MARK: - Command line

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0) fail("listen");
    return fd;
}

static void set_up_tls(const char *certificate, const char *key, const char *client_ca) {
    tls_context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(tls_context, TLS1_2_VERSION);
    if (SSL_CTX_use_certificate_chain_file(tls_context, certificate) != 1) fail(certificate);
    if (SSL_CTX_use_PrivateKey_file(tls_context, key, SSL_FILETYPE_PEM) != 1) fail(key);
    if (!client_ca) return;
    if (SSL_CTX_load_verify_locations(tls_context, client_ca, NULL) != 1) fail(client_ca);
    SSL_CTX_set_verify(tls_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

int main(int count, char **values) {
    static const struct option options[] = {
        {"port", 1, 0, 'p'}, {"certificate", 1, 0, 'c'}, {"key", 1, 0, 'k'}, {"client-ca", 1, 0, 'a'},
        {"expect", 1, 0, 'n'}, {"idle", 1, 0, 'i'}, {"save", 1, 0, 's'}, {0, 0, 0, 0}};
    int port = 0;
    double idle = 0;
    const char *certificate = NULL, *key = NULL, *client_ca = NULL;
    for (int option; (option = getopt_long(count, values, "", options, NULL)) != -1;) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'c': certificate = optarg; break;
        case 'k': key = optarg; break;
        case 'a': client_ca = optarg; break;
        case 'n': expected = strtoull(optarg, NULL, 10); break;
        case 'i': idle = atof(optarg); break;
        case 's': if (!(save = fopen(optarg, "ae"))) fail(optarg); break;
        default: return 64;
    }
    if (port <= 0 || !certificate != !key) {
        fprintf(stderr, "usage: see the head of receiver.c\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, stop);
    if (certificate) set_up_tls(certificate, key, client_ca);
    int listener = listen_on(port);
    puts("ready");
    fflush(stdout);
    serve(listener, idle);
    if (save) fclose(save);
    printf(
        "{\"records\": %lu, \"seals\": %lu, \"bytes\": %lu, \"refused\": %lu, \"partial\": %lu, "
        "\"first\": %.6f, \"last\": %.6f}\n",
        seen.records, seen.seals, seen.bytes, seen.refused, seen.partial, seen.first, seen.last);
}
