internal import CScan

/// The fields of a record's header that recognition needs.
struct RecordHead {
    /// Where APP-NAME stands.
    let tag: Range<Int>
    /// Where HOSTNAME begins.
    private let host: Int
    /// Where the head ends.
    private let split: Int

    /// The header of the canonical `line`.
    @inline(__always)
    init?(_ line: RawSpan, split: Int) {
        // PRI and VERSION take five octets at least.
        let version = line.wordEnd(from: 4, to: split)
        let time = line.wordEnd(from: version + 1, to: split)
        let host = line.wordEnd(from: time + 1, to: split)
        let tag = line.wordEnd(from: host + 1, to: split)
        guard tag < split else { return nil }
        self.tag = host + 1..<tag
        self.host = time + 1
        self.split = split
    }

    /// HOSTNAME, APP-NAME and PROCID together: who wrote the record.
    @inline(__always)
    private func source(_ line: RawSpan) -> Range<Int> {
        host..<line.wordEnd(from: tag.upperBound + 1, to: split)
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

    /// HOSTNAME, if it is an address: what a sender without a name has.
    func sender(_ line: RawSpan) -> IPAddress? {
        IPAddress(line, host..<tag.lowerBound - 1)
    }

    /// A number for who wrote the record, by which its records are told from those of others.
    func sourceKey(_ line: RawSpan) -> UInt64 {
        let source = source(line)
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
    /// The offset of the first byte in `from..<end` that is not printable ASCII, a space above all; `end` if there is
    /// none.
    @inline(__always)
    fileprivate func wordEnd(from: Int, to end: Int) -> Int {
        guard from < end else { return end }
        precondition(from >= 0 && end <= byteCount)
        return unsafe withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe Int(cscan_field_end(start, from, end))
        }
    }
}
