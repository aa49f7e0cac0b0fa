import NIOCore
import Syslog

extension SocketAddress {
    /// The host, in numbers. A listener for both families sees an IPv4 peer as IPv6; the peer's address is still the
    /// IPv4 one.
    var hostText: String {
        let host = ipAddress ?? ""
        let isMapped = host.hasPrefix("::ffff:") && host.contains(".")
        return isMapped ? String(host.dropFirst("::ffff:".count)) : host
    }

    /// Host and port, for people.
    var text: String {
        let host = hostText
        return host.contains(":") ? "[\(host)]:\(port ?? 0)" : "\(host):\(port ?? 0)"
    }
}

extension PeerAddress {
    /// The address as a string, for people.
    var text: String {
        let span = bytes
        return String(
            decoding: (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) },
            as: UTF8.self)
    }
}
