import Batch
@testable import Ledger
import OpenSSL
import Seal
import Syslog
import Telemetry
import TransparencyLog
import Verify

/// A ledger on a model file system, and what a test does with it.
struct TestLog {
    static let directory = "/ledger"
    let key: LogKey
    let system: ModelFileSystem

    init(system: ModelFileSystem = ModelFileSystem(), key: LogKey? = nil) throws {
        self.system = system
        self.key = try key ?? LogKey(origin: Origin("test.example.net/log"), privateKey: Ed25519PrivateKey.generate())
    }

    /// A small ledger: batches of 8 records, segments of 24 KiB.
    func options() -> LedgerOptions {
        var options = LedgerOptions(directory: Self.directory, hostname: "relay.example.net", processID: 42)
        options.batch = BatchPolicy(recordLimit: 8)
        options.segmentBytes = 24 << 10
        return options
    }

    func open(
        _ queue: BatchQueue, ratchet: consuming Ratchet? = nil, onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) throws -> Ledger {
        try Ledger(
            options(), key: key, ratchet: ratchet, queue: queue, counters: LedgerCounters(MetricsRegistry()),
            system: system, onFailure: onFailure)
    }

    /// Runs the ledger over batches of the given sizes, to an orderly end. Returns the index behind the last record.
    @discardableResult
    func run(_ sizes: [Int], lost: UInt64 = 0) throws -> UInt64 {
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try open(queue)
        ledger.start()
        queue.noteLost(lost)
        for size in sizes { queue.push(Self.batch(size)) }
        queue.close()
        ledger.join()
        return ledger.access.horizon.position.nextIndex
    }

    static func batch(_ count: Int) -> Batch {
        var batch = Batch()
        for i in 0..<count {
            batch.append { writer in
                writer.append("<14>1 2026-11-23T06:15:00.000Z host app 1 ID ")
                let split = writer.count
                writer.append(" record ")
                writer.append(decimal: UInt64(i))
                return (split, 0)
            }
        }
        return batch
    }

    /// The report of `verify` over all segments, read as they lie on the disk.
    func verify(until index: UInt64? = nil) throws -> VerifyReport {
        let segments = try Layout(Self.directory).segmentIndexes(system).map { Layout(Self.directory).segment($0) }
        return try Verification.run(
            VerifyOptions(key: "\(key.verifierKey)"),
            segments.map { ExportInput.bytes(system.contents($0) ?? [], name: $0) })
    }

    /// Every durable record from `index` on, as lines.
    func lines(from index: UInt64, _ access: LedgerAccess) throws -> [String] {
        var reader = try access.makeReader(from: index)
        var lines: [String] = []
        while let block = try reader.peek() {
            var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            var range = 0..<0
            try unsafe bytes.withUnsafeMutableBytes { range = unsafe try reader.read(block, into: $0) }
            let payload = Array(bytes[range])
            unsafe payload.withUnsafeBytes { payload in
                var walk = RecordWalk()
                while let line = unsafe walk.next(payload) {
                    unsafe lines.append(String(decoding: payload[line], as: UTF8.self))
                }
            }
        }
        return lines
    }
}

/// A generator of numbers that a seed repeats (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
