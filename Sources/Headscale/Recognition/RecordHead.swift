internal import CScan
internal import Syslog

/// Who wrote a record, as far as its header says, and the name of a container in front of its text.
struct RecordHead {
    // Small enough for registers: it is handed on for every record.
    private let places: HeadPlaces
    /// Who is in the container that the text names; nil if it names none.
    private var container: LineOrigin?
    /// A number for the container's name.
    private var containerKey: UInt64 = 0

    init(_ places: HeadPlaces) { self.places = places }

    /// Where APP-NAME stands.
    private var tag: Range<Int> {
        let start = Int(places.appName)
        return start..<max(start, Int(places.appNameEnd))
    }

    /// Where HOSTNAME, APP-NAME and PROCID stand in `line`, with the spaces between them.
    private func source(_ line: RawSpan) -> Range<Int> {
        let tag = tag
        let end = line.wordEnd(from: tag.upperBound + 1)
        return min(Int(places.hostname), end)..<end
    }

    /// The head of a line whose text names in `name`, of `text`, the container that wrote it. A tag of Headscale's only
    /// says then that Headscale is among the containers.
    func ofContainer(_ text: RawSpan, _ name: Range<Int>, _ line: RawSpan) -> RecordHead {
        var head = self
        let named = Self.origin(text, name)
        let isUndecided = named == .other && !Self.hasHeadscale(text, name) && origin(line) == .headscale
        head.container = isUndecided ? .unnamed : named
        head.containerKey = Self.key(text, name)
        return head
    }

    /// Whose record it is, by its tag or its container's name.
    func origin(_ line: RawSpan) -> LineOrigin {
        if let container { return container }
        let tag = tag
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

    /// Whether one of the words of `name` is that of a program that people run beside Headscale. Behind `@` stands the host
    /// that it runs on.
    private static func hasCompanion(_ text: RawSpan, _ name: Range<Int>) -> Bool {
        let end = text.first(UInt8(ascii: "@"), in: name)
        var at = name.lowerBound
        while at < end {
            let start = at
            while at < end, text.byte(at).isLetter { at += 1 }
            if companions.value(text, start..<at) != nil { return true }
            at += 1
        }
        return false
    }

    private static let companions = WordTable(
        ([
            "admin", "alloy", "authelia", "authentik", "backup", "caddy", "certbot", "cloudflared", "console", "cron",
            "dashboard", "database", "db", "derper", "dex", "envoy", "exporter", "grafana", "haproxy", "headplane",
            "keycloak", "litestream", "logger", "mariadb", "mysql", "nginx", "oauth", "pg", "postgres", "postgresql",
            "prometheus", "promtail", "proxy", "redis", "tailscale", "tailscaled", "traefik", "ui", "vector",
            "watchtower",
            "web", "webui",
        ] as [StaticString]).map { ($0, 0) })

    /// Whether it is a record of sudo or sshd, which has been two programs since OpenSSH 9.8.
    func isOfAdministrators(_ line: RawSpan) -> Bool {
        let tag = tag
        return switch tag.count {
        case 4: line.has("sudo", at: tag.lowerBound) || line.has("sshd", at: tag.lowerBound)
        case 12: line.has("sshd-session", at: tag.lowerBound)
        default: false
        }
    }

    /// A number for who wrote the record, by which its records are told from those of others.
    func sourceKey(_ line: RawSpan) -> UInt64 {
        let key = Self.key(line, source(line))
        return container == nil ? key : Self.mixed(key, containerKey)
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
