extension Settings {
    /// Where a server takes requests: `https://siem.example.net:8088/prefix`.
    public struct WebAddress: Sendable, Hashable, CustomStringConvertible {
        /// Whether it is `https`.
        public let isSecure: Bool
        /// A name or an IP address, IPv6 without its brackets.
        public let host: String
        public let port: Int
        /// Path and query; empty, or begins with `/`.
        public let path: String

        /// As it is written in the configuration, with its port.
        public var description: String {
            "\(isSecure ? "https" : "http")://\(Address(host: host, port: port))\(path)"
        }
    }
}

extension Kind where Value == Settings.WebAddress {
    /// The URL of a server. Ports that are not given are `port`, or the scheme's own where that is nil. With `isBase`,
    /// requests go to paths below it: it has no query, and a `/` at its end counts for nothing.
    static func url(example: String, port: Int? = nil, isBase: Bool) -> Kind {
        .scalar(
            "a URL", example: example, name: "url",
            schema: ["type": "string", "pattern": .text(JSON.pattern("[Hh][Tt][Tt][Pp][Ss]?://[!-~]+"))]
        ) { text, _ throws(ScalarProblem) in
            try parse(text, port: port, isBase: isBase)
        } show: {
            .text($0.description)
        }
    }

    private static func parse(_ text: String, port: Int?, isBase: Bool) throws(ScalarProblem) -> Value {
        guard let colon = text.firstRange(of: "://"), case let scheme = text[..<colon.lowerBound].lowercased(),
            scheme == "http" || scheme == "https"
        else { throw ScalarProblem("begins with neither https:// nor http://", remedy: "write https://host:port") }
        let rest = text[colon.upperBound...]
        guard rest.utf8.count <= 2_048, rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ScalarProblem("is no URL", remedy: "write at most 2,048 characters of printable ASCII")
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else {
            throw ScalarProblem(
                .conflict, "has a user or a password in it", remedy: "give secrets in files, by their own keys",
                isSecret: true)
        }
        let path = rest[authority.endIndex...]
        guard !path.contains("#"), !isBase || !path.contains("?"), path.isEmpty || path.hasPrefix("/") else {
            throw ScalarProblem(
                "has a \(path.contains("#") ? "fragment" : "query")", remedy: "leave out what is behind the path")
        }
        let isSecure = scheme == "https"
        let standard = port ?? (isSecure ? 443 : 80)
        let hasPort = authority.last != "]" && authority.split(separator: "]").last?.contains(":") == true
        let address = try Kind<Settings.Address>.parse(
            hasPort ? String(authority) : "\(authority):\(standard)", ports: 1...65_535, wildcard: false)
        return Value(isSecure: isSecure, host: address.host, port: address.port, path: trimmed(path, isBase: isBase))
    }

    private static func trimmed(_ path: Substring, isBase: Bool) -> String {
        var path = path
        while isBase, path.last == "/" { path = path.dropLast() }
        return String(path)
    }
}
