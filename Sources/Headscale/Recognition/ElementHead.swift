internal import Syslog

/// The beginning of the element, which says what a record tells: few of them make up a log, so they are put together once
/// and then copied.
@safe
struct ElementHead: ~Copyable {
    private static let slotCount = 256
    /// Octets of a text, so that the longest fits with room to spare.
    private static let slotSize = 256

    /// What a slot's text is of.
    private struct Key: BitwiseCopyable, Equatable {
        var event: UInt = 0
        var outcome: UInt = 0
        var category: UInt = 0
        var level: UInt8 = 0
        var format: UInt8 = 0
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

    /// Appends the beginning of the element of a record with `finding`: all that is in it and not in the line.
    @inline(__always)
    mutating func write(_ finding: Finding, into out: inout ByteWriter) {
        let key = Key(
            event: finding.meaning.event.address, outcome: finding.meaning.outcome.address,
            category: finding.meaning.category.address, level: finding.level.map { $0.rawValue + 1 } ?? 0,
            format: finding.format.rawValue)
        let mixed = key.event &+ key.outcome &* 31 &+ UInt(key.level) &* 7 &+ UInt(key.format)
        let slot = Int((mixed &* 0x9E37_79B9_7F4A_7C15) >> 56)
        if keys[slot] != key { fill(slot, key, finding) }
        let start = slot * Self.slotSize
        out.append(unsafe texts.bytes, start..<start + Int(lengths[slot]))
    }

    @inline(never)
    private mutating func fill(_ slot: Int, _ key: Key, _ finding: Finding) {
        guard let base = unsafe texts.baseAddress else { return }
        var out = unsafe ByteWriter(unsafeOver: base + slot * Self.slotSize, capacity: Self.slotSize - 1)
        out.append("[headscale@")
        out.append(decimal: UInt64(enterpriseNumber))
        Self.append(#" event=""#, finding.meaning.event, into: &out)
        Self.append(#"" outcome=""#, finding.meaning.outcome, into: &out)
        Self.append(#"" category=""#, finding.meaning.category, into: &out)
        Self.append(#"" service=""#, finding.meaning.service, into: &out)
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
