import Ledger
import NIOCore

/// Makes request bodies of the ledger's records, in memory that is used again. Belongs to one thread.
struct BodyBuilder<Dialect: HTTPDialect>: ~Copyable {
    /// What becomes of a record.
    enum Choice {
        case take, skip, stop
    }

    private let framing: BodyFraming
    private var writer = BodyWriter()
    private let gzip = GzipEncoder()
    private let allocator = ByteBufferAllocator()
    /// The records of the body so far.
    private(set) var indexes: [UInt64] = []
    // The last one: where the others lie must not depend on its size, which is looked up each time.
    private let dialect: Dialect

    init(_ dialect: Dialect) {
        self.dialect = dialect
        framing = dialect.framing
    }

    /// Begins a body with those of the next records that `choose` takes, up to `limits`; the first is taken whatever
    /// its length. Returns whether the ledger's end was reached.
    mutating func begin(
        _ source: RecordSource, limits: ParcelLimits, _ choose: (UInt64) -> Choice
    ) throws(LedgerError) -> Bool {
        indexes.removeAll(keepingCapacity: true)
        writer.truncate()
        writer.append(framing.opening)
        // Copied once, not for each record.
        let (dialect, framing) = (dialect, framing)
        return try source.visit { record in
            let choice = choose(record.index)
            guard choice == .take else { return choice == .skip }
            guard indexes.count < limits.records, indexes.isEmpty || writer.count < limits.octets else { return false }
            if !indexes.isEmpty { writer.append(framing.separator) }
            dialect.encode(record, into: &writer)
            indexes.append(record.index)
            return true
        }
    }

    /// Appends a record that is not in the ledger any more.
    mutating func append(_ line: [UInt8], index: UInt64) {
        if !indexes.isEmpty { writer.append(framing.separator) }
        dialect.encode(DeliveryRecord(index: index, line: unsafe line.span.bytes), into: &writer)
        indexes.append(index)
    }

    /// The body, compressed if the dialect wants it.
    mutating func finish() -> ByteBuffer {
        writer.append(framing.closing)
        guard !dialect.isCompressed else { return gzip.compress(writer.bytes, allocator) }
        var body = allocator.buffer(capacity: writer.count)
        unsafe writer.bytes.withUnsafeBytes { _ = unsafe body.writeBytes($0) }
        return body
    }
}
