import Batch
import OpenSSL
import Seal
import Syslog
import Telemetry
import Testing
import TransparencyLog
import Verify

@testable import Ledger

/// A ledger on a model file system, and what a test does with it.
struct TestLog {
    static let directory = "/var/ledger"
    static let layout = Layout(directory)
    /// Made once: the tests are many and a key is like another.
    static let key = Result { try LogKey(origin: Origin("test.example.net/log"), privateKey: .generate()) }

    var key: LogKey
    let system: ModelFileSystem
    var options: LedgerOptions
    let registry = MetricsRegistry()

    init(_ system: ModelFileSystem? = nil, origin: String? = nil) throws {
        if let system {
            self.system = system
        } else {
            self.system = ModelFileSystem()
            try self.system.makeDirectory("/var")
            try self.system.syncDirectory("/")
        }
        let common = try Self.key.get()
        key = try origin.map { try LogKey(origin: Origin($0), privateKey: common.privateKey) } ?? common
        options = LedgerOptions(directory: Self.directory, hostname: "relay.example.net", processID: 42)
        options.batch = BatchPolicy(recordLimit: 8)
        options.segmentBytes = 14 << 10
        options.retryPause = 0...0
    }

    /// The same log on another file system.
    func on(_ system: ModelFileSystem) throws -> TestLog {
        var other = try TestLog(system)
        other.options = options
        return other
    }

    func open(
        _ queue: BatchQueue, onEvent: @escaping @Sendable (LedgerEvent) -> Void = Self.recordFailure
    ) throws -> Ledger {
        try Ledger(
            options, key: key, ratchet: nil, queue: queue, counters: LedgerCounters(registry), system: system,
            onEvent: onEvent)
    }

    /// For tests in which nothing fails; what is lost is what they damage.
    static let recordFailure: @Sendable (LedgerEvent) -> Void = { event in
        if case .lost = event { return }
        Issue.record("\(event)")
    }

    /// What a reader declares its losses to, without a ledger.
    func losses() -> LossDeclarations {
        LossDeclarations(
            options, known: KnownLosses(), queue: BatchQueue(byteLimit: 1 << 20),
            counters: LedgerCounters(MetricsRegistry()), onEvent: { _ in })
    }

    // MARK: - Running

    /// A run that came to an orderly end.
    struct Run {
        let ledger: Ledger
        var end: UInt64 { ledger.access.horizon.position.nextIndex }
        var access: LedgerAccess { ledger.access }
    }

    /// Runs the ledger over batches of the given numbers of records, to an orderly end.
    @discardableResult
    func run(_ sizes: [Int], lost: UInt64 = 0) throws -> Run {
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try open(queue)
        queue.noteLost(lost)
        ledger.start()
        for size in sizes { queue.push(Self.batch(size)) }
        queue.close()
        ledger.join()
        return Run(ledger: ledger)
    }

    static func batch(
        _ count: Int, text: String = " record ", originalLength: Int = 0, identity: String = "", relay: UInt32 = 1
    ) -> Batch {
        var batch = Batch(
            byteCapacity: 2 * Batch.lineLimit + count * (text.utf8.count + 96), recordCapacity: max(count, 1))
        for number in 0..<count {
            batch.append(relay: relay) { writer in
                writer.append("<14>1 2026-11-23T06:15:00.000Z host app 1 ID ")
                writer.append(Array(identity.utf8))
                let split = writer.count
                writer.append(Array(text.utf8))
                writer.append(decimal: UInt64(number))
                return (split, originalLength)
            }
        }
        return batch
    }

    // MARK: - Reading

    /// Every durable record from `index` on, as a destination gets it: counted octets.
    func payload(from index: UInt64 = 0, _ access: LedgerAccess) throws -> [UInt8] {
        var reader = try access.makeReader(from: index)
        var payload: [UInt8] = []
        while let block = try reader.peek() {
            var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            var range = 0..<0
            try unsafe bytes.withUnsafeMutableBytes { range = unsafe try reader.read(block, into: $0) }
            payload += bytes[range]
        }
        return payload
    }

    /// Every durable record from `index` on, as lines.
    func lines(from index: UInt64 = 0, _ access: LedgerAccess) throws -> [String] {
        Self.lines(try payload(from: index, access))
    }

