internal import Syslog

/// What is remembered of the last records of each source (host, tag and process), so that a record can be joined with
/// those before it. Nothing is ever held back: what is learned goes into the later record.
///
/// There is room for ``slotCount`` sources, each in the place that its key decides. Two of one place forget each other's
/// records, which costs joins, and what is only known of a source by its earlier records.
struct SourceMemory: ~Copyable {
    static let slotCount = 256
    /// Records that are taken for one fact, or for cause and effect, are at most so many seconds apart by their own times.
    static let secondsApart: Int64 = 2
    /// The longest text of a refusal that is kept for the access log's record, in octets.
    static let refusalLimit = 192
    /// Facts that are remembered of a source.
    static let factCount = 8
    /// Refusals that are remembered of a source.
    static let refusalCount = 4

    /// A refusal (`user msg: …`) whose line in the access log has not come yet.
    private struct Refusal: BitwiseCopyable {
        var status: UInt64 = 0
        var event = FixedText("")
        var seconds: Int64 = 0
        var form = FieldValue.Form.plain
        var error = InlineArray<192, UInt8>(repeating: 0)
        var length = 0
    }

    /// Something that happened to a node, stated by the message with the number `message`; -1 for no message.
    private struct Fact: BitwiseCopyable {
        var event = FixedText("")
        var message: Int32 = -1
        var node: UInt64 = 0
        var seconds: Int64 = 0
    }

    private struct Slot: BitwiseCopyable {
        var key: UInt64 = 0
        /// What the record tells that lines without a start of their own belong to.
        var meaning: Meaning?
        /// Whether the record's first line has no message.
        var isEmpty = false
        var level: Level?
        var part: UInt32 = 0
        /// Which refusals wait for their requests: bit n is set for the n-th of the source.
        var waiting: UInt8 = 0
        var nextRefusal: UInt8 = 0
        var facts: UInt8 = 0
        var nextFact: UInt8 = 0
    }

    // Apart from one another, so that forgetting a source costs only what is in its slot.
    private var slots = [Slot](repeating: Slot(), count: slotCount)
    private var refusals = [Refusal](repeating: Refusal(), count: slotCount * refusalCount)
    private var facts = [Fact](repeating: Fact(), count: slotCount * factCount)

    /// Whether a record of this source is remembered: it is Headscale's then, whatever it calls itself.
    func knows(_ key: UInt64) -> Bool { slots[Self.index(key)].key == key }

    /// Whether the last record of this source has had no message so far.
    func awaitsMessage(_ key: UInt64) -> Bool { slots[Self.index(key)].key == key && slots[Self.index(key)].isEmpty }

    // MARK: - Records of several lines

    /// What the record tells that a line without a start of its own belongs to, and the line's number in it, the first
    /// being 1. `meaning` is the line's own, if it has one: it is the record's if that has none.
    mutating func continuation(
        _ key: UInt64, _ meaning: Meaning?
    ) -> (meaning: Meaning, level: Level?, part: UInt32)? {
        let index = Self.index(key)
        guard slots[index].key == key, let before = slots[index].meaning, meaning == nil || slots[index].isEmpty else {
            return nil
        }
        if let meaning { slots[index].meaning = meaning }
        slots[index].part &+= 1
        return (meaning ?? before, slots[index].level, slots[index].part)
    }

    /// A record has begun, of which there may be more lines; nil for a line that may be anything.
    @inline(__always)
    mutating func begin(_ key: UInt64, _ meaning: Meaning?, level: Level?, isEmpty: Bool = false) {
        let index = Self.index(key)
        if slots[index].key != key {
            slots[index] = Slot()
            slots[index].key = key
        }
        slots[index].meaning = meaning
        slots[index].isEmpty = isEmpty
        slots[index].level = level
        slots[index].part = 1
    }

    // MARK: - Two lines for one fact

    /// Notes that `message` says that `event` happened to a node, and returns whether another message has just said so.
    mutating func isRepeated(_ key: UInt64, event: FixedText, message: Int32, node: UInt64, at seconds: Int64) -> Bool {
        let index = Self.index(key)
        guard slots[index].key == key else { return false }
        let first = index * Self.factCount
        for number in first..<first + Int(slots[index].facts) {
            let fact = facts[number]
            if fact.message >= 0, fact.message != message, fact.node == node, fact.event == event,
                abs(fact.seconds - seconds) <= Self.secondsApart
            {
                facts[number].message = -1
                return true
            }
        }
        facts[first + Int(slots[index].nextFact)] = Fact(event: event, message: message, node: node, seconds: seconds)
        slots[index].nextFact = (slots[index].nextFact + 1) % UInt8(Self.factCount)
        slots[index].facts = min(slots[index].facts + 1, UInt8(Self.factCount))
        return false
    }

    // MARK: - Refusals

    /// Notes a refusal with the status that the access log will show for it.
    mutating func note(
        _ key: UInt64, refusal event: FixedText, status: UInt64, at seconds: Int64, error: RawSpan,
        _ form: FieldValue.Form
    ) {
        let slot = Self.index(key)
        guard slots[slot].key == key else { return }
        var length = min(error.byteCount, Self.refusalLimit)
        while length > 0, length < error.byteCount, error.byte(length) & 0xC0 == 0x80 { length -= 1 }
        let number = slots[slot].nextRefusal
        slots[slot].nextRefusal = (number + 1) % UInt8(Self.refusalCount)
        slots[slot].waiting |= 1 << number
        let index = slot * Self.refusalCount + Int(number)
        refusals[index].status = status
        refusals[index].event = event
        refusals[index].seconds = seconds
        refusals[index].form = form
        refusals[index].length = length
        for offset in 0..<length { refusals[index].error[offset] = error.byte(offset) }
    }

    /// The number of the oldest refusal that a record of the access log with this status belongs to, for a path under
    /// which such refusals happen. It is forgotten, and can be written until the next is noted.
    mutating func takeRefusal(_ key: UInt64, status: UInt64, path: AccessLog.Area, at seconds: Int64) -> Int32? {
        let slot = Self.index(key)
        guard slots[slot].key == key else { return nil }
        for step in 0..<UInt8(Self.refusalCount) where slots[slot].waiting != 0 {
            let number = (slots[slot].nextRefusal + step) % UInt8(Self.refusalCount)
            let index = slot * Self.refusalCount + Int(number)
            guard slots[slot].waiting >> number & 1 == 1, refusals[index].status == status,
                abs(refusals[index].seconds - seconds) <= Self.secondsApart, path.hasRefusal(refusals[index].event)
            else { continue }
            slots[slot].waiting &= ~(1 << number)
            return Int32(index)
        }
        return nil
    }

    /// Appends what a refusal tells: its event as `reason`, and its text, unless the record has an error of its own.
    func write(refusal number: Int32, withError: Bool, into out: inout ByteWriter) {
        let index = Int(number)
        out.append(" reason=\"")
        out.append(refusals[index].event.bytes)
        out.append(UInt8(ascii: "\""))
        guard withError, refusals[index].length > 0 else { return }
        let error = refusals[index].error
        out.append(" error=\"")
        out.append(
            value: unsafe error.span.bytes, 0..<refusals[index].length, refusals[index].form, limit: Self.refusalLimit)
        out.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func index(_ key: UInt64) -> Int { Int(key % UInt64(slotCount)) }
}
