/// Takes what an ``ExportReader`` finds. The reader knows formats and nothing of records; the sink knows records and
/// nothing of formats.
public protocol RecordSink: ~Copyable {
    /// One record line without its framing, lent for the call. It may be anything that stood where a record belongs.
    mutating func take(_ line: RawSpan, at position: SourcePosition)
    /// A place that could not be read as a record.
    mutating func skip(_ problem: ExportProblem, at position: SourcePosition)
}
