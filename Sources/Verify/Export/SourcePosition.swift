/// Where a record stands in the files that were read: the file, and a line of it or, in an octet-counted stream, an
/// octet.
///
/// Eight bytes, because the verifier keeps one for each record it has not yet verified.
public struct SourcePosition: BitwiseCopyable, Hashable, Sendable {
    /// The most files told apart; those behind it are all called by this number.
    public static let fileLimit = 0xFFFF

    private let bits: UInt64

    /// Unit `number` of file `file`, which counts from 0 in the order in which the files were given.
    public init(file: Int, number: UInt64) {
        bits = UInt64(min(max(file, 0), Self.fileLimit)) << 48 | min(number, 1 << 48 - 1)
    }

    /// The file, counted from 0.
    public var file: Int { Int(bits >> 48) }
    /// The line, counted from 1, or the octet, counted from 0, after decompression (``ExportFormat/unit``).
    public var number: UInt64 { bits & (1 << 48 - 1) }
}
