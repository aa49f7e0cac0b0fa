internal import Glibc

extension Settings {
    /// A host and a port: `relay.example.net:6514`, `127.0.0.1:5514`, `[::1]:5514`, or `:5514` for all addresses.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        /// A name or an IP address, IPv6 without its brackets; empty for all addresses of the machine.
        public let host: String
        /// The port, 0 to 65535; 0 (listeners only) lets the kernel choose.
        public let port: Int

        init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// As it is written in the configuration.
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        /// Whether this names all addresses of the machine.
        public var isWildcard: Bool { host.isEmpty || host == "0.0.0.0" || host == "::" }

        /// Whether only this machine can reach it: 127.0.0.0/8, ::1 or `localhost`.
        public var isLoopback: Bool { Settings.isLoopback(host) }
    }

    /// Whether `host` names this machine, as far as that can be said without asking for names.
    public static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && IPAddress.isV4(host))
    }
}

/// Syntax of IP addresses and host names.
enum IPAddress {
    static func isV4(_ text: String) -> Bool {
        var address = in_addr()
        // The buffer is as large as inet_pton needs for the family given.
        return unsafe inet_pton(AF_INET, text, &address) == 1
    }

    /// IPv6, with a zone (`fe80::1%eth0`) or without.
    static func isV6(_ text: String) -> Bool {
        var address = in6_addr()
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count == 1 || isHostName(String(parts[1])) else { return false }
        // As above.
        return unsafe inet_pton(AF_INET6, String(first), &address) == 1
    }

    /// RFC 1123 names, and `_`, which some networks use; 1 to 253 bytes in labels of 1 to 63. Never four numbers.
    static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard let last = labels.last, !last.allSatisfy({ isDigit($0) }) || labels.count == 1 else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
                && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x2D || $0 == 0x5F }
        }
    }
}

// MARK: - Kinds

extension Kind where Value == Settings.Address {
    /// An address to listen on.
    static func local(example: String) -> Kind { address(ports: 0...65_535, wildcard: true, example: example) }

    /// An address to connect to.
    static func remote(example: String) -> Kind { address(ports: 1...65_535, wildcard: false, example: example) }

    private static func address(ports: ClosedRange<Int>, wildcard: Bool, example: String) -> Kind {
        .scalar(
            "an address", example: example, name: "address",
            schema: [
                "type": "string", "pattern": .text(JSON.pattern("(?:[^\\s:\\[\\]]*|\\[[^\\s\\[\\]]+\\]):[0-9]{1,5}")),
            ]
        ) { text, _ throws(ScalarProblem) in
            try parse(text, ports: ports, wildcard: wildcard)
        } show: {
            .text($0.description)
        }
    }

    static func parse(_ text: String, ports: ClosedRange<Int>, wildcard: Bool) throws(ScalarProblem) -> Value {
        let remedy = "write host:port, such as 127.0.0.1:5514 or [::1]:5514"
        guard !IPAddress.isV6(text) else {
            throw ScalarProblem(
                "is IPv6 without brackets, or has no port", remedy: "write [address]:port, such as [::1]:5514")
        }
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
            throw ScalarProblem("has no port", remedy: remedy)
        }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ isDigit($0) }), let port = Int(digits),
            ports.contains(port)
        else {
            throw ScalarProblem("has no port from \(ports.lowerBound) to \(ports.upperBound)", remedy: remedy)
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard IPAddress.isV6(host) else {
                throw ScalarProblem("has no IPv6 address in its brackets", remedy: remedy)
            }
        } else if host.isEmpty {
            guard wildcard else { throw ScalarProblem("has no host", remedy: "write host:port") }
        } else if !IPAddress.isV4(host), !IPAddress.isHostName(host) {
            throw ScalarProblem("has neither an IP address nor a host name", remedy: remedy)
        }
        return Value(host: host, port: port)
    }
}
