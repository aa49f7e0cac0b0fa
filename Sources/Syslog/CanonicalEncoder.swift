/// Writes messages as canonical records: one line of RFC 5424 each, valid UTF-8, without LF, of bounded length.
///
/// The line is complete but for the relay's identity element, for which room is left. What it looks like:
/// - VERSION is 1. PRI, TIMESTAMP, HOSTNAME and so on are the sender's, where RFC 5424 allows them as they are; octets
///   that a header field cannot hold are escaped, fields that are too long are cut.
/// - C0 controls other than HT, DEL, and octets that are not well-formed UTF-8 become `#` and three octal digits, in
///   the MSG and in PARAM-VALUEs. Blanks at the end are dropped. A BOM stays.
/// - SD-IDs of the relay's own vocabulary (`waxwing@…`, `waxwing-…@…`, `received@…`, `redacted@…`, `headscale@…`) get
///   an `x-` in front, unless the source is a trusted relay. An SD-ID that this makes longer than 32 octets loses as
///   many octets in front of its `@`.
/// - Structured data with a name of more than 32 octets, or too long for a line, becomes part of the MSG.
/// - `[received@PEN …]` follows where the record would otherwise say less than is known.
/// - `-` is not written for missing structured data: the identity element will take its place.
///
/// A line is again a message: it parses as RFC 5424 with no problem but a duplicate SD-ID that was there before, and
/// encoding it again, as from a trusted relay, gives the same bytes.
public struct CanonicalEncoder: Sendable {
    /// Octets of each line that are left free for the identity element.
    public static let identityReserve = 160
    /// Octets that are left free in a record of a trusted relay, which left more itself: its line is not cut again.
    public static let relayReserve = 88
    /// The longest line there may be, in octets, identity element included.
    public static let lineLimitMax = 65_535
    /// The smallest limit there may be: room for any header and any `received` element.
    public static let lineLimitMin = 4_096

    /// The private enterprise number in the relay's own SD-IDs.
    public let pen: UInt32
    /// The longest line, in octets, identity element included.
    public let lineLimit: Int

    /// An encoder for the private enterprise number `pen` (32473 is the documentation's, RFC 5612) and lines of at most
    /// `lineLimit` octets.
    public init(pen: UInt32 = 32473, lineLimit: Int = lineLimitMax) {
        precondition(lineLimit >= Self.lineLimitMin, "a line needs room for any header")
        self.pen = pen
        self.lineLimit = lineLimit
    }

    // MARK: - Encoding

    /// Writes the line for `message`, which was parsed from `bytes`, at the end of `out`.
    ///
    /// `originalLength` is the framer's: 0, or the octets that the frame had before it was cut.
    public func encode(
        _ message: Message, from bytes: RawSpan, source: Source, originalLength: Int, into out: inout ByteWriter
    ) -> EncodedRecord {
        let start = out.count
        let end = Self.textEnd(message, bytes, wasCut: originalLength != 0)
        let isWhole: Bool
        let split: Int
        let head: HeadPlaces
        if isCanonicalHead(message, source) {
            head = message.headPlaces
            if source.sender.isEmpty {
                split = Int(message.elements.end)
                isWhole = copy(message, bytes, end, room(source), into: &out)
            } else {
                out.append(bytes, 0..<Int(message.elements.end))
                ReceivedElement(message, source, encoder: self, bytes)
                    .write(message, bytes, source, isAlone: false, into: &out)
                split = out.count - start
                isWhole = writeText(
                    message, bytes, Int(message.text.start)..<max(Int(message.text.start), end), start + room(source),
                    into: &out)
            }
        } else {
            head = writeHeader(message, bytes, source, into: &out)
            let header = out.count
            let received = ReceivedElement(message, source, encoder: self, bytes)
            var textStart = Int(message.text.start)
            if !writeElements(message, bytes, source, received, from: start, into: &out) {
                out.truncate(to: header)
                received.write(message, bytes, source, isAlone: true, into: &out)
                textStart = Int(message.elements.start)
            }
            split = out.count - start
            isWhole = writeText(
                message, bytes, textStart..<max(textStart, end), start + room(source), into: &out)
        }
        let length = originalLength != 0 ? originalLength : isWhole ? 0 : bytes.byteCount
        return EncodedRecord(split: split, originalLength: length, head: head)
    }

