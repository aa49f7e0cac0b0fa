import Syslog

/// A record of the dead letters' ledger: one that a destination will never take, or what became of it.
///
/// A canonical line as any other, with MSGID `DEADLETTER` and the original line as its message:
/// `[deadletter@PEN destination="siem" index="4711" status="400" reason="…"]`. `DEADLETTER-RESENT` and
/// `DEADLETTER-DROPPED` close it; they have the first two parameters and no message.
public struct DeadLetter: Equatable, Sendable {
    public enum Kind: String, Sendable {
        case stored = "DEADLETTER"
        case resent = "DEADLETTER-RESENT"
        case dropped = "DEADLETTER-DROPPED"
    }

    /// Which record of the main ledger it is about, and which destination.
    public struct Key: Hashable, Sendable {
        public var destination: String
        public var index: UInt64

        public init(destination: String, index: UInt64) {
            self.destination = destination
            self.index = index
        }
    }

    /// Octets of a reason at most; longer ones are cut.
    public static let reasonLimit = 512

    public var kind: Kind
    public var key: Key
    /// The HTTP status, or the record's own; 0 if there is none.
    public var status = 0
    public var reason = ""
    /// Whether there was no room for all of the original line.
    public private(set) var isCut = false

    public init(_ kind: Kind, _ key: Key, status: Int = 0, reason: String = "") {
        self.kind = kind
        self.key = key
        self.status = status
        self.reason = reason
    }

    // MARK: - Reading

    /// The dead letter that a line is, and where the original line is in it; nil for anything else, such as a seal.
    public static func parse(_ line: RawSpan) -> (letter: DeadLetter, original: Range<Int>)? {
        let message = Message.parse(line, at: Timestamp(seconds: 0))
        guard let msgID = message.msgID, line.hasPrefix("DEADLETTER", msgID),
            let kind = Kind(rawValue: text(line, msgID))
        else { return nil }
        var reader = StructuredDataReader(line, message.structuredData)
        var (destination, index): (String?, UInt64?) = (nil, nil)
        var letter = DeadLetter(kind, Key(destination: "", index: 0))
        var (isInside, isIdentity) = (false, false)
        while let item = reader.next() {
            switch item {
            case .element(let id):
                isInside = line.hasPrefix("deadletter@", id)
                isIdentity = line.hasPrefix("waxwing@", id)
            case .parameter(let name, let value):
                if isIdentity, line.equals("trunc", name) { letter.isCut = true }
                guard isInside else { continue }
                let text = String(decoding: StructuredDataReader.unescaped(line, value), as: UTF8.self)
                if line.equals("destination", name) { destination = text }
                if line.equals("index", name) { index = UInt64(text) }
                if line.equals("status", name) { letter.status = Int(text) ?? 0 }
                if line.equals("reason", name) { letter.reason = text }
            }
        }
        guard let destination, let index else { return nil }
        letter.key = Key(destination: destination, index: index)
        return (letter, message.message)
    }

    private static func text(_ line: RawSpan, _ range: Range<Int>) -> String {
        String(decoding: range.map { line.byte($0) }, as: UTF8.self)
    }

    // MARK: - Writing

    /// Who writes, and when.
    struct Heading {
        var hostname: String
        var processID: Int32
        var enterpriseNumber: UInt32
        var time: Timestamp
    }

    /// Writes the line, with `original` as its message, cut if there is no room for all of it. Returns where the
    /// identity goes, and the octets of `original` if it was cut, else 0.
    func write(
        _ heading: Heading, original: RawSpan, into writer: inout ByteWriter
    ) -> (split: Int, originalLength: Int) {
        writer.append(kind == .stored ? "<108>1 " : "<110>1 ")
        heading.time.write(into: &writer)
        writer.append(Array(" \(heading.hostname) waxwing \(heading.processID) \(kind.rawValue) ".utf8))
        writer.append(Array("[deadletter@\(heading.enterpriseNumber) destination=\"".utf8))
        writer.append(Self.escaped(key.destination, limit: 64))
        writer.append(Array("\" index=\"\(key.index)\"".utf8))
        if kind == .stored {
            writer.append(Array(" status=\"\(status)\" reason=\"".utf8))
            writer.append(Self.escaped(reason, limit: Self.reasonLimit))
            writer.append("\"")
        }
        writer.append("]")
        let split = writer.count
        guard original.byteCount > 0 else { return (split, 0) }
        let room = CanonicalEncoder.lineLimitMax - CanonicalEncoder.identityReserve - split - 1
        let end = Self.characterEnd(original, atMost: room)
        writer.append(" ")
        writer.append(original, 0..<end)
        return (split, end < original.byteCount ? original.byteCount : 0)
    }

    /// `text` as a PARAM-VALUE (RFC 5424 §6.3.3) of at most `limit` octets before escaping, without controls.
    private static func escaped(_ text: String, limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var count = 0
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control
            let character = isControl ? [0x20] : Array(String(scalar).utf8)
            count += character.count
            guard count <= limit else { break }
            if scalar == "\"" || scalar == "\\" || scalar == "]" { bytes.append(UInt8(ascii: "\\")) }
            bytes += character
        }
        return bytes
    }

    /// Where the last whole character within the first `limit` octets ends; a blank at the end counts for nothing.
    private static func characterEnd(_ text: RawSpan, atMost limit: Int) -> Int {
        guard text.byteCount > limit else { return text.byteCount }
        var end = limit
        while end > 0, text.byte(end) & 0xC0 == 0x80 { end -= 1 }
        while end > 0, text.byte(end - 1) == 0x20 || text.byte(end - 1) == 0x09 { end -= 1 }
        return end
    }
}
