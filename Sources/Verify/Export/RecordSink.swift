/// Takes what an ``ExportReader`` finds. The reader knows formats and nothing of records; the sink knows records and
/// nothing of formats.
public protocol RecordSink: ~Copyable {
    /// One record line without its framing, lent for the call. It may be anything that stood where a record belongs.
    mutating func take(_ line: RawSpan, at position: SourcePosition, edges: LineEdges)
    /// A place that could not be read as a record. `bytes` is what of it is at hand, possibly nothing.
    mutating func skip(_ problem: ExportProblem, _ bytes: RawSpan, at position: SourcePosition)
    /// The input begins or ends in the middle of something.
    mutating func cut(_ cut: ExportCut, at position: SourcePosition)
}

/// Which ends of a line nothing marks, so that the input may begin or end in the middle of it.
public struct LineEdges: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    /// The first line of an input.
    public static let start = LineEdges(rawValue: 1)
    /// The last line of an input, without a line end.
    public static let end = LineEdges(rawValue: 2)

    public init(rawValue: UInt8) { self.rawValue = rawValue }
}

/// What an input begins or ends in the middle of.
public enum ExportCut: String, Hashable, Sendable {
    /// The first line lacks its beginning.
    case firstLine
    /// The last line lacks its end.
    case lastLine
    /// An octet-counted frame (RFC 6587 §3.4.1).
    case frame
    /// A JSON text.
    case document
    /// A row of a CSV file.
    case row
    /// The gzip data.
    case gzip
    /// The zstd data.
    case zstd
    /// A block of a ledger's segment, which is then one whose write is going on, or was interrupted by a crash.
    case block

    /// What was seen, as a clause.
    public var explanation: String {
        switch self {
        case .firstLine: "the first line is cut off"
        case .lastLine: "the last line is cut off"
        case .frame: "the file ends inside an octet-counted frame"
        case .document: "the file ends inside a JSON text"
        case .row: "the file ends inside a CSV row"
        case .gzip: "the gzip data ends early"
        case .zstd: "the zstd data ends early"
        case .block: "the segment ends in a block that is not whole: its write goes on, or was interrupted"
        }
    }
}
