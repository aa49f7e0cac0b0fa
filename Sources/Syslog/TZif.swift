/// Decoder of the Time Zone Information Format, RFC 9636 (versions 1 to 4).
///
/// Takes the 64-bit block and the footer of a version 2+ file, or the only block of a version 1 file. Standard/wall and
/// UT/local indicators and abbreviations are skipped; they say nothing about offsets.
extension TimeZoneRule {
    /// The longest file that is decoded, in octets; the largest of the IANA database has less than 4 KiB.
    public static let fileLimit = 65_536

    /// The rule that a TZif file holds. Throws `bad-file` for anything else, `leap-seconds` for a "right/" zone.
    public init(tzif bytes: RawSpan) throws(TimeZoneError) {
        guard bytes.byteCount <= Self.fileLimit else { throw TZifBlock.damaged }
        let first = try TZifBlock(bytes, from: 0, timeSize: 4)
        guard first.version >= 2 else {
            self = try first.rule(bytes, nil)
            return
        }
        let second = try TZifBlock(bytes, from: first.end, timeSize: 8)
        guard let footer = PosixTimeZone.footer(bytes, from: second.end) else { throw TZifBlock.damaged }
        self = try second.rule(bytes, footer.isEmpty ? nil : PosixTimeZone(bytes, footer))
    }
}

/// Header and layout of one data block.
struct TZifBlock {
    /// 1 for version 1, whose octet is NUL.
    let version: Int
    let timeCount: Int
    let typeCount: Int
    let timeSize: Int
    /// Where the transition times begin, behind the header.
    let times: Int
    /// The offset one past the block.
    let end: Int

    static let damaged = TimeZoneError(
        .badFile, "not a usable time zone file; install the tzdata package, or give a fixed offset such as +01:00")

    init(_ bytes: RawSpan, from: Int, timeSize: Int) throws(TimeZoneError) {
        guard bytes.byteCount - from >= 44, bytes.has("TZif", at: from) else { throw Self.damaged }
        var counts: [Int] = []
        for index in 0..<6 {
            let count = bytes.bigEndian(from + 20 + index * 4, size: 4)
            guard count >= 0 && count <= TimeZoneRule.fileLimit else { throw Self.damaged }
            counts.append(Int(count))
        }
        let octet = bytes.byte(from + 4)
        version = octet == 0 ? 1 : octet.isDigit ? octet.digitValue : 0
        self.timeSize = timeSize
        timeCount = counts[3]
        typeCount = counts[4]
        times = from + 44
        let leapSeconds = counts[2] * (timeSize + 4)
        end = times + timeCount * (timeSize + 1) + typeCount * 6 + counts[5] + leapSeconds + counts[1] + counts[0]
        guard version > 0, typeCount > 0, typeCount <= 256, end <= bytes.byteCount else { throw Self.damaged }
        if leapSeconds > 0 {
            throw TimeZoneError(.leapSeconds, "this zone counts leap seconds; use the zone without \"right/\"")
        }
    }

    /// The zone that the block and the footer describe.
    func rule(_ bytes: RawSpan, _ footer: PosixTimeZone?) throws(TimeZoneError) -> TimeZoneRule {
        let indices = times + timeCount * timeSize
        var transitions: [Int64] = []
        var offsets = [try offset(bytes, type: 0)]
        for index in 0..<timeCount {
            let time = bytes.bigEndian(times + index * timeSize, size: timeSize)
            guard transitions.last.map({ $0 < time }) ?? true else { throw Self.damaged }
            transitions.append(time)
            offsets.append(try offset(bytes, type: Int(bytes.byte(indices + index))))
        }
        return TimeZoneRule(transitions: transitions, offsets: offsets, rule: footer)
    }

    private func offset(_ bytes: RawSpan, type: Int) throws(TimeZoneError) -> Int32 {
        guard type < typeCount else { throw Self.damaged }
        let seconds = bytes.bigEndian(times + timeCount * (timeSize + 1) + type * 6, size: 4)
        guard abs(seconds) < 86_400 * 2 else { throw Self.damaged }
        return Int32(clamping: min(max(seconds, -86_399), 86_399))
    }
}

extension RawSpan {
    /// A signed big-endian number of 4 or 8 octets at `offset` (checked).
    func bigEndian(_ offset: Int, size: Int) -> Int64 {
        var value: UInt64 = 0
        for index in 0..<size { value = value << 8 | UInt64(byte(offset + index)) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}
