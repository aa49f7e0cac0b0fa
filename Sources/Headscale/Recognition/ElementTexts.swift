internal import Syslog

/// Texts that elements are put together of: their beginnings, which say what a record tells and of which few make up a
/// log, and what opens each parameter. Each is made once and then copied.
@safe
struct ElementTexts: ~Copyable {
    private static let slotCount = 1024
    /// Octets of a text, so that the longest fits with room to spare.
    private static let slotSize = 256

    /// What a slot's text is of.
    private struct Key: BitwiseCopyable, Equatable {
        /// Where the event's name lies.
        var event: UInt = 0
        /// Outcome, category, service, level and format, a byte each.
        var words: UInt64 = 0
    }

    private let enterpriseNumber: UInt32
    private var keys = [Key](repeating: Key(), count: slotCount)
    private var lengths = [UInt8](repeating: 0, count: slotCount)
    private let texts: UnsafeMutableRawBufferPointer

    init(enterpriseNumber: UInt32) {
        self.enterpriseNumber = enterpriseNumber
        unsafe texts = .allocate(byteCount: Self.slotCount * Self.slotSize, alignment: 16)
    }

    deinit { unsafe texts.deallocate() }

    // MARK: - Parameters

    /// Octets between two openings: more than the longest has, and as many as a short copy reads.
    private static let openingSize = 32

    private let openings = ElementTexts.makeOpenings()

    private static func makeOpenings() -> [UInt8] {
        var all = [UInt8](repeating: 0, count: Field.count * openingSize)
        for field in Field.allCases {
            let opening = field.opening.map { Array("\($0)".utf8) } ?? []
            precondition(opening.count < openingSize)
            let start = Int(field.rawValue) * openingSize
            all[start] = UInt8(opening.count)
            all.replaceSubrange(start + 1..<start + 1 + opening.count, with: opening)
        }
        return all + [UInt8](repeating: 0, count: openingSize)
    }

    /// Appends what opens the parameter of a field.
    @inline(__always)
    func open(_ field: Int, into out: inout ByteWriter) {
        let start = field * Self.openingSize
        out.append(short: unsafe openings.span.bytes, start + 1..<start + 1 + Int(openings[start]))
    }

    // MARK: - Time

    /// The last second that was written: many lines have the same.
    private var second: UInt64 = .max
    private var secondText = [UInt8](repeating: 0, count: 64)
    private var secondLength = 0

    /// Appends the parameter `time` for seconds since 1970; nothing if RFC 3339 cannot express them.
    @inline(__always)
    mutating func write(second: UInt64, into out: inout ByteWriter) {
        if second != self.second { fill(second) }
        out.append(short: unsafe secondText.span.bytes, 0..<secondLength)
    }

    @inline(never)
    private mutating func fill(_ second: UInt64) {
        self.second = second
        secondLength = 0
        guard Timestamp.secondsRange.contains(Int64(clamping: second)) else { return }
        var text = [UInt8](repeating: 0, count: secondText.count)
        secondLength = unsafe text.withUnsafeMutableBytes { memory in
            guard let base = memory.baseAddress else { return 0 }
            var out = unsafe ByteWriter(unsafeOver: base, capacity: memory.count)
            out.append(#" time=""#)
            Timestamp(seconds: Int64(second), fractionDigits: 0).write(into: &out)
            out.append(UInt8(ascii: "\""))
            return out.count
        }
        secondText = text
    }

    // MARK: - Beginnings

    /// Appends the beginning of the element of a record with `finding`: all that is in it and not in the line.
    @inline(__always)
    mutating func write(_ finding: Finding, into out: inout ByteWriter) {
        let (meaning, level) = (finding.meaning, finding.level.map { $0.rawValue + 1 } ?? 0)
        let words =
            UInt64(meaning.outcome.rawValue) | UInt64(meaning.category.rawValue) << 8
            | UInt64(meaning.service.rawValue) << 16 | UInt64(level) << 24 | UInt64(finding.format.rawValue) << 32
        let key = Key(event: meaning.event.address, words: words)
        let mixed = UInt64(key.event) ^ words &* 0xFF51_AFD7_ED55_8CCD
        let first = Int((mixed &* 0x9E37_79B9_7F4A_7C15) >> 54)
        let slot = keys[first] == key ? first : place(of: key, first, finding)
        let start = slot * Self.slotSize
        out.append(unsafe texts.bytes, start..<start + Int(lengths[slot]))
    }

    /// Where the text of `key` is, or is put: each has four places.
    @inline(never)
    private mutating func place(of key: Key, _ first: Int, _ finding: Finding) -> Int {
        for way in 1..<4 where keys[first ^ way] == key { return first ^ way }
        let slot = (0..<4).map { first ^ $0 }.first { keys[$0].event == 0 } ?? first
        fill(slot, key, finding)
        return slot
    }

    private mutating func fill(_ slot: Int, _ key: Key, _ finding: Finding) {
        guard let base = unsafe texts.baseAddress else { return }
        var out = unsafe ByteWriter(unsafeOver: base + slot * Self.slotSize, capacity: Self.slotSize - 1)
        out.append("[headscale@")
        out.append(decimal: UInt64(enterpriseNumber))
        Self.append(#" event=""#, finding.meaning.event, into: &out)
        Self.append(#"" outcome=""#, FixedText(finding.meaning.outcome.name), into: &out)
        Self.append(#"" category=""#, FixedText(finding.meaning.category.name), into: &out)
        Self.append(#"" service=""#, FixedText(finding.meaning.service.name), into: &out)
        if let level = finding.level { Self.append(#"" level=""#, FixedText(level.name), into: &out) }
        Self.append(#"" format=""#, FixedText(finding.format.name), into: &out)
        out.append(UInt8(ascii: "\""))
        precondition(!out.overflowed, "names of events are short")
        keys[slot] = key
        lengths[slot] = UInt8(out.count)
    }

    private static func append(_ opening: StaticString, _ value: FixedText, into out: inout ByteWriter) {
        out.append(opening)
        out.append(value.bytes)
    }
}
