internal import CScan
internal import Syslog

/// The fields of a record's header that recognition needs.
struct RecordHead {
    /// Where APP-NAME stands.
    let tag: Range<Int>
    /// Where HOSTNAME stands.
    private let host: Range<Int>

    init(_ places: HeadPlaces) {
        let tag = Int(places.appName)
        self.tag = tag..<max(tag, Int(places.appNameEnd))
        host = min(Int(places.hostname), max(tag - 1, 0))..<max(tag - 1, 0)
    }

    /// Whose record it is, by its tag. Packages, unit files and containers call it `headscale`, perhaps with more around
    /// it; docker uses 12 hexadecimal digits unless it is told otherwise.
    func origin(_ line: RawSpan) -> LineOrigin {
        if tag.count == 9, line.has("headscale", at: tag.lowerBound) { return .headscale }
        if tag.count == 1 { return .unnamed }
        if tag.count == 12, tag.allSatisfy({ line.byte($0).isHex }) { return .container }
        guard tag.count >= 9 else { return .other }
        for start in tag.lowerBound...tag.upperBound - 9 where line.isWord("headscale", start..<start + 9) {
            return .headscale
        }
        return .other
    }

    /// Whether it is a record of sudo or sshd.
    func isOfAdministrators(_ line: RawSpan) -> Bool {
        tag.count == 4 && (line.has("sudo", at: tag.lowerBound) || line.has("sshd", at: tag.lowerBound))
    }

    /// A number for who wrote the record, by which its records are told from those of others.
    func sourceKey(_ line: RawSpan) -> UInt64 {
        // With the space, and PROCID behind it.
        let source = host.lowerBound..<line.wordEnd(from: tag.upperBound + 1)
        var key: UInt64 = 0x243F_6A88_85A3_08D3 ^ UInt64(source.count)
        var at = source.lowerBound
        while at + 8 <= source.upperBound {
            key = Self.mixed(key, line.eightBytes(at))
            at += 8
        }
        var rest: UInt64 = 0
        while at < source.upperBound {
            rest = rest << 8 | UInt64(line.byte(at))
            at += 1
        }
        return Self.mixed(key, rest)
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
