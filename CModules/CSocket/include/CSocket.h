/// What Swift cannot reach of sockets: UDP reception in bulk, by recvmmsg with its control messages (the CMSG macros and
/// SO_RXQ_OVFL), and what TCP_INFO says beyond the C library's structure.
///
/// A receiver owns one bound socket and memory for `slots` datagrams. It belongs to one thread, save for
/// `waxwing_udp_wake`, which any thread may call to end a wait.
#ifndef WAXWING_CSOCKET_H
#define WAXWING_CSOCKET_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

typedef struct waxwing_udp waxwing_udp;

/// One received datagram. `bytes` and `peer` are valid until the next call of `waxwing_udp_receive`.
typedef struct {
    const uint8_t *bytes;
    /// At most the slot's size, to which a longer datagram was cut.
    size_t length;
    const struct sockaddr_storage *peer;
} waxwing_datagram;

/// Opens and binds a socket. `address` is numeric. With `share` the port may be bound by several receivers
/// (SO_REUSEPORT). Returns NULL and sets errno on failure.
waxwing_udp *waxwing_udp_open(const char *address, uint16_t port, int share, size_t slots, size_t slot_size);
void waxwing_udp_close(waxwing_udp *receiver);

/// The port that is bound (useful after binding port 0).
uint16_t waxwing_udp_port(const waxwing_udp *receiver);

/// Asks for a receive buffer of `bytes`, by force where the process may (SO_RCVBUFFORCE). Returns the size the system
/// granted, in the unit of the request.
size_t waxwing_udp_set_receive_buffer(waxwing_udp *receiver, size_t bytes);

/// Waits until there is a datagram or a wake, at most `timeout_ms` (-1: for ever), then takes what is there.
/// Returns the number of datagrams (0: woken or timed out), or -1 and sets errno.
int waxwing_udp_receive(waxwing_udp *receiver, int timeout_ms);
const waxwing_datagram *waxwing_udp_datagrams(const waxwing_udp *receiver);

/// Datagrams the kernel has dropped on this socket since it was bound: as of the last datagram (SO_RXQ_OVFL), or as of
/// the last call of `waxwing_udp_receive` that found none (SO_MEMINFO), so that drops with nothing behind them count too.
uint32_t waxwing_udp_kernel_drops(const waxwing_udp *receiver);

void waxwing_udp_wake(waxwing_udp *receiver);

/// Writes a socket address's host in text (IPv4-mapped IPv6 as IPv4), at most `capacity` bytes with the NUL.
/// Returns its length without the NUL, 0 on failure.
size_t waxwing_address_text(const struct sockaddr_storage *address, char *text, size_t capacity);

/// Whether two socket addresses have the same host, whatever their ports.
int waxwing_same_host(const struct sockaddr_storage *left, const struct sockaddr_storage *right);

/// Room for the value of the option TCP_INFO (tcp(7)), whose end newer kernels add to.
typedef struct {
    uint64_t words[64];
} waxwing_tcp_info;

/// Whether the peer's system has acknowledged all that was written to the socket (Linux 4.6 and later).
int waxwing_tcp_is_drained(const waxwing_tcp_info *info);

#endif
