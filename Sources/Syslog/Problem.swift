/// What is wrong with a message, without keeping it from being read. Each has a stable code.
public struct Problems: OptionSet, Sendable, Hashable, BitwiseCopyable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    private init(bit: UInt32) { rawValue = 1 << bit }

    // MARK: - Priority

    /// No PRI; 13 (user, notice) is taken.
    public static let noPriority = Problems(bit: 0)
    /// A PRI beyond 191; 13 is taken.
    public static let priorityOutOfRange = Problems(bit: 1)
    /// A PRI with leading zeros, or more than three digits.
    public static let priorityForm = Problems(bit: 2)
    /// A BOM or blanks before the PRI, or a BOM before an RFC 3164 time stamp.
    public static let leadingOctets = Problems(bit: 3)

    // MARK: - RFC 5424 header

    /// A VERSION other than 1.
    public static let unknownVersion = Problems(bit: 4)
    /// It begins like RFC 5424 but its header cannot be read, so it was taken for something else.
    public static let headerMalformed = Problems(bit: 5)
    /// The message ends before its STRUCTURED-DATA.
    public static let headerShort = Problems(bit: 6)
    /// Two spaces in a row where a field should be; it is taken for a NILVALUE.
    public static let emptyField = Problems(bit: 7)
    /// A header field with control octets or octets beyond ASCII.
    public static let headerNotPrintable = Problems(bit: 8)
    /// HOSTNAME of more than 255 octets.
    public static let hostnameTooLong = Problems(bit: 9)
    /// APP-NAME of more than 48 octets.
    public static let appNameTooLong = Problems(bit: 10)
    /// PROCID of more than 128 octets.
    public static let procIDTooLong = Problems(bit: 11)
    /// MSGID of more than 32 octets.
    public static let msgIDTooLong = Problems(bit: 12)

    // MARK: - Time

    /// No timestamp where the format wants one; the time of receipt is taken.
    public static let noTimestamp = Problems(bit: 13)
    /// A TIMESTAMP that names no real time; the time of receipt is taken.
    public static let timestampInvalid = Problems(bit: 14)
    /// A TIMESTAMP in another form than RFC 3339's: without a zone, with a comma, and the like.
    public static let timestampForm = Problems(bit: 15)
    /// A lower-case `t` or `z` in the TIMESTAMP.
    public static let timestampLowerCase = Problems(bit: 16)
    /// More than six fraction digits; those behind the sixth are dropped.
    public static let timestampFractionTooLong = Problems(bit: 17)
    /// Second 60, read as 59.
    public static let timestampLeapSecond = Problems(bit: 18)
    /// The sender marks its clock as not set or not synchronised (Cisco's `*` and `.`).
    public static let clockNotSynchronised = Problems(bit: 19)

    // MARK: - Structured data

    /// STRUCTURED-DATA that cannot be read; it is left in the MSG.
    public static let structuredDataMalformed = Problems(bit: 20)
    /// The same SD-ID more than once (among the first 16 elements).
    public static let structuredDataDuplicateID = Problems(bit: 21)
    /// An SD-NAME of more than 32 octets.
    public static let structuredDataNameTooLong = Problems(bit: 22)
    /// A PARAM-VALUE with control octets or invalid UTF-8.
    public static let structuredDataOctets = Problems(bit: 23)
    /// No space between STRUCTURED-DATA and MSG.
    public static let noSpaceBeforeMessage = Problems(bit: 24)

    // MARK: - RFC 3164

    /// No host name.
    public static let noHostname = Problems(bit: 25)

    // MARK: - Codes

    private static let all: [StaticString] = [
        "no-priority", "priority-out-of-range", "priority-form", "leading-octets", "unknown-version",
        "header-malformed", "header-short", "empty-field", "header-not-printable", "hostname-too-long",
        "app-name-too-long", "proc-id-too-long", "msg-id-too-long", "no-timestamp", "timestamp-invalid",
        "timestamp-form", "timestamp-lower-case", "timestamp-fraction-too-long", "timestamp-leap-second",
        "clock-not-synchronised", "structured-data-malformed", "structured-data-duplicate-id",
        "structured-data-name-too-long", "structured-data-octets", "no-space-before-message", "no-hostname",
    ]

    /// The codes of all problems in the set, in a fixed order.
    public var codes: [String] {
        Self.all.indices.filter { rawValue & 1 << UInt32($0) != 0 }.map { Self.all[$0].description }
    }
}
