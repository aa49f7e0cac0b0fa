/// What a record has to be for a destination to get it.
public indirect enum Condition: Hashable, Sendable {
    /// All of these hold.
    case all([Condition])
    /// One of these holds.
    case any([Condition])
    case not(Condition)
    /// The severity is this one or a more severe one: 0 (emergency) to 7 (debug), RFC 5424 table 2.
    case atLeast(severity: Int)
    case severity(Int)
    /// 0 (kernel) to 23 (local7), RFC 5424 table 1.
    case facility(Int)
    case field(Field, Pattern)
    /// Some element of this name, given without `@` and enterprise number, has a parameter of that name whose value
    /// matches.
    case parameter(element: [UInt8], name: [UInt8], Pattern)
    /// Of so many shares, into which records are divided by HOSTNAME, it belongs to this one, counted from 0.
    case share(Int, of: Int)

    /// A field of a record that is text. The header's are `-` where there is none.
    public enum Field: String, Hashable, Sendable, CaseIterable {
        case host
        case application = "app"
        case process = "procid"
        case messageID = "msgid"
        case message
    }

    /// The names of severities, by number; the first of each is the one to show.
    static let severities = [
        ["emergency", "emerg", "panic"], ["alert"], ["critical", "crit"], ["error", "err"], ["warning", "warn"],
        ["notice"], ["informational", "info"], ["debug"],
    ]
    /// The names of facilities, by number.
    static let facilities = [
        ["kern"], ["user"], ["mail"], ["daemon"], ["auth"], ["syslog"], ["lpr"], ["news"], ["uucp"], ["cron"],
        ["authpriv"], ["ftp"], ["ntp"], ["audit"], ["alert"], ["clock"], ["local0"], ["local1"], ["local2"], ["local3"],
        ["local4"], ["local5"], ["local6"], ["local7"],
    ]

    /// The severity called `name`.
    public static func severity(named name: String) -> Int? { number(of: name, in: severities) }
    /// The facility called `name`.
    public static func facility(named name: String) -> Int? { number(of: name, in: facilities) }

    /// The names that severities and facilities are shown by.
    public static var severityNames: [String] { severities.map { $0[0] } }
    public static var facilityNames: [String] { facilities.map { $0[0] } }

    private static func number(of name: String, in names: [[String]]) -> Int? {
        names.firstIndex { $0.contains(name) }
    }
}

/// Text with `*` for any number of octets, none included. Case counts.
public struct Pattern: Hashable, Sendable {
    /// Octets of a pattern at most.
    public static let lengthLimit = 256

    /// What has to be there, from left to right, with anything in between.
    private let parts: [[UInt8]]

    /// The pattern `text`; nil if it is longer than ``lengthLimit``.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.lengthLimit else { return nil }
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    private init(parts: [[UInt8]]) { self.parts = parts }

    /// The pattern for what stands in a PARAM-VALUE, where `"`, `\` and `]` are escaped (RFC 5424 section 6.3.3).
    public var escaped: Pattern {
        Pattern(
            parts: parts.map { part in
                part.flatMap {
                    [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "]")].contains($0) ? [0x5C, $0] : [$0]
                }
            })
    }

    /// Whether the octets of `range` match. Takes time in proportion to their number and to that of the pattern.
    func matches(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        let (first, last) = (parts[0], parts[parts.count - 1])
        guard parts.count > 1 else { return range.count == first.count && bytes.has(first, at: range.lowerBound) }
        guard range.count >= first.count + last.count, bytes.has(first, at: range.lowerBound),
            bytes.has(last, at: range.upperBound - last.count)
        else { return false }
        var start = range.lowerBound + first.count
        let end = range.upperBound - last.count
        for number in 1..<parts.count - 1 {
            guard let place = bytes.firstPlace(of: parts[number], from: start, to: end) else { return false }
            start = place + parts[number].count
        }
        return true
    }
}

extension RawSpan {
    /// The octet at `offset`, which is checked against the bounds.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // "Unsafe" is only for types that are not plain octets.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether `part` stands at `offset`.
    func has(_ part: [UInt8], at offset: Int) -> Bool {
        guard part.count <= byteCount - offset else { return false }
        for position in part.indices where byte(offset + position) != part[position] { return false }
        return true
    }

    /// The first place from `start` on where all of `part` stands in front of `end`.
    fileprivate func firstPlace(of part: [UInt8], from start: Int, to end: Int) -> Int? {
        var place = start
        while place + part.count <= end {
            if has(part, at: place) { return place }
            place += 1
        }
        return nil
    }
}
