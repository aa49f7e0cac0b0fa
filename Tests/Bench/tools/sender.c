// sender: sends syslog records from a file (one a line, used over and over) and says exactly how many it sent.
//
//   sender --to 127.0.0.1:5514 --file RECORDS --count N [--transport tcp|udp] [--framing lf|octet] [--connections C]
//          [--rate RECORDS_PER_SECOND]
//
// TCP: each connection is a thread that writes its share of the records in large chunks and then waits until the
// receiver has closed. UDP: one thread, batches by sendmmsg, held to the rate by the clock; a datagram counts as sent
// only when the kernel has taken it. Prints one JSON object: records, bytes, start and end on CLOCK_MONOTONIC.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { chunk_bytes = 128 << 10, record_bytes_max = 65536, datagrams_per_call = 32, connections_max = 64 };

struct record { const char *bytes; size_t length; };

static struct { struct record *all; size_t count; } records;
static struct sockaddr_in target;
static bool udp, octet_counted;

struct share { pthread_t thread; uint64_t count, bytes; double rate; };

static void fail(const char *what) { perror(what); exit(1); }

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void wait_until(double when) {
    // Sleeping is only good to some 60 us: sleep through most of the wait, and spin through the rest.
    double left;
    while ((left = when - seconds_now()) > 0)
        if (left > 200e-6) usleep((useconds_t)((left - 100e-6) * 1e6));
}

static void load(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0 || info.st_size == 0) fail(path);
    const char *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED) fail("mmap");
    close(fd);
    const char *end = bytes + info.st_size;
    size_t room = 0;
    while (bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        if (!newline) newline = end;
        if (records.count == room) {
            room = room ? room * 2 : 1024;
            records.all = realloc(records.all, room * sizeof *records.all);
            if (!records.all) fail("realloc");
        }
        size_t length = (size_t)(newline - bytes);
        if (length > 0 && length <= record_bytes_max - 16)
            records.all[records.count++] = (struct record){bytes, length};
        bytes = newline + 1;
    }
    if (records.count == 0) { fprintf(stderr, "%s: no records\n", path); exit(1); }
}

// MARK: - TCP

static void write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("write");
        bytes += written;
        length -= (size_t)written;
    }
}

static size_t put_frame(char *to, struct record record) {
    size_t used = octet_counted ? (size_t)sprintf(to, "%zu ", record.length) : 0;
    memcpy(to + used, record.bytes, record.length);
    used += record.length;
    if (!octet_counted) to[used++] = '\n';
    return used;
}

static void *send_stream(void *argument) {
    struct share *share = argument;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&target, sizeof target) < 0) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    char *chunk = malloc(chunk_bytes + record_bytes_max);
    if (!chunk) fail("malloc");
    double start = seconds_now();
    size_t used = 0, next = 0;
    for (uint64_t sent = 1; sent <= share->count; sent++) {
        used += put_frame(chunk + used, records.all[next]);
        if (++next == records.count) next = 0;
        size_t full = share->rate > 0 ? 4096 : chunk_bytes;
        if (used < full && sent < share->count) continue;
        if (share->rate > 0) wait_until(start + (double)sent / share->rate);
        write_all(fd, chunk, used);
        share->bytes += used;
        used = 0;
    }
    shutdown(fd, SHUT_WR);
    while (read(fd, chunk, chunk_bytes) > 0) continue;
    close(fd);
    free(chunk);
    return NULL;
}

// MARK: - UDP

static void *send_datagrams(void *argument) {
    struct share *share = argument;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&target, sizeof target) < 0) fail("connect");
    struct mmsghdr messages[datagrams_per_call];
    struct iovec parts[datagrams_per_call];
    memset(messages, 0, sizeof messages);
    double start = seconds_now();
    uint64_t sent = 0;
    while (sent < share->count) {
        uint64_t left = share->count - sent;
        unsigned batch = left < datagrams_per_call ? (unsigned)left : datagrams_per_call;
        for (unsigned i = 0; i < batch; i++) {
            struct record record = records.all[(sent + i) % records.count];
            parts[i] = (struct iovec){(char *)record.bytes, record.length};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        if (share->rate > 0) wait_until(start + (double)sent / share->rate);
        int taken = sendmmsg(fd, messages, batch, 0);
        bool again = errno == ENOBUFS || errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED;
        if (taken < 0 && !again) fail("sendmmsg");
        for (int i = 0; i < taken; i++) share->bytes += parts[i].iov_len;
        if (taken > 0) sent += (uint64_t)taken;
    }
    close(fd);
    return NULL;
}

// MARK: - Command line

static void set_target(const char *text) {
    char host[64];
    unsigned port;
    target.sin_family = AF_INET;
    if (sscanf(text, "%63[^:]:%u", host, &port) != 2 || port > 65535
        || inet_pton(AF_INET, host, &target.sin_addr) != 1) {
        fprintf(stderr, "--to takes IPV4:PORT, not %s\n", text);
        exit(64);
    }
    target.sin_port = htons((uint16_t)port);
}

int main(int count, char **values) {
    static const struct option options[] = {
        {"to", 1, 0, 't'}, {"file", 1, 0, 'f'}, {"count", 1, 0, 'n'}, {"transport", 1, 0, 'p'}, {"framing", 1, 0, 'o'},
        {"connections", 1, 0, 'c'}, {"rate", 1, 0, 'r'}, {0, 0, 0, 0}};
    uint64_t total = 0;
    unsigned connections = 1;
    double rate = 0;
    for (int option; (option = getopt_long(count, values, "", options, NULL)) != -1;) switch (option) {
        case 't': set_target(optarg); break;
        case 'f': load(optarg); break;
        case 'n': total = strtoull(optarg, NULL, 10); break;
        case 'p': udp = strcmp(optarg, "udp") == 0; break;
        case 'o': octet_counted = strcmp(optarg, "octet") == 0; break;
        case 'c': connections = (unsigned)atoi(optarg); break;
        case 'r': rate = atof(optarg); break;
        default: return 64;
    }
    if (!records.count || !target.sin_port || !total || connections < 1 || connections > connections_max) {
        fprintf(stderr, "usage: see the head of sender.c\n");
        return 64;
    }
    struct share shares[connections_max] = {0};
    double start = seconds_now();
    for (unsigned i = 0; i < connections; i++) {
        shares[i].count = total / connections + (i < total % connections);
        shares[i].rate = rate / connections;
        if (pthread_create(&shares[i].thread, NULL, udp ? send_datagrams : send_stream, &shares[i])) fail("thread");
    }
    uint64_t bytes = 0;
    for (unsigned i = 0; i < connections; i++) {
        pthread_join(shares[i].thread, NULL);
        bytes += shares[i].bytes;
    }
    printf("{\"records\": %lu, \"bytes\": %lu, \"start\": %.6f, \"end\": %.6f}\n", total, bytes, start, seconds_now());
}
