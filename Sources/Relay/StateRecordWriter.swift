import Batch
import Glibc
import Headscale
import Redaction
import Seal
import Syslog

/// Takes what Waxwing found out about Headscale to the ledger, the way that records of senders go: as a line of RFC 5424,
/// through the encoder and redaction.
final class StateRecordWriter: Sendable {
    /// Log audit (RFC 5424, table 1).
    private static let facility = 13

    private let queue: BatchQueue
    private let encoder: CanonicalEncoder
    private let hostname: String
    private let stage: Monitor<RedactionStage>

    init(_ queue: BatchQueue, _ encoder: CanonicalEncoder, hostname: String, _ stage: sending RedactionStage) {
        self.queue = queue
        self.encoder = encoder
        self.hostname = hostname
        self.stage = Monitor(stage)
    }

    /// Hands `record` to the ledger's queue. From any thread; it waits for nothing but another thread's call.
    func write(_ record: StateRecord) { _ = write([record]) }

    /// The same for some records, in their order. Returns the number of their last batch in the queue.
    func write(_ records: [StateRecord]) -> UInt64 {
        var number: UInt64 = 0
        var batch = queue.takeEmpty()
        for record in records {
            append(record, to: &batch)
            guard batch.isFull else { continue }
            number = push(&batch)
        }
        return batch.isEmpty ? number : push(&batch)
    }

    /// Hands on a batch, and leaves an empty one in its place.
    private func push(_ batch: inout Batch) -> UInt64 {
        stage.withLock { $0.run(&batch) }
        var full = queue.takeEmpty()
        swap(&full, &batch)
        return queue.push(full)
    }

    private func append(_ record: StateRecord, to batch: inout Batch) {
        let now = Clock.wall()
        let line = Array(line(record, SealTime(clamping: Int64(now / 1_000_000))).utf8)
        let bytes = unsafe line.span.bytes
        // The element is the relay's own.
        let source = Source(trustedRelay: true, receivedAt: Timestamp(seconds: Int64(now / 1_000_000_000)))
        let message = Message.parse(bytes, at: source.receivedAt)
        batch.append { encoder.encode(message, from: bytes, source: source, originalLength: 0, into: &$0) }
    }

    private func line(_ record: StateRecord, _ time: SealTime) -> String {
        let parameters = ([("event", record.event)] + record.parameters)
            .map { " \($0)=\"\(Self.escaped($1))\"" }.joined()
        return "<\(Self.facility * 8 + record.severity)>1 \(time) \(hostname) waxwing \(getpid()) headscale "
            + "[headscale@\(encoder.pen)\(parameters)] \(record.text)"
    }

    /// A PARAM-VALUE (RFC 5424 section 6.3.3). By scalars: a letter with an accent behind a quote is one character.
    private static func escaped(_ value: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            if scalar == "\"" || scalar == "\\" || scalar == "]" { escaped.append("\\") }
            escaped.append(scalar)
        }
        return String(escaped)
    }
}
