#define _GNU_SOURCE
#include "CSocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

enum { control_size = CMSG_SPACE(sizeof(uint32_t)) };

struct waxwing_udp {
    int socket;
    int wake;
    size_t slots;
    size_t slot_size;
    uint8_t *memory;
    uint8_t *control;
    struct mmsghdr *headers;
    struct iovec *vectors;
    struct sockaddr_storage *peers;
    waxwing_datagram *datagrams;
    uint32_t kernel_drops;
};

static int bind_socket(const char *address, uint16_t port, int share) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr *name = (struct sockaddr *)&v4;
    socklen_t length = sizeof v4;
    if (inet_pton(AF_INET, address, &v4.sin_addr) != 1) {
        if (inet_pton(AF_INET6, address, &v6.sin6_addr) != 1) return errno = EINVAL, -1;
        name = (struct sockaddr *)&v6;
        length = sizeof v6;
    }
    int fd = socket(name->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    int one = 1;
    if ((share && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) ||
        setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof one) != 0 || bind(fd, name, length) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int allocate(waxwing_udp *receiver) {
    size_t slots = receiver->slots;
    receiver->memory = malloc(slots * receiver->slot_size);
    receiver->control = calloc(slots, control_size);
    receiver->headers = calloc(slots, sizeof *receiver->headers);
    receiver->vectors = calloc(slots, sizeof *receiver->vectors);
    receiver->peers = calloc(slots, sizeof *receiver->peers);
    receiver->datagrams = calloc(slots, sizeof *receiver->datagrams);
    return receiver->memory && receiver->control && receiver->headers && receiver->vectors && receiver->peers &&
           receiver->datagrams;
}

waxwing_udp *waxwing_udp_open(const char *address, uint16_t port, int share, size_t slots, size_t slot_size) {
    waxwing_udp *receiver = calloc(1, sizeof *receiver);
    if (!receiver) return NULL;
    receiver->socket = receiver->wake = -1;
    receiver->slots = slots;
    receiver->slot_size = slot_size;
    if (allocate(receiver) && (receiver->socket = bind_socket(address, port, share)) >= 0 &&
        (receiver->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) >= 0)
        return receiver;
    int error = errno;
    waxwing_udp_close(receiver);
    errno = error;
    return NULL;
}

void waxwing_udp_close(waxwing_udp *receiver) {
    if (receiver->socket >= 0) close(receiver->socket);
    if (receiver->wake >= 0) close(receiver->wake);
    free(receiver->memory);
    free(receiver->control);
    free(receiver->headers);
    free(receiver->vectors);
    free(receiver->peers);
    free(receiver->datagrams);
    free(receiver);
}

uint16_t waxwing_udp_port(const waxwing_udp *receiver) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    if (getsockname(receiver->socket, (struct sockaddr *)&name, &length) != 0) return 0;
    return ntohs(name.ss_family == AF_INET ? ((struct sockaddr_in *)&name)->sin_port
                                           : ((struct sockaddr_in6 *)&name)->sin6_port);
}

size_t waxwing_udp_set_receive_buffer(waxwing_udp *receiver, size_t bytes) {
    int wanted = bytes > INT32_MAX ? INT32_MAX : (int)bytes;
    if (setsockopt(receiver->socket, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0)
        setsockopt(receiver->socket, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
    int granted = 0;
    socklen_t length = sizeof granted;
    getsockopt(receiver->socket, SOL_SOCKET, SO_RCVBUF, &granted, &length);
    return (size_t)granted / 2;  // socket(7): the kernel doubles the request for its book-keeping
}

/// recvmmsg changes the headers, so they are set up before each call.
static void prepare(waxwing_udp *receiver) {
    for (size_t i = 0; i < receiver->slots; i++) {
        receiver->vectors[i] = (struct iovec){receiver->memory + i * receiver->slot_size, receiver->slot_size};
        receiver->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &receiver->peers[i],
            .msg_namelen = sizeof receiver->peers[i],
            .msg_iov = &receiver->vectors[i],
            .msg_iovlen = 1,
            .msg_control = receiver->control + i * control_size,
            .msg_controllen = control_size,
        };
    }
}

static void note_drops(waxwing_udp *receiver, struct msghdr *header) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
            memcpy(&receiver->kernel_drops, CMSG_DATA(c), sizeof receiver->kernel_drops);
}

static void refresh_drops(waxwing_udp *receiver) {
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof info;
    if (getsockopt(receiver->socket, SOL_SOCKET, SO_MEMINFO, info, &length) == 0)
        receiver->kernel_drops = info[SK_MEMINFO_DROPS];
}

int waxwing_udp_receive(waxwing_udp *receiver, int timeout_ms) {
    prepare(receiver);
    int count = recvmmsg(receiver->socket, receiver->headers, receiver->slots, MSG_TRUNC, NULL);
    if (count < 0) {
        if (errno != EAGAIN && errno != EINTR) return -1;
        struct pollfd waiting[2] = {{receiver->socket, POLLIN, 0}, {receiver->wake, POLLIN, 0}};
        if (poll(waiting, 2, timeout_ms) < 0 && errno != EINTR) return -1;
        uint64_t value;
        if (waiting[1].revents) (void)!read(receiver->wake, &value, sizeof value);
        prepare(receiver);
        count = recvmmsg(receiver->socket, receiver->headers, receiver->slots, MSG_TRUNC, NULL);
        if (count < 0 && errno != EAGAIN && errno != EINTR) return -1;
        if (count <= 0) return refresh_drops(receiver), 0;
    }
    for (int i = 0; i < count; i++) {
        size_t length = receiver->headers[i].msg_len;
        receiver->datagrams[i] = (waxwing_datagram){
            .bytes = receiver->memory + i * receiver->slot_size,
            .length = length < receiver->slot_size ? length : receiver->slot_size,
            .peer = &receiver->peers[i],
        };
        note_drops(receiver, &receiver->headers[i].msg_hdr);
    }
    return count;
}

const waxwing_datagram *waxwing_udp_datagrams(const waxwing_udp *receiver) { return receiver->datagrams; }

uint32_t waxwing_udp_kernel_drops(const waxwing_udp *receiver) { return receiver->kernel_drops; }

void waxwing_udp_wake(waxwing_udp *receiver) {
    uint64_t one = 1;
    (void)!write(receiver->wake, &one, sizeof one);
}

size_t waxwing_address_text(const struct sockaddr_storage *address, char *text, size_t capacity) {
    const void *host = &((const struct sockaddr_in *)address)->sin_addr;
    int family = address->ss_family;
    if (family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
        host = v6;
        if (IN6_IS_ADDR_V4MAPPED(v6)) {
            host = &v6->s6_addr[12];
            family = AF_INET;
        }
    }
    if (family != AF_INET && family != AF_INET6) return 0;
    return inet_ntop(family, host, text, (socklen_t)capacity) ? strlen(text) : 0;
}

int waxwing_same_host(const struct sockaddr_storage *left, const struct sockaddr_storage *right) {
    if (left->ss_family != right->ss_family) return 0;
    if (left->ss_family == AF_INET)
        return ((const struct sockaddr_in *)left)->sin_addr.s_addr == ((const struct sockaddr_in *)right)->sin_addr.s_addr;
    return left->ss_family == AF_INET6 && memcmp(&((const struct sockaddr_in6 *)left)->sin6_addr,
                                                 &((const struct sockaddr_in6 *)right)->sin6_addr, 16) == 0;
}
