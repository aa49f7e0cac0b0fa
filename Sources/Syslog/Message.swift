/// A syslog message as it was understood: offsets into the bytes that were parsed, and a few numbers.
///
/// Parsing never fails. It tries RFC 5424, then RFC 3164 with what real senders make of it, then takes all of the bytes
/// for the text. What the sender got wrong is in ``problems``. The value owns nothing and is only of use together with
/// the bytes it was made from.
public struct Message: Sendable, BitwiseCopyable {
    /// How a message was understood.
    public enum Format: String, Sendable, BitwiseCopyable {
        /// RFC 5424: header, structured data and text.
        case rfc5424
        /// RFC 3164: a time stamp, or at least a tag.
        case rfc3164
        /// No header but perhaps a PRI; all else is text.
        case raw
    }

    /// Where a message's time comes from.
    public enum TimestampSource: String, Sendable, BitwiseCopyable {
        /// All of it stood in the message.
        case message
        /// The message had no year: the latest that does not put it more than a month after the time of receipt. (The
        /// zone may have been missing too.)
        case guessedYear = "guessed-year"
        /// The message had no zone: the listener's.
        case configuredZone = "configured-zone"
        /// The message had no usable time: the time of receipt.
        case received
    }

    // MARK: - What was understood

    public internal(set) var format = Format.raw
    public internal(set) var problems: Problems = []
    /// The PRI, or 13 where the message has no valid one.
    public internal(set) var priority = Priority.unknown
    /// RFC 5424 VERSION, 0 to 999; nil for the other formats.
    public var version: Int? { format == .rfc5424 ? Int(versionNumber) : nil }
    /// The time; nil only for an RFC 5424 NILVALUE. See ``timestampSource`` for where it comes from.
    public internal(set) var timestamp: Timestamp?
    public internal(set) var timestampSource = TimestampSource.received
    /// The BOM that RFC 5424 puts before a MSG in UTF-8 was there; it is not part of ``message``.
    public internal(set) var hasBOM = false
    /// The number that Cisco's senders put before the time stamp.
    public var sequenceNumber: Range<Int>? { sequence.range }

    /// Facility, 0 to 23.
    public var facility: Int { priority.facility }
    /// Severity, 0 to 7.
    public var severity: Int { priority.severity }

    // MARK: - Where it stands

    /// The time stamp as it was written, nil if there is none (or a NILVALUE).
    public var timestampText: Range<Int>? { stamp.range }
    /// HOSTNAME, nil if there is none (or a NILVALUE).
    public var hostname: Range<Int>? { host.range }
    /// APP-NAME; for RFC 3164 the tag without its punctuation.
    public var appName: Range<Int>? { app.range }
    /// PROCID; for RFC 3164 what the tag has in brackets.
    public var procID: Range<Int>? { process.range }
    /// MSGID of RFC 5424.
    public var msgID: Range<Int>? { identifier.range }
    /// All SD-ELEMENTs, nil if there are none (or a NILVALUE). Read them with ``StructuredDataReader``.
    public var structuredData: Range<Int>? { elements.range }
    /// The text, without a BOM.
    public var message: Range<Int> { Int(text.start)..<Int(text.end) }

    // MARK: - Storage

    /// A field's place; empty for a field that is not there.
    struct Field: BitwiseCopyable {
        var start: UInt32 = 0
        var end: UInt32 = 0

        @inline(__always) init() {}

        @inline(__always) init(_ start: Int, _ end: Int) {
            self.start = UInt32(truncatingIfNeeded: start)
            self.end = UInt32(truncatingIfNeeded: end)
        }

        @inline(__always) var isEmpty: Bool { start == end }
        @inline(__always) var range: Range<Int>? { isEmpty ? nil : unchecked }
        @inline(__always) var unchecked: Range<Int> { Int(start)..<Int(end) }
    }

    var versionNumber: UInt16 = 0
    /// Some SD-ID belongs to the relay's vocabulary, or looks as if.
    var hasReservedID = false
    var priorityText = Field()
    var sequence = Field()
    var stamp = Field()
    var host = Field()
    var app = Field()
    var process = Field()
    var identifier = Field()
    /// `-`, or the SD-ELEMENTs; without them, where they would begin.
    var elements = Field()
    var text = Field()

    @usableFromInline init() {}

    // MARK: - Parsing

    /// The longest input that is read, in octets; what lies behind it is not seen.
    public static let inputLimit = Int(UInt32.max)

    /// What `bytes`, one frame, are. `receivedAt` and `zone` fill in what the message leaves out: its time, its year
    /// and its UTC offset.
    @inlinable @inline(__always)
    public static func parse(_ bytes: RawSpan, at receivedAt: Timestamp, zone: TimeZoneRule = .utc) -> Message {
        // Inlined, so that the message is made where the caller wants it: copying what was just written is a fifth of
        // the work.
        var message = Message()
        message.read(bytes, receivedAt, zone)
        return message
    }

    @usableFromInline
    mutating func read(_ whole: RawSpan, _ receivedAt: Timestamp, _ zone: TimeZoneRule) {
        let bytes = whole.extracting(first: Self.inputLimit)
        let position = readPriority(bytes)
        if readRFC5424(bytes, position, receivedAt, zone) { return }
        if readRFC3164(bytes, position, receivedAt, zone) { return }
        if Self.isMalformedHeader(bytes, position) { problems.insert(.headerMalformed) }
        timestamp = receivedAt
        elements = Field(position, position)
        text = Field(position, bytes.byteCount)
    }

    /// Appends what ``CanonicalEncoder`` writes for the message's own time: the sender's text where RFC 5424 allows it,
    /// and otherwise ``timestamp``. Writes nothing for a NILVALUE.
    public func writeTimestamp(from bytes: RawSpan, into out: inout ByteWriter) {
        if keepsTimestampText {
            out.append(bytes, stamp.unchecked)
        } else if timestampSource == .received {
            timestamp?.utcMilliseconds.write(into: &out)
        } else {
            timestamp?.write(into: &out)
        }
    }

    /// Whether the time stamp is RFC 5424's as it stands.
    @inline(__always)
    var keepsTimestampText: Bool {
        format == .rfc5424 && !stamp.isEmpty && problems.isDisjoint(with: .timestamp)
    }
}

extension Problems {
    /// Those with which a TIMESTAMP is not copied as it stands.
    static let timestamp: Problems = [
        .timestampInvalid, .timestampForm, .timestampLowerCase, .timestampFractionTooLong, .timestampLeapSecond,
    ]
}
