import Glibc

/// A blocking IPv4 socket on the loopback interface, for the other side of a test. Closed with the object.
@safe
public final class LoopbackSocket: Sendable {
    public let descriptor: Int32

    private init(_ type: __socket_type) {
        descriptor = socket(AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        precondition(descriptor >= 0, "no socket: \(errno)")
        // A test that waits for something that never comes fails instead of hanging.
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit { close(descriptor) }

    /// A TCP connection to `port`.
    public static func connected(to port: Int) -> LoopbackSocket {
        let socket = LoopbackSocket(SOCK_STREAM)
        let result = unsafe withAddress("127.0.0.1", port) { unsafe connect(socket.descriptor, $0, $1) }
        precondition(result == 0, "connect: \(errno)")
        return socket
    }

    /// A TCP socket that has a port, on which nobody listens yet.
    public static func reservedPort() -> LoopbackSocket {
        let socket = LoopbackSocket(SOCK_STREAM)
        let result = unsafe withAddress("127.0.0.1", 0) { unsafe bind(socket.descriptor, $0, $1) }
        precondition(result == 0, "bind: \(errno)")
        return socket
    }

    /// A UDP socket that sends to `port` from the loopback address `host`.
    public static func datagrams(from host: String = "127.0.0.1", to port: Int) -> LoopbackSocket {
        let socket = LoopbackSocket(SOCK_DGRAM)
        let bound = unsafe withAddress(host, 0) { unsafe bind(socket.descriptor, $0, $1) }
        let connected = unsafe withAddress("127.0.0.1", port) { unsafe connect(socket.descriptor, $0, $1) }
        precondition(bound == 0 && connected == 0, "connect: \(errno)")
        return socket
    }

    /// The socket's own port.
    public var port: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            let name = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            _ = unsafe getsockname(descriptor, name, &length)
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Sends all of `bytes`, as one datagram with UDP. Returns false when the connection has ended.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        repeat {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return false }
            sent += count
        } while sent < bytes.count
        return true
    }

    @discardableResult
    public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Says that nothing more is sent.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Waits until the peer has ended the connection, in order or not. False when it does not within ten seconds.
    public func waitForEnd() -> Bool {
        var byte: UInt8 = 0
        var count = 1
        while count > 0 { count = unsafe recv(descriptor, &byte, 1, 0) }
        return count == 0 || errno == ECONNRESET
    }

    /// Whether the system takes more to send within `milliseconds`.
    public func isWritable(within milliseconds: Int32) -> Bool { has(POLLOUT, within: milliseconds) }

    /// Whether the peer, which sends nothing, has ended the connection within `milliseconds`.
    public func hasEnded(within milliseconds: Int32) -> Bool { has(POLLIN, within: milliseconds) }

    private func has(_ event: Int32, within milliseconds: Int32) -> Bool {
        var events = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return unsafe poll(&events, 1, milliseconds) == 1
    }

    private static func withAddress(
        _ host: String, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        unsafe inet_pton(AF_INET, host, &address.sin_addr)
        return unsafe withUnsafeBytes(of: address) { bytes in
            guard let name = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress else { return -1 }
            return unsafe body(name, socklen_t(bytes.count))
        }
    }
}
