/// Tells the surroundings of places in a text: the JSON in it, and the strings in that.
struct TextMap {
    /// Objects and arrays that are looked at in one text; what follows them counts as text.
    static let documentLimit = 16
    /// Places that look like the beginning of JSON and are none, after which no more are looked for.
    static let failureLimit = 8

    private var documents = InlineArray<16, Range<Int>>(repeating: 0..<0)
    private var count = 0
    /// The string found last, and where the scan for it began; there is none between.
    private var string: Range<Int>?
    private var gap: Int

    /// The map of `range` of `bytes`.
    init(_ bytes: RawSpan, _ range: Range<Int>) {
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
            string = nil
        }
        while true {
            if let string {
                if offset < string.lowerBound { return .json(document) }
                // The offset of a closing quote belongs to the string that it closes: nothing is left of it.
                if offset <= string.upperBound { return .string(string) }
                gap = string.upperBound + 1
            }
            let quote = bytes.first(UInt8(ascii: "\""), in: gap..<document.upperBound)
            guard let close = JSONText.stringEnd(bytes, from: quote, limit: document.upperBound) else {
                string = nil
                return .json(document)
            }
            string = quote + 1..<close
        }
    }

    /// `range` and all of every object or array that it touches from outside.
    func extended(_ range: Range<Int>) -> Range<Int> {
        var extended = range
        for index in 0..<count where documents[index].overlaps(range) {
            extended =
                min(
                    extended.lowerBound, documents[index].lowerBound)..<max(
                    extended.upperBound, documents[index].upperBound)
        }
        return extended
    }
}