    /// Octets that a line may have before its identity element.
    @inline(__always)
    private func room(_ source: Source) -> Int {
        lineLimit - (source.trustedRelay ? Self.relayReserve : Self.identityReserve)
    }

    /// Where the MSG ends: without the blanks at its end, and without the first octets of a character that a cut has
    /// left of it.
    @inline(__always)
    private static func textEnd(_ message: Message, _ bytes: RawSpan, wasCut: Bool) -> Int {
        let start = Int(message.elements.end)
        var end = Int(message.text.end)
        if wasCut { end = bytes.withoutPartOfCharacter(from: start, to: end) }
        while end > start, bytes.byte(end - 1).isBlank { end -= 1 }
        return end
    }

    // MARK: - A message that is canonical already

    /// Octets that an element takes which says nothing but who the sender is.
    private static let senderReserve = 32 + SenderText.lengthMax

    /// Whether everything in front of the MSG can be copied.
    @inline(__always)
    private func isCanonicalHead(_ message: Message, _ source: Source) -> Bool {
        message.format == .rfc5424
            && message.problems.isSubset(of: .structuredDataDuplicateID)
            && message.timestamp != nil
            && (!message.host.isEmpty || source.address.isEmpty)
            && (!message.hasReservedID || source.trustedRelay)
            && Int(message.elements.end) + (source.sender.isEmpty ? 0 : Self.senderReserve) <= room(source)
    }

    /// Copies the message, but for a `-` in place of structured data.
    @inline(__always)
    private func copy(
        _ message: Message, _ bytes: RawSpan, _ end: Int, _ room: Int, into out: inout ByteWriter
    ) -> Bool {
        let head = Int(message.elements.end)
        let tail = message.elements.isEmpty ? head + 1 : head
        let end = max(end, tail)
        let special = bytes.special(from: tail, to: end)
        if head == tail, special == end, end <= room {
            out.append(bytes, 0..<end)
            return true
        }
        out.append(bytes, 0..<head)
        return out.append(text: bytes, tail..<end, room: room - head)
    }

    // MARK: - Any other message

    private func writeHeader(
        _ message: Message, _ bytes: RawSpan, _ source: Source, into out: inout ByteWriter
    ) -> HeadPlaces {
        let start = out.count
        out.append(UInt8(ascii: "<"))
        out.append(decimal: UInt64(message.priority.value))
        out.append(">1 ")
        if message.timestamp == nil {
            out.append(UInt8(ascii: "-"))
        } else {
            message.writeTimestamp(from: bytes, into: &out)
        }
        out.append(UInt8(ascii: " "))
        let hostname = out.count
        if message.host.isEmpty, !source.address.isEmpty {
            Self.write(addressOf: source, into: &out)
        } else {
            _ = out.append(field: bytes, message.host.unchecked, limit: HeaderLimit.hostname)
        }
        out.append(UInt8(ascii: " "))
        let appName = out.count
        _ = out.append(field: bytes, message.app.unchecked, limit: HeaderLimit.appName)
        let appNameEnd = out.count
        out.append(UInt8(ascii: " "))
        _ = out.append(field: bytes, message.process.unchecked, limit: HeaderLimit.procID)
        out.append(UInt8(ascii: " "))
        _ = out.append(field: bytes, message.identifier.unchecked, limit: HeaderLimit.msgID)
        out.append(UInt8(ascii: " "))
        return HeadPlaces(hostname: hostname - start, appName: appName - start, appNameEnd: appNameEnd - start)
    }

