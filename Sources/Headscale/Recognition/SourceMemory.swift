/// What is remembered of the last records of each source (host, tag and process), so that a record can be joined with
/// those before it. Nothing is ever held back: what is learned goes into the later record.
///
/// There is room for ``slotCount`` sources; with more, those forget each other's records, which costs joins and nothing
/// else.
struct SourceMemory: ~Copyable {
    static let slotCount = 64
    /// Records that are taken for one fact, or for cause and effect, are at most so many seconds apart by their own times.
    static let secondsApart: Int64 = 2
    /// The longest text of a refusal that is kept for the access log's record, in octets.
    static let refusalLimit = 192
    /// Facts that are remembered of a source.
    static let factCount = 8

    /// A refusal (`user msg: …`) whose line in the access log has not come yet.
    struct Refusal: BitwiseCopyable {
        let status: UInt64
        let event: FixedText
        let seconds: Int64
        /// How the text is written.
        let form: FieldValue.Form
        fileprivate(set) var error = InlineArray<192, UInt8>(repeating: 0)
        fileprivate(set) var length = 0

        var text: RawSpan {
            @_lifetime(borrow self)
            borrowing get { unsafe error.span.bytes.extracting(first: length) }
        }
    }

    /// Something that happened to a node, stated by the message with the number `message`; -1 for no message.
    private struct Fact: BitwiseCopyable {
        var event = FixedText("")
        var message = -1
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
        var refusal: Refusal?
        var facts = InlineArray<8, Fact>(repeating: Fact())
        var nextFact = 0
    }

    private var slots = [Slot](repeating: Slot(), count: slotCount)

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
        if slots[index].key != key { slots[index] = Slot(key: key) }
        slots[index].meaning = meaning
        slots[index].isEmpty = isEmpty
        slots[index].level = level
        slots[index].part = 1
    }

    // MARK: - Two lines for one fact

    /// Notes that `message` says that `event` happened to a node, and returns whether another message has just said so.
    mutating func isRepeated(_ key: UInt64, event: FixedText, message: Int, node: UInt64, at seconds: Int64) -> Bool {
        let index = Self.index(key)
        guard slots[index].key == key else { return false }
        for number in 0..<Self.factCount {
            let fact = slots[index].facts[number]
            if fact.message >= 0, fact.message != message, fact.node == node, fact.event == event,
                abs(fact.seconds - seconds) <= Self.secondsApart
            {
                slots[index].facts[number].message = -1
                return true
            }
        }
        let next = slots[index].nextFact
        slots[index].facts[next] = Fact(event: event, message: message, node: node, seconds: seconds)
        slots[index].nextFact = (next + 1) % Self.factCount
        return false
    }

    // MARK: - Refusals

    /// Notes a refusal with the status that the access log will show for it.
    mutating func note(
        _ key: UInt64, refusal event: FixedText, status: UInt64, at seconds: Int64, error: RawSpan,
        _ form: FieldValue.Form
    ) {
        let index = Self.index(key)
        guard slots[index].key == key else { return }
        var refusal = Refusal(status: status, event: event, seconds: seconds, form: form)
        refusal.length = min(error.byteCount, Self.refusalLimit)
        while refusal.length > 0, refusal.length < error.byteCount, error.byte(refusal.length) & 0xC0 == 0x80 {
            refusal.length -= 1
        }
        for offset in 0..<refusal.length { refusal.error[offset] = error.byte(offset) }
        slots[index].refusal = refusal
    }

    /// The refusal that a record of the access log with this status belongs to, which is then forgotten.
    mutating func takeRefusal(_ key: UInt64, status: UInt64, at seconds: Int64) -> Refusal? {
        let index = Self.index(key)
        guard slots[index].key == key, let refusal = slots[index].refusal, refusal.status == status,
            abs(refusal.seconds - seconds) <= Self.secondsApart
        else { return nil }
        slots[index].refusal = nil
        return refusal
    }

    @inline(__always)
    private static func index(_ key: UInt64) -> Int { Int(key % UInt64(slotCount)) }
}