    static func lines(_ payload: [UInt8]) -> [String] {
        var lines: [String] = []
        unsafe payload.withUnsafeBytes { payload in
            var walk = RecordWalk()
            while let line = unsafe walk.next(payload) {
                unsafe lines.append(String(decoding: payload[line], as: UTF8.self))
            }
        }
        return lines
    }

    /// The lines that lie in the segments of `system` now, durable or not, by walking their blocks.
    static func storedLines(_ system: ModelFileSystem) throws -> [String] {
        var lines: [String] = []
        let oldest = try layout.segmentIndexes(system).first ?? 0
        for first in try layout.segmentIndexes(system) {
            let bytes = system.contents(layout.segment(first)) ?? []
            var offset = SegmentHeader.size
            while let header = unsafe bytes.withUnsafeBytes({
                unsafe BlockHeader(UnsafeRawBufferPointer(rebasing: $0[min(offset, $0.count)...]))
            }) {
                let end = offset + BlockHeader.size + header.payloadLength
                guard end <= bytes.count else { break }
                // What could not be cut off one segment is in the next one too.
                if header.firstIndex == oldest + UInt64(lines.count) {
                    lines += Self.lines(Array(bytes[offset + BlockHeader.size..<end]))
                }
                offset = end
            }
        }
        return lines
    }

    static func seals(_ lines: [String]) throws -> [SealRecord] {
        try lines.filter { $0.hasPrefix("<110>1 ") }.map { line in
            let bytes = Array(line.utf8)
            return try SealRecord(parsing: unsafe bytes.span.bytes)
        }
    }

    // MARK: - Verifying

    /// The report on what a destination got.
    func verify(_ payload: [UInt8], macKey: [UInt8]? = nil) throws -> VerifyReport {
        var options = VerifyOptions(key: "\(key.verifierKey)")
        options.macKey = macKey
        return try Verification.run(options, [.bytes(payload, name: "export")])
    }

    /// Checks that everything durable verifies, that the leaf hashes on the disk are those of the records unless
    /// `leaves` is false, and returns the lines.
    @discardableResult
    func check(
        _ access: LedgerAccess, _ comment: String = "", leaves: Bool = true,
        _ place: SourceLocation = #_sourceLocation
    ) throws -> [String] {
        let payload = try payload(access)
        let lines = Self.lines(payload)
        let report = try verify(payload)
        #expect(report.outcome == .complete, "\(comment) \(report.text)", sourceLocation: place)
        #expect(report.verifiedRecords == UInt64(lines.count), "\(comment)", sourceLocation: place)
        #expect(UInt64(lines.count) == access.horizon.position.nextIndex, "\(comment)", sourceLocation: place)
        if leaves {
            #expect(try storedLeaves() == Self.leaves(lines), "\(comment): leaf hashes", sourceLocation: place)
        }
        return lines
    }

    /// The leaf hashes of all segments; what a file has beyond the beginning of the next segment does not count.
    func storedLeaves() throws -> [Hash] {
        let firsts = try Self.layout.segmentIndexes(system)
        return zip(firsts, firsts.dropFirst() + [.max]).flatMap { first, next in
            let bytes = system.contents(Self.layout.leaves(first)) ?? []
            let count = Int(min(UInt64(bytes.count / 32), next - first))
            return (0..<count).compactMap { Hash(Array(bytes[$0 * 32..<($0 + 1) * 32])) }
        }
    }

    /// The leaf hashes of `lines`, made without the ledger: a seal's leaf is its line without its signature element.
    static func leaves(_ lines: [String]) throws -> [Hash] {
        var hasher = try SHA256Hasher()
        return lines.map { line in
            guard line.hasPrefix("<110>1 "), let start = line.range(of: "[waxwing-sig@"),
                let end = line[start...].range(of: "] sealed records ")
            else { return hasher.leafHash(Array(line.utf8)) }
            return hasher.leafHash(Array((line[..<start] + line[line.index(after: end)...]).utf8))
        }
    }
}

extension StringProtocol {
    /// Where `part` begins.
    func range(of part: String) -> Index? {
        indices.first { self[$0...].hasPrefix(part) }
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
