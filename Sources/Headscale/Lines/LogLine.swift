/// A value in a line: where it stands, without quotes around it, and how it is written there.
struct FieldValue: BitwiseCopyable, Equatable {
    /// How the characters of a value are written.
    enum Form: UInt8, BitwiseCopyable {
        /// As they are.
        case plain
        /// With the escapes of a JSON string (RFC 8259, section 7).
        case json
        /// With the escapes of a Go string (`strconv.Quote`).
        case quoted
    }

    var start: UInt32
    var end: UInt32
    var form: Form
    /// Which of the field's names it has: 0 for the one that counts most.
    var rank: UInt8

    init(_ range: Range<Int>, _ form: Form, rank: UInt8 = 0) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        end = UInt32(truncatingIfNeeded: range.upperBound)
        self.form = form
        self.rank = rank
    }

    var range: Range<Int> { Int(start)..<Int(end) }
}

/// How a line is written.
enum LineFormat: UInt8, BitwiseCopyable {
    /// zerolog's JSON.
    case json
    /// The text of zerolog's console writer.
    case text
    /// Go's standard logger: `2006/01/02 15:04:05 …`.
    case stdlib
    /// The logger of gRPC for Go: a word in front of the same.
    case grpclog
    /// The access log of gin.
    case gin
    /// A crash of the Go runtime, or of a request's handler.
    case panic
    /// A dump of the configuration.
    case spew
    /// Anything else that the program writes.
    case plain

    var name: StaticString {
        switch self {
        case .json: "json"
        case .text: "text"
        case .stdlib: "stdlib"
        case .grpclog: "grpclog"
        case .gin: "gin"
        case .panic: "go-panic"
        case .spew: "spew"
        case .plain: "plain"
        }
    }
}

/// zerolog's levels, by rising weight.
enum Level: UInt8, BitwiseCopyable, CaseIterable {
    case trace, debug, info, warn, error, fatal, panic

    var name: StaticString {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .warn: "warn"
        case .error: "error"
        case .fatal: "fatal"
        case .panic: "panic"
        }
    }

    /// The level that JSON names.
    @inline(__always)
    init?(_ text: RawSpan, _ range: Range<Int>) {
        guard !range.isEmpty else { return nil }
        let level: Level? =
            switch text.byte(range.lowerBound) {
            case UInt8(ascii: "t"): .trace
            case UInt8(ascii: "d"): .debug
            case UInt8(ascii: "i"): .info
            case UInt8(ascii: "w"): .warn
            case UInt8(ascii: "e"): .error
            case UInt8(ascii: "f"): .fatal
            case UInt8(ascii: "p"): .panic
            default: nil
            }
        guard let level, range.count == level.name.utf8CodeUnitCount, text.has(level.name, at: range.lowerBound) else {
            return nil
        }
        self = level
    }

    /// The three letters of the console writer.
    var letters: StaticString {
        switch self {
        case .trace: "TRC"
        case .debug: "DBG"
        case .info: "INF"
        case .warn: "WRN"
        case .error: "ERR"
        case .fatal: "FTL"
        case .panic: "PNC"
        }
    }
}

/// What stands where in one line of Headscale's: the result of reading it, used again for the next.
@safe
struct LogLine: ~Copyable {
    var format = LineFormat.plain
    var level: Level?
    // Not in the structure itself: what holds it would be copied again and again.
    private let values: UnsafeMutablePointer<FieldValue>
    private var present: UInt64 = 0

    init(_ format: LineFormat = .plain) {
        self.format = format
        unsafe values = .allocate(capacity: Field.count)
        unsafe values.initialize(repeating: FieldValue(0..<0, .plain), count: Field.count)
    }

    deinit { unsafe values.deallocate() }

    /// Forgets everything.
    @inline(__always)
    mutating func reset(_ format: LineFormat) {
        self.format = format
        level = nil
        present = 0
    }

    /// The fields that there are, by bit.
    var fields: UInt64 { present }

    /// The value of a field that there is, by the field's number.
    @inline(__always)
    subscript(field: Int) -> FieldValue {
        precondition(present >> UInt64(field) & 1 == 1)
        return unsafe values[field]
    }

    @inline(__always)
    subscript(field: Field) -> FieldValue? {
        present & field.bit != 0 ? unsafe values[Int(field.rawValue)] : nil
    }

    /// Sets a value, unless there is one already under a name that counts more. Of two under the same name the last
    /// counts, as in zerolog's console writer.
    @inline(__always)
    mutating func set(_ found: FieldNames.Found, _ range: Range<Int>, _ form: FieldValue.Form) {
        let index = Int(found.field.rawValue)
        let bit = found.field.bit
        if present & bit != 0, unsafe values[index].rank < found.rank { return }
        unsafe values[index] = FieldValue(range, form, rank: found.rank)
        present |= bit
    }

    @inline(__always)
    mutating func set(_ field: Field, _ range: Range<Int>, _ form: FieldValue.Form = .plain) {
        set(FieldNames.Found(field: field, rank: 0), range, form)
    }
}
