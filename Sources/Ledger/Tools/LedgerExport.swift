/// Copies records of a ledger as it lies on the disk, whether a relay runs on it or not. What is written is durable.
public struct LedgerExport {
    /// How records are written.
    public enum Format: Sendable {
        /// A record a line.
        case lines
        /// Each behind its length (RFC 6587 §3.4.1).
        case octetCounted
        /// A JSON text a line, with the record in `event.original`.
        case ndjson
    }

    /// What came of it.
    public struct Summary: Equatable, Sendable {
        /// Records written.
        public internal(set) var records: UInt64 = 0
        /// Records in the range that are damaged or gone.
        public internal(set) var lost: [Range<UInt64>] = []
        /// Records in the range that were deleted on purpose.
        public internal(set) var deleted: [Range<UInt64>] = []
    }

    /// Bytes that are handed on together.
    private static let chunk = 1 << 20

    private let archive: LedgerArchive
    private let format: Format
    private var output: [UInt8] = []
    private var summary = Summary()

    public init(_ archive: LedgerArchive, format: Format) {
        self.archive = archive
        self.format = format
    }

    /// Copies the records that are in `indexes` and were written at `times`, milliseconds since 1970, to `write`, some
    /// at a time.
    public mutating func run(
        indexes: ClosedRange<UInt64>, times: ClosedRange<UInt64>, write: ([UInt8]) throws -> Void
    ) throws -> Summary {
        let end = try archive.end()
        let candidates =
            times == 0...UInt64.max
            ? 0..<end.nextIndex : try archive.indexes(writtenAt: times, end: end.nextIndex)
        let from = max(indexes.lowerBound, candidates.lowerBound)
        let to = indexes.upperBound < candidates.upperBound ? indexes.upperBound + 1 : candidates.upperBound
        guard from < to else { return summary }
        var lost: [LostRecords] = []
        var reader = try archive.makeReader(from: from, to: end) { lost.append($0) }
        var buffer: [UInt8] = []
        while reader.nextIndex < to, let block = try reader.peek(), block.firstIndex < to {
            if buffer.count != BlockHeader.size + block.payloadLength {
                buffer = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            }
            let first = reader.nextIndex
            let range = try unsafe buffer.withUnsafeMutableBytes { buffer throws(LedgerError) in
                unsafe try reader.read(block, into: buffer)
            }
            guard times.contains(block.writtenAt) else { continue }
            append(buffer[range], first..<to)
            if output.count >= Self.chunk { try flush(write) }
        }
        try flush(write)
        for loss in lost where loss.indexes.overlaps(from..<to) {
            let indexes = loss.indexes.clamped(to: from..<to)
            if loss.wereDeleted { summary.deleted.append(indexes) } else { summary.lost.append(indexes) }
        }
        return summary
    }

    private mutating func flush(_ write: ([UInt8]) throws -> Void) throws {
        guard !output.isEmpty else { return }
        try write(output)
        output.removeAll(keepingCapacity: true)
    }

    /// Appends the records of `payload`, which have the first indexes of `indexes`, and no more than those.
    private mutating func append(_ payload: ArraySlice<UInt8>, _ indexes: Range<UInt64>) {
        unsafe payload.withUnsafeBytes { payload in
            var walk = RecordWalk()
            var start = 0
            for index in indexes {
                guard let line = unsafe walk.next(payload) else { return }
                summary.records += 1
                let bytes = unsafe UnsafeRawBufferPointer(rebasing: payload[line])
                switch format {
                case .lines:
                    unsafe output.append(contentsOf: bytes)
                    output.append(0x0A)
                case .octetCounted: unsafe output.append(contentsOf: payload[start..<line.upperBound])
                case .ndjson:
                    output.append(contentsOf: "{\"event\":{\"original\":\"".utf8)
                    unsafe appendEscaped(bytes)
                    output.append(contentsOf: "\"},\"waxwing\":{\"index\":\(index)}}\n".utf8)
                }
                start = line.upperBound
            }
        }
    }

    /// Appends the inside of a JSON string (RFC 8259 §7). A record is UTF-8, and has no control character but HT.
    private mutating func appendEscaped(_ bytes: UnsafeRawBufferPointer) {
        for position in 0..<bytes.count {
            let byte = unsafe bytes[position]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            default: output.append(byte)
            }
        }
    }
}
