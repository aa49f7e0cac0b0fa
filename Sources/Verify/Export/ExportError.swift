/// Why the rest of a file could not be read. Two errors are equal if their codes are.
public struct ExportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: String, Hashable, Sendable {
        /// The file does not open.
        case cannotOpen
        /// The operating system failed a read.
        case cannotRead
        /// The file has none of the formats that are read.
        case unknownFormat
        /// The gzip data is damaged or is followed by something else (RFC 1952).
        case damagedGzip
        /// The zstd data is damaged, is followed by something else or needs too much memory (RFC 8878).
        case damagedZstandard
        /// A JSON text that spans lines is malformed (RFC 8259).
        case malformedJSON
        /// The quoting of a CSV file is broken (RFC 4180).
        case malformedCSV
        /// An octet count is wrong, so it is not known where the next frame starts (RFC 6587 §3.4.1).
        case lostFraming
    }

    public let code: Code
    /// What was seen and what to do, as a clause without a full stop.
    public let reason: String
    /// Where, if it is known.
    public let position: SourcePosition?

    public init(_ code: Code, _ reason: String, at position: SourcePosition? = nil) {
        self.code = code
        self.reason = reason
        self.position = position
    }

    public var description: String { reason }

    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

/// One place of a file that could not be read as a record. Reading goes on behind it.
public enum ExportProblem: String, Hashable, Sendable {
    /// The record is longer than ``ExportReader/recordLimit``.
    case oversize
    /// A line that is not JSON among lines that are.
    case malformedDocument
    /// A line that is JSON among lines that are not.
    case strayDocument
    /// A block of a ledger's segment that is not whole, in front of others.
    case damagedBlock
    /// A JSON text without any of the members that hold a record.
    case documentWithoutRecord

    /// What was seen, as a noun phrase.
    public var explanation: String {
        switch self {
        case .oversize: "a record longer than \(ExportReader.recordLimit) bytes"
        case .malformedDocument: "a line that is not valid JSON in a file of JSON lines"
        case .strayDocument: "a JSON line in a file of syslog lines"
        case .damagedBlock: "a damaged block in the middle of a ledger segment"
        case .documentWithoutRecord: "a JSON text without a record (no _raw, event or event.original)"
        }
    }
}
