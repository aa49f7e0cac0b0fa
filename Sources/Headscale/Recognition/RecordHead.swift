internal import CScan
internal import Syslog

/// Who wrote a record, as far as its header says, and the name of a container in front of its text.
struct RecordHead {
    /// Where APP-NAME stands.
    let tag: Range<Int>
    /// Where HOSTNAME stands.
    private let host: Range<Int>
    /// Who is in the container that the text names, if it names one, and a number for that name.
    private var container: (origin: LineOrigin, key: UInt64)?

    init(_ places: HeadPlaces) {
        let tag = Int(places.appName)
        self.tag = tag..<max(tag, Int(places.appNameEnd))
        host = min(Int(places.hostname), max(tag - 1, 0))..<max(tag - 1, 0)
    }

    /// The head of a line whose text names in `name`, of `text`, the container that wrote it. A tag of Headscale's only
    /// says then that Headscale is among the containers.
    func ofContainer(_ text: RawSpan, _ name: Range<Int>, _ line: RawSpan) -> RecordHead {
        var head = self
        let named = Self.origin(text, name)
        let isUndecided = named == .other && !Self.hasHeadscale(text, name) && origin(line) == .headscale
        head.container = (isUndecided ? .unnamed : named, Self.key(text, name))
        return head
    }

    /// Whose record it is, by its tag or its container's name.
    func origin(_ line: RawSpan) -> LineOrigin {
        if let container { return container.origin }
        return tag.count == 1 ? .unnamed : Self.origin(line, tag)
    }

    /// Who goes by `name`. Packages, unit files and containers call it `headscale`, perhaps with more around it; what
    /// stands beside it often has both words in its name. Docker uses 12 hexadecimal digits unless it is told otherwise.
    private static func origin(_ text: RawSpan, _ name: Range<Int>) -> LineOrigin {
        if name.count == 9, text.has("headscale", at: name.lowerBound) { return .headscale }
        if name.count == 12, name.allSatisfy({ text.byte($0).isHex }) { return .container }
        return hasHeadscale(text, name) && !hasCompanion(text, name) ? .headscale : .other
    }

    private static func hasHeadscale(_ text: RawSpan, _ name: Range<Int>) -> Bool {
        guard name.count >= 9 else { return false }
        return (name.lowerBound...name.upperBound - 9).contains { text.isWord("headscale", $0..<$0 + 9) }
    }

    /// Whether one of the words of `name` is that of a program that people run beside Headscale.
    private static func hasCompanion(_ text: RawSpan, _ name: Range<Int>) -> Bool {
        var at = name.lowerBound
        while at < name.upperBound {
            let start = at
            while at < name.upperBound, text.byte(at).isLetter { at += 1 }
            if companions.contains(where: { text.isWord($0, start..<at) }) { return true }
            at += 1
        }
        return false
    }

    private static let companions: [StaticString] = [
        "admin", "alloy", "authelia", "authentik", "backup", "caddy", "certbot", "cloudflared", "console", "cron",
        "dashboard", "database", "db", "derper", "dex", "envoy", "exporter", "grafana", "haproxy", "headplane",
        "keycloak", "litestream", "logger", "mariadb", "mysql", "nginx", "oauth", "pg", "postgres", "postgresql",
        "prometheus", "promtail", "proxy", "redis", "tailscale", "tailscaled", "traefik", "ui", "vector", "watchtower",
        "web", "webui",
    ]

    /// Whether it is a record of sudo or sshd, which has been two programs since OpenSSH 9.8.
    func isOfAdministrators(_ line: RawSpan) -> Bool {
        switch tag.count {
        case 4: line.has("sudo", at: tag.lowerBound) || line.has("sshd", at: tag.lowerBound)
        case 12: line.has("sshd-session", at: tag.lowerBound)
        default: false
        }
    }

    /// A number for who wrote the record, by which its records are told from those of others.
    func sourceKey(_ line: RawSpan) -> UInt64 {
        // With the space, and PROCID behind it.
        let key = Self.key(line, host.lowerBound..<line.wordEnd(from: tag.upperBound + 1))
        return container.map { Self.mixed(key, $0.key) } ?? key
    }

    private static func key(_ line: RawSpan, _ source: Range<Int>) -> UInt64 {
        var key: UInt64 = 0x243F_6A88_85A3_08D3 ^ UInt64(source.count)
        var at = source.lowerBound
        while at + 8 <= source.upperBound {
            key = mixed(key, line.eightBytes(at))
            at += 8
        }
        var rest: UInt64 = 0
        while at < source.upperBound {
            rest = rest << 8 | UInt64(line.byte(at))
            at += 1
        }
        return mixed(key, rest)
    }

    private static func mixed(_ key: UInt64, _ bytes: UInt64) -> UInt64 {
        let product = (key ^ bytes).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}

/// Who a line is from, as far as its tag says.
enum LineOrigin {
    case headscale
    /// There is no tag.
    case unnamed
    /// Some container.
    case container
    /// Another program.
    case other
}

extension RawSpan {
    /// The offset of the first byte from `from` on that is not printable ASCII, a space above all; the end if there is
    /// none.
    @inline(__always)
    fileprivate func wordEnd(from: Int) -> Int {
        guard from < byteCount else { return byteCount }
        precondition(from >= 0)
        return unsafe withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe Int(cscan_field_end(start, from, byteCount))
        }
    }
}
