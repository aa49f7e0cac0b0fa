import NIOCore
import NIOSSL

/// The name that a peer's certificate has to bear among its subject alternative names: the DNS name or the IP address
/// by which the peer is known, and nothing else (RFC 9525 §6). The common name is not looked at.
///
/// Not the library's check: that one also takes the address that was connected to for an answer to a DNS name.
enum PeerName: Hashable, Sendable {
    /// In lower case and without the dot at its end.
    case host(String)
    /// 4 or 16 bytes.
    case address([UInt8])

    /// The name that `text` is.
    init(_ text: String) {
        if let address = try? SocketAddress(ipAddress: text, port: 0), let name = PeerName(address) {
            self = name
        } else {
            self = .host(Self.normal(text))
        }
    }

    /// The address of `peer`, nil for a UNIX socket.
    init?(_ peer: SocketAddress) {
        switch peer {
        case .v4(let address):
            self = .address(unsafe withUnsafeBytes(of: address.address.sin_addr) { unsafe Array($0) })
        case .v6(let address):
            self = .address(unsafe withUnsafeBytes(of: address.address.sin6_addr) { unsafe Array($0) })
        case .unixDomainSocket: return nil
        }
    }

    /// The names that `certificate` bears. Anything but DNS names and IP addresses is left out.
    static func all(of certificate: NIOSSLCertificate) -> [PeerName] {
        certificate._subjectAlternativeNames().compactMap { name in
            switch name.nameType {
            case .dnsName: .host(normal(String(decoding: name.contents, as: UTF8.self)))
            case .ipAddress: .address(Array(name.contents))
            default: nil
            }
        }
    }

    /// Whether a certificate with the name `presented` is one of the peer with this name. A `*` stands for the whole
    /// first label of a DNS name.
    func matches(_ presented: PeerName) -> Bool {
        guard case .host(let name) = self, case .host(let pattern) = presented, pattern.hasPrefix("*.") else {
            return self == presented
        }
        guard let dot = name.firstIndex(of: "."), dot > name.startIndex else { return false }
        return name[dot...] == pattern.dropFirst()
    }

    private static func normal(_ name: String) -> String {
        (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased()
    }
}

extension PeerName: CustomStringConvertible {
    var description: String {
        switch self {
        case .host(let name): name
        case .address(let bytes):
            (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0).ipAddress) ?? "an address"
        }
    }
}