    // By itself, so that the source is not copied for every record.
    @inline(never)
    private static func write(addressOf source: Source, into out: inout ByteWriter) {
        let address = source.address
        _ = out.append(field: address.bytes, 0..<address.bytes.byteCount, limit: HeaderLimit.hostname)
    }

    /// Writes the client's elements and the relay's, or says that the client's cannot be elements of a line.
    private func writeElements(
        _ message: Message, _ bytes: RawSpan, _ source: Source, _ received: ReceivedElement, from start: Int,
        into out: inout ByteWriter
    ) -> Bool {
        guard !message.problems.contains(.structuredDataNameTooLong) else { return false }
        if !message.elements.isEmpty {
            if message.problems.contains(.structuredDataOctets) || (message.hasReservedID && !source.trustedRelay) {
                rewriteElements(message, bytes, source, into: &out)
            } else {
                out.append(bytes, message.elements.unchecked)
            }
        }
        received.write(message, bytes, source, isAlone: false, into: &out)
        return !out.overflowed && out.count - start <= room(source)
    }

    private func rewriteElements(_ message: Message, _ bytes: RawSpan, _ source: Source, into out: inout ByteWriter) {
        var reader = StructuredDataReader(bytes, message.structuredData)
        var isFirst = true
        while let item = reader.next() {
            switch item {
            case .element(let id):
                if !isFirst { out.append(UInt8(ascii: "]")) }
                isFirst = false
                out.append(UInt8(ascii: "["))
                if source.trustedRelay || ReservedID(bytes, id) == nil {
                    out.append(bytes, id)
                } else {
                    Self.write(renamed: bytes, id, into: &out)
                }
            case .parameter(let name, let value):
                out.append(UInt8(ascii: " "))
                out.append(bytes, name)
                out.append("=\"")
                out.append(value: bytes, value)
                out.append(UInt8(ascii: "\""))
            }
        }
        out.append(UInt8(ascii: "]"))
    }

    /// Writes `x-` and the SD-ID, shortened in front of the `@` to 32 octets.
    private static func write(renamed bytes: RawSpan, _ id: Range<Int>, into out: inout ByteWriter) {
        var at = id.upperBound - 1
        while bytes.byte(at) != UInt8(ascii: "@") { at -= 1 }
        let excess = max(0, id.count + 2 - StructuredDataScan.nameLimit)
        out.append("x-")
        out.append(bytes, id.lowerBound..<at - excess)
        out.append(bytes, at..<id.upperBound)
    }

    /// Writes a space and the MSG, if there is one, up to the offset `limit` of `out`, and says whether all of it went
    /// in.
    private func writeText(
        _ message: Message, _ bytes: RawSpan, _ range: Range<Int>, _ limit: Int, into out: inout ByteWriter
    ) -> Bool {
        let before = out.count
        let hasBOM = message.hasBOM && range.lowerBound == Int(message.text.start)
        guard !range.isEmpty || hasBOM else { return true }
        out.append(UInt8(ascii: " "))
        if hasBOM { out.append("\u{FEFF}") }
        let text = out.count
        let left = limit - text
        guard left >= 0 else {
            out.truncate(to: before)
            return false
        }
        let isWhole = out.append(text: bytes, range, room: left)
        if out.count == text, !hasBOM, !out.overflowed { out.truncate(to: before) }
        return isWhole
    }
}

extension Message {
    /// Where the fields stand of a header that is copied as it is; a field that is not there is a `-`.
    @inline(__always)
    fileprivate var headPlaces: HeadPlaces {
        let hostname = Int(stamp.end) + 1
        let appName = (host.isEmpty ? hostname + 1 : Int(host.end)) + 1
        return HeadPlaces(
            hostname: hostname, appName: appName, appNameEnd: app.isEmpty ? appName + 1 : Int(app.end))
    }
}

/// The longest header fields, RFC 5424 section 6.
enum HeaderLimit {
    static let hostname = 255
    static let appName = 48
    static let procID = 128
    static let msgID = 32
}
