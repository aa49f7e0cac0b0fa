/// What a secret may be removed from: the parts of a line that a replacement must not reach across.
enum Surroundings: Equatable {
    /// Text without structure, up to the end of the subject.
    case text
    /// The inside of a quoted string of JSON or of a PARAM-VALUE; its end is the closing quote's offset.
    case string(Range<Int>)
    /// JSON outside of any string; the range is the whole object or array.
    case json(Range<Int>)
    /// A header field, an SD-ID or a PARAM-NAME, which goes as a whole.
    case word(Range<Int>)
    /// A delimiter of header or structured data.
    case structure
}

/// Tells the surroundings of places in a line's head (header and structured data), in ascending order at little cost.
struct HeadMap {
    /// Offsets of the head's fields: PRI and VERSION, TIMESTAMP, HOSTNAME, APP-NAME, PROCID, MSGID, structured data.
    struct Fields: Equatable {
        var timestamp: Range<Int>
        var hostname: Range<Int>
        /// The end of each of HOSTNAME, APP-NAME, PROCID and MSGID.
        var ends: InlineArray<4, Int>
        /// Where the structured data begins.
        var structuredData: Int

        static func == (left: Fields, right: Fields) -> Bool {
            left.timestamp == right.timestamp && left.hostname == right.hostname
                && left.structuredData == right.structuredData
        }
    }

    let fields: Fields
    private let end: Int
    /// Where the scan goes on, behind ``token``.
    private var at: Int
    /// The SD-ID, PARAM-NAME or PARAM-VALUE found last; there is none between ``gap`` and it.
    private var token: Range<Int>
    private var isValue = false
    private var gap: Int

    /// The map of the head `range` of `bytes`, or nil if it is not a canonical one.
    init?(_ bytes: RawSpan, _ range: Range<Int>) {
        var starts = InlineArray<6, Int>(repeating: 0)
        var at = range.lowerBound
        for index in 0..<6 {
            at = bytes.first(0x20, in: at..<range.upperBound)
            guard at < range.upperBound else { return nil }
            at += 1
            starts[index] = at
        }
        fields = Fields(
            timestamp: starts[0]..<starts[1] - 1, hostname: starts[1]..<starts[2] - 1,
            ends: [starts[2] - 1, starts[3] - 1, starts[4] - 1, starts[5] - 1], structuredData: at)
        end = range.upperBound
        self.at = at
        token = at..<at
        gap = at
    }

    /// The surroundings of `offset`.
    mutating func surroundings(of offset: Int, _ bytes: RawSpan) -> Surroundings {
        if offset < fields.structuredData { return headerField(offset) }
        if offset < gap {
            at = fields.structuredData
            token = at..<at
            gap = at
        }
        while true {
            if offset < token.lowerBound { return .structure }
            // The offset of a closing quote belongs to the value that it closes: nothing is left of it.
            if offset < token.upperBound || (isValue && offset == token.upperBound) {
                return isValue ? .string(token) : .word(token)
            }
            guard advance(bytes) else { return .structure }
        }
    }

    private func headerField(_ offset: Int) -> Surroundings {
        var start = fields.hostname.lowerBound
        guard offset >= start else { return .structure }
        for index in 0..<4 {
            if offset < fields.ends[index] { return .word(start..<fields.ends[index]) }
            start = fields.ends[index] + 1
        }
        return .structure
    }

    /// Goes to the next token; false at the end.
    private mutating func advance(_ bytes: RawSpan) -> Bool {
        gap = at
        while at < end {
            switch bytes.byte(at) {
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "="), 0x20:
                at += 1
            case UInt8(ascii: "\""):
                let value = at + 1
                at = value
                while at < end, bytes.byte(at) != UInt8(ascii: "\"") {
                    at += bytes.byte(at) == UInt8(ascii: "\\") ? 2 : 1
                }
                guard at < end else { return false }
                token = value..<at
                isValue = true
                at += 1
                return true
            default:
                let name = at
                while at < end, !bytes.byte(at).endsName { at += 1 }
                token = name..<at
                isValue = false
                return true
            }
        }
        return false
    }
}

extension UInt8 {
    fileprivate var endsName: Bool { self == UInt8(ascii: "=") || self == UInt8(ascii: "]") || self == 0x20 }
}

/// Tells the surroundings of places in a text: the JSON in it, and the strings in that.
struct TextMap {
    /// Objects and arrays that are looked at in one text; what follows them counts as text.
    static let documentLimit = 16
    /// Places that look like the beginning of JSON and are none, after which no more are looked for.
    static let failureLimit = 8

    private var documents = InlineArray<16, Range<Int>>(repeating: 0..<0)
    private var count = 0
    /// The string found last, and where the scan for it began; there is none between.
    private var string: Range<Int>
    private var gap: Int

    /// The map of `range` of `bytes`.
    init(_ bytes: RawSpan, _ range: Range<Int>) {
        string = range.lowerBound..<range.lowerBound
        gap = range.lowerBound
        var failures = 0
        var start = range.lowerBound
        while start < range.upperBound, count < Self.documentLimit, failures < Self.failureLimit {
            guard Self.mayBegin(bytes, start, range.upperBound) else {
                start += 1
                continue
            }
            if let end = JSONText.end(bytes, from: start, limit: range.upperBound) {
                documents[count] = start..<end
                count += 1
                start = end
            } else {
                failures += 1
                start += 1
            }
        }
    }

    /// Whether an object or array with a string may begin at `start`: `{"`, `["`, `[{`.
    private static func mayBegin(_ bytes: RawSpan, _ start: Int, _ limit: Int) -> Bool {
        let byte = bytes.byte(start)
        guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") else { return false }
        var next = start + 1
        while next < limit, next - start < 8, bytes.byte(next).isBlank { next += 1 }
        guard next < limit else { return false }
        return bytes.byte(next) == UInt8(ascii: "\"")
            || (byte == UInt8(ascii: "[") && bytes.byte(next) == UInt8(ascii: "{"))
    }

    /// The surroundings of `offset`.
    mutating func surroundings(of offset: Int, _ bytes: RawSpan) -> Surroundings {
        for index in 0..<count where offset >= documents[index].lowerBound && offset < documents[index].upperBound {
            return inside(documents[index], offset, bytes)
        }
        return .text
    }

    private mutating func inside(_ document: Range<Int>, _ offset: Int, _ bytes: RawSpan) -> Surroundings {
        if offset < gap || gap < document.lowerBound {
            gap = document.lowerBound
            string = gap..<gap
        }
        while true {
            if offset < string.lowerBound { return .json(document) }
            // The offset of a closing quote belongs to the string that it closes: nothing is left of it.
            if offset <= string.upperBound, !string.isEmpty || gap < string.lowerBound { return .string(string) }
            gap = string.lowerBound > gap ? string.upperBound + 1 : gap
            let quote = bytes.first(UInt8(ascii: "\""), in: gap..<document.upperBound)
            guard let close = JSONText.stringEnd(bytes, from: quote, limit: document.upperBound) else {
                return .json(document)
            }
            string = quote + 1..<close
        }
    }

    /// `range` and all of every object or array that it touches from outside.
    func extended(_ range: Range<Int>) -> Range<Int> {
        var extended = range
        for index in 0..<count where documents[index].overlaps(range) {
            extended = min(extended.lowerBound, documents[index].lowerBound)..<max(
                extended.upperBound, documents[index].upperBound)
        }
        return extended
    }
}
