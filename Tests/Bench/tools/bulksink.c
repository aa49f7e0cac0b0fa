// bulksink: takes Elasticsearch's `_bulk` over HTTP, as fast as it can, and gets in the way as far as it is told.
//
//   bulksink --port P [--save FILE] [--busy PERCENT] [--lose PERCENT]
//
// Answers each document with 201, but PERCENT of them with 429; takes PERCENT of the requests and resets the connection
// in the place of an answer. Appends the documents it has taken to FILE, one a line, as often as it takes them. A thread
// for each connection. Prints "ready" when it listens; at SIGTERM one JSON object: requests, documents taken, octets of
// bodies as they came and as they were meant, and the CPU seconds it took itself.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <isa-l/igzip_lib.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { head_bytes = 16 << 10, body_bytes_max = 64 << 20 };

struct memory {
    char *bytes;
    size_t used, room;
};

static double busy_percent, lose_percent;
static FILE *save;
static pthread_mutex_t totals_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long long requests, documents, octets, octets_unpacked;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void make_room(struct memory *memory, size_t room)
{
    if (memory->room >= room) return;
    memory->bytes = realloc(memory->bytes, room);
    if (memory->bytes == NULL) die("realloc");
    memory->room = room;
}

static void append(struct memory *memory, const char *bytes, size_t count)
{
    if (memory->used + count > memory->room) make_room(memory, 2 * (memory->used + count));
    memcpy(memory->bytes + memory->used, bytes, count);
    memory->used += count;
}

static bool send_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

/* The next number of a sequence that looks random (xorshift), below 100 in steps of a hundredth. */
static double percent(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % 10000 / 100.0;
}

static void unpack(const struct memory *packed, struct memory *plain)
{
    struct inflate_state state;
    isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    state.next_in = (uint8_t *)packed->bytes;
    state.avail_in = (uint32_t)packed->used;
    plain->used = 0;
    do {
        make_room(plain, plain->used + (8 << 20));
        state.next_out = (uint8_t *)plain->bytes + plain->used;
        state.avail_out = (uint32_t)(plain->room - plain->used);
        if (isal_inflate(&state) != ISAL_DECOMP_OK) die("isal_inflate");
        plain->used = (size_t)((char *)state.next_out - plain->bytes);
    } while (state.block_state != ISAL_BLOCK_FINISH && plain->used < body_bytes_max);
}

/* Makes the answer to a bulk request, keeps what is taken, and returns the number of documents that are. */
static unsigned long long judge(const struct memory *body, struct memory *answer, struct memory *taken, unsigned *state)
{
    static const char created[] = "{\"create\":{\"status\":201}},";
    static const char busy[] = "{\"create\":{\"status\":429,\"error\":{\"type\":\"es_rejected_execution_exception\","
                               "\"reason\":\"queue full\"}}},";
    unsigned long long count = 0;
    bool errors = false;
    const char *at = body->bytes, *end = body->bytes + body->used;
    answer->used = taken->used = 0;
    append(answer, "{\"items\":[", 10);
    while (at < end) {
        const char *document = memchr(at, '\n', (size_t)(end - at));
        const char *next = document == NULL ? NULL : memchr(document + 1, '\n', (size_t)(end - document - 1));
        if (next == NULL) break;
        if (busy_percent > 0 && percent(state) < busy_percent) {
            append(answer, busy, sizeof busy - 1);
            errors = true;
        } else {
            append(answer, created, sizeof created - 1);
            if (save != NULL) append(taken, document + 1, (size_t)(next - document));
            count++;
        }
        at = next + 1;
    }
    if (answer->bytes[answer->used - 1] == ',') answer->used--;
    append(answer, errors ? "],\"errors\":true}" : "],\"errors\":false}", errors ? 16 : 17);
    return count;
}

static bool serve(int fd, const char *head, const struct memory *body, struct memory buffers[3], unsigned *state)
{
    struct memory *plain = &buffers[0], *answer = &buffers[1], *taken = &buffers[2];
    const struct memory *meant = body;
    if (strcasestr(head, "content-encoding: gzip") != NULL) {
        unpack(body, plain);
        meant = plain;
    }
    const unsigned long long count = judge(meant, answer, taken, state);
    pthread_mutex_lock(&totals_lock);
    requests++;
    documents += count;
    octets += body->used;
    octets_unpacked += meant->used;
    if (save != NULL) fwrite(taken->bytes, 1, taken->used, save);
    pthread_mutex_unlock(&totals_lock);
    if (lose_percent > 0 && percent(state) < lose_percent) {
        const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    }
    char text[256];
    const int length = snprintf(text, sizeof text,
                                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                                answer->used);
    return send_all(fd, text, (size_t)length) && send_all(fd, answer->bytes, answer->used);
}

/* Reads requests and answers them until the connection ends. */
static void *run(void *argument)
{
    const int fd = (int)(size_t)argument;
    static unsigned seed;
    unsigned state = 2463534242u + 977u * __atomic_fetch_add(&seed, 1, __ATOMIC_RELAXED);
    char head[head_bytes + 1];
    size_t used = 0;
    struct memory body = {0}, buffers[3] = {{0}, {0}, {0}};
    for (;;) {
        char *stop;
        head[used] = 0;
        while ((stop = strstr(head, "\r\n\r\n")) == NULL) {
            const ssize_t got = recv(fd, head + used, head_bytes - used, 0);
            if (got <= 0) goto ended;
            used += (size_t)got;
            head[used] = 0;
        }
        const char *field = strcasestr(head, "\r\ncontent-length:");
        const size_t length = field != NULL && field < stop ? strtoull(field + 17, NULL, 10) : 0;
        if (length > body_bytes_max) goto ended;
        *stop = 0;
        size_t here = used - (size_t)(stop + 4 - head);
        if (here > length) here = length;
        make_room(&body, length + 1);
        memcpy(body.bytes, stop + 4, here);
        body.used = here;
        while (body.used < length) {
            const ssize_t got = recv(fd, body.bytes + body.used, length - body.used, 0);
            if (got <= 0) goto ended;
            body.used += (size_t)got;
        }
        const size_t taken = (size_t)(stop + 4 - head) + here;
        if (!serve(fd, head, &body, buffers, &state)) break;
        memmove(head, head + taken, used - taken);
        used -= taken;
    }
ended:
    close(fd);
    free(body.bytes);
    for (int i = 0; i < 3; i++) free(buffers[i].bytes);
    return NULL;
}

static void *report_at_the_end(void *signals)
{
    int signal;
    sigwait(signals, &signal);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    pthread_mutex_lock(&totals_lock);
    if (save != NULL) fflush(save);
    printf("{\"requests\": %llu, \"documents\": %llu, \"octets\": %llu, \"octets_unpacked\": %llu, \"cpu\": %.3f}\n",
           requests, documents, octets, octets_unpacked,
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    exit(0);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"save", required_argument, NULL, 's'},
                                            {"busy", required_argument, NULL, 'b'},
                                            {"lose", required_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    int port = 0, option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p') port = atoi(optarg);
        else if (option == 's') save = fopen(optarg, "a");
        else if (option == 'b') busy_percent = atof(optarg);
        else if (option == 'l') lose_percent = atof(optarg);
        else return 64;
    }
    static sigset_t signals;
    pthread_t thread;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_create(&thread, NULL, report_at_the_end, &signals);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 64) != 0) die("listen");
    puts("ready");
    fflush(stdout);
    for (;;) {
        const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (pthread_create(&thread, NULL, run, (void *)(size_t)fd) != 0) die("pthread_create");
        pthread_detach(thread);
    }
}
