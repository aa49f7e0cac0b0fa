/// The elements in which a record says what its header cannot: `[received@PEN …]` and two of RFC 5424's own.
///
/// | parameter of `received` | when |
/// |---|---|
/// | `time` | `guessed-year`, `configured-zone` or `received`: TIMESTAMP is not all the sender's |
/// | `time` | the time of receipt, for a NILVALUE, which stays |
/// | `host="received"` | HOSTNAME is the peer's address |
/// | `stamp` | the sender's TIMESTAMP that names no time, or a leap second |
/// | `pri`, `version` | the sender's number, where it is not 0 to 191, not 1 |
/// | `hostname`, `app`, `procid`, `msgid` | the first 512 octets of a field that had to be cut |
/// | what ``Source/sender`` has | the peer is known |
///
/// `[meta sequenceId="…"]` holds a Cisco sequence number that RFC 5424 allows (1 to 2147483647, section 7.3.1),
/// `[timeQuality isSynced="0"]` a clock that the sender marks as not synchronised (section 7.1). A complete message of
/// an unknown peer has none of these.
struct ReceivedElement {
    private let encoder: CanonicalEncoder
    /// A relay before this one has written a `received` element; there can be only one, and it knew more. Or it has
    /// given the record its identity, behind which nothing may be added.
    private let isPresent: Bool

    /// Octets of a cut field that are kept.
    private static let fieldLimit = 512

    init(_ message: Message, _ source: Source, encoder: CanonicalEncoder, _ bytes: RawSpan) {
        self.encoder = encoder
        isPresent = message.hasReservedID && source.trustedRelay && Self.isComplete(encoder.pen, message, bytes)
    }

    private static func isComplete(_ pen: UInt32, _ message: Message, _ bytes: RawSpan) -> Bool {
        var reader = StructuredDataReader(bytes, message.structuredData)
        while let item = reader.next() {
            guard case .element(let id) = item, let reserved = ReservedID(bytes, id) else { continue }
            if reserved == .identity { return true }
            guard reserved == .received, id.dropFirst(9).allSatisfy({ bytes.byte($0).isDigit }) else { continue }
            var number: UInt64 = 0
            for index in id.dropFirst(9) { number = min(number * 10 + UInt64(bytes.byte(index).digitValue), 1 << 40) }
            // `received@032473` is another SD-ID.
            if number == UInt64(pen), ByteWriter.digits(number) == id.count - 9 { return true }
        }
        return false
    }

    // MARK: - Writing

    /// Appends what there is to say, at most about 3,000 octets, usually nothing. `isAlone`: the message's own elements
    /// are not written.
    func write(
        _ message: Message, _ bytes: RawSpan, _ source: Source, isAlone: Bool, into out: inout ByteWriter
    ) {
        writeStandardElements(message, bytes, into: &out)
        guard isAlone || !isPresent else { return }
        var isOpen = false
        writeTime(message, bytes, source, &isOpen, into: &out)
        if message.host.isEmpty, !source.address.isEmpty {
            open("host", &isOpen, into: &out)
            out.append("received\"")
        }
        if !message.priorityText.isEmpty {
            write("pri", bytes, message.priorityText, &isOpen, into: &out)
        }
        if let version = message.version, version != 1 {
            open("version", &isOpen, into: &out)
            out.append(decimal: UInt64(version))
            out.append(UInt8(ascii: "\""))
        }
        writeIfCut("hostname", bytes, message.host, HeaderLimit.hostname, &isOpen, into: &out)
        writeIfCut("app", bytes, message.app, HeaderLimit.appName, &isOpen, into: &out)
        writeIfCut("procid", bytes, message.process, HeaderLimit.procID, &isOpen, into: &out)
        writeIfCut("msgid", bytes, message.identifier, HeaderLimit.msgID, &isOpen, into: &out)
        if !source.sender.isEmpty {
            begin(&isOpen, into: &out)
            out.append(source.sender.bytes)
        }
        if isOpen { out.append(UInt8(ascii: "]")) }
    }

    private func writeStandardElements(_ message: Message, _ bytes: RawSpan, into out: inout ByteWriter) {
        if message.problems.contains(.clockNotSynchronised) { out.append("[timeQuality isSynced=\"0\"]") }
        // At most ten digits.
        let number = message.sequence.unchecked.reduce(UInt64(0)) { $0 * 10 + UInt64(bytes.byte($1).digitValue) }
        if 1...0x7FFF_FFFF ~= number {
            out.append("[meta sequenceId=\"")
            out.append(decimal: number)
            out.append("\"]")
        }
    }

    private func writeTime(
        _ message: Message, _ bytes: RawSpan, _ source: Source, _ isOpen: inout Bool, into out: inout ByteWriter
    ) {
        if message.timestamp == nil {
            open("time", &isOpen, into: &out)
            source.receivedAt.utcMilliseconds.write(into: &out)
            out.append(UInt8(ascii: "\""))
        } else {
            switch message.timestampSource {
            case .message: break
            case .guessedYear: write("time", "guessed-year\"", &isOpen, into: &out)
            case .configuredZone: write("time", "configured-zone\"", &isOpen, into: &out)
            case .received: write("time", "received\"", &isOpen, into: &out)
            }
        }
        if !message.problems.isDisjoint(with: [.timestampInvalid, .timestampLeapSecond]) {
            write("stamp", bytes, message.stamp, &isOpen, into: &out)
        }
    }

    // MARK: - Parameters

    /// Appends the head of the element, before the first parameter.
    private func begin(_ isOpen: inout Bool, into out: inout ByteWriter) {
        guard !isOpen else { return }
        out.append("[received@")
        out.append(decimal: UInt64(encoder.pen))
        isOpen = true
    }

    /// Appends ` name="`, and the head of the element before the first.
    private func open(_ name: StaticString, _ isOpen: inout Bool, into out: inout ByteWriter) {
        begin(&isOpen, into: &out)
        out.append(UInt8(ascii: " "))
        out.append(name)
        out.append("=\"")
    }

    private func write(
        _ name: StaticString, _ value: StaticString, _ isOpen: inout Bool, into out: inout ByteWriter
    ) {
        open(name, &isOpen, into: &out)
        out.append(value)
    }

    private func write(
        _ name: StaticString, _ bytes: RawSpan, _ field: Message.Field, _ isOpen: inout Bool, into out: inout ByteWriter
    ) {
        open(name, &isOpen, into: &out)
        out.append(quoting: bytes, field.unchecked, limit: Self.fieldLimit)
        out.append(UInt8(ascii: "\""))
    }

    /// Appends a field whose escaped form is longer than `limit`.
    private func writeIfCut(
        _ name: StaticString, _ bytes: RawSpan, _ field: Message.Field, _ limit: Int, _ isOpen: inout Bool,
        into out: inout ByteWriter
    ) {
        let range = field.unchecked
        guard range.count * 4 > limit else { return }
        var length = 0
        for index in range where length <= limit { length += bytes.byte(index).isPrintable ? 1 : 4 }
        if length > limit { write(name, bytes, field, &isOpen, into: &out) }
    }
}
