internal import CScan

/// The fields of a record's header that recognition needs.
struct RecordHead {
    /// Where APP-NAME stands.
    let tag: Range<Int>
    /// Where HOSTNAME begins.
    private let host: Int
    /// Where PROCID ends.
    private let processEnd: Int

    /// The header of the canonical `line`.
    @inline(__always)
    init?(_ line: RawSpan, split: Int) {
        // PRI and VERSION take five octets at least.
        var ends = FieldEnds(line, from: 4, to: split)
        _ = ends.next()
        let time = ends.next()
        let host = ends.next()
        let tag = ends.next()
        guard tag < split else { return nil }
        self.tag = host + 1..<tag
        self.host = time + 1
        processEnd = ends.next()
    }

    /// HOSTNAME, APP-NAME and PROCID together: who wrote the record.
    private var source: Range<Int> { host..<processEnd }

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

    /// HOSTNAME, if it is an address: what a sender without a name has.
    func sender(_ line: RawSpan) -> IPAddress? {
        IPAddress(line, host..<tag.lowerBound - 1)
    }

    /// A number for who wrote the record, by which its records are told from those of others.
    func sourceKey(_ line: RawSpan) -> UInt64 {
        let source = source
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

/// The ends of a header's fields, one after the other: the bytes that are not printable ASCII, spaces above all. Most
/// headers lie within the 64 bytes that are looked at together.
private struct FieldEnds: ~Escapable {
    private let line: RawSpan
    private let end: Int
    private var mask: UInt64
    private var scanned: Int

    @inline(__always)
    @_lifetime(copy line)
    init(_ line: RawSpan, from: Int, to end: Int) {
        self.line = line
        self.end = end
        scanned = from
        mask = 0
    }

    /// The offset of the next one; the end where it looks if there is none.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func next() -> Int {
        while mask == 0 {
            guard scanned < end else { return end }
            mask = line.fieldEnds(from: scanned, to: end)
            scanned += 64
        }
        let place = mask.trailingZeroBitCount
        mask &= mask &- 1
        return scanned &- 64 &+ place
    }
}

extension RawSpan {
    /// Which of the 64 bytes from `from` on are not printable ASCII, bit by bit, as far as they lie in front of `end`.
    @inline(__always)
    fileprivate func fieldEnds(from: Int, to end: Int) -> UInt64 {
        precondition(from >= 0 && from <= end && end <= byteCount)
        return unsafe withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            // More than what is asked for may be read, as far as the line goes.
            let mask = unsafe cscan_field_ends(start, from, byteCount)
            return end &- from < 64 ? mask & (1 << UInt64(end &- from) &- 1) : mask
        }
    }
}
