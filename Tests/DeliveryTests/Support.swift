import Batch
import Glibc
import InMemoryLogging
import Logging
import NIOPosix
import OpenSSL
import Seal
import TLS
import Telemetry
import TestSupport
import Testing

@testable import Delivery
@testable import Ledger

/// A running ledger on disk.
final class TestLedger {
    let folder = TemporaryDirectory()
    let access: LedgerAccess
    private let queue = BatchQueue(byteLimit: 256 << 20)
    private let ledger: Ledger
    private let sealAfter: Int
    private var appended = 0
    private static let key = Result { try LogKey(origin: Origin("test.example.net/log"), privateKey: .generate()) }

    /// A ledger that seals after each `sealAfter` records.
    init(sealAfter: Int = 1000) throws {
        var options = LedgerOptions(directory: folder.path("ledger"), hostname: "relay.example.net", processID: 42)
        options.batch = BatchPolicy(recordLimit: sealAfter, byteLimit: 1 << 30, ageMilliseconds: 3_600_000)
        self.sealAfter = sealAfter
        options.syncInterval = 1_000_000
        ledger = try Ledger(
            options, key: Self.key.get(), ratchet: nil, queue: queue, counters: LedgerCounters(MetricsRegistry()),
            onEvent: { event in
                if case .lost = event { return }
                Issue.record("\(event)")
            })
        access = ledger.access
        ledger.start()
    }

    deinit { close() }

    /// Appends `count` records of `size` octets and more, or with that message, and waits until they are durable.
    func append(_ count: Int, size: Int = 100, message: String? = nil) {
        appended += count
        let changed = Monitor(())
        let observation = access.horizon.observe { changed.signal() }
        defer { observation.cancel() }
        var left = count
        while left > 0 {
            var batch = Batch(byteCapacity: 1 << 20, recordCapacity: 1024)
            while left > 0 && !batch.isFull {
                batch.append { writer in
                    writer.append(Array("<14>1 2026-11-23T06:15:00.000Z host app 1 ID ".utf8))
                    let split = writer.count
                    writer.append(Array((" " + (message ?? String(repeating: "x", count: size))).utf8))
                    return (split, 0)
                }
                left -= 1
            }
            queue.push(batch)
        }
        let deadline = Clock.monotonic() + 10_000_000_000
        let isDurable = changed.wait(until: deadline) { _ in end >= appended && hasAll ? true : nil }
        #expect(isDurable == true)
    }

    /// Whether all that was appended is durable; seals, which take indexes too, do not count.
    private var hasAll: Bool {
        appended < sealAfter || (try? lines().count { !$0.hasPrefix("<110>1 ") }) ?? 0 >= appended
    }

    /// Seals the last batch and ends the ledger; it can still be read.
    func close() {
        queue.close()
        ledger.join()
    }

    /// Index of the next record.
    var end: UInt64 { access.horizon.position.nextIndex }

    /// The blocks of the first segment: where they lie in it, and the indexes of their records.
    func blocks() throws -> [(bytes: Range<UInt64>, indexes: Range<UInt64>)] {
        let file = try DiskFileSystem().open(access.layout.segment(0), .read)
        var blocks: [(bytes: Range<UInt64>, indexes: Range<UInt64>)] = []
        var scan = SegmentScan(file, at: UInt64(SegmentHeader.size), index: 0)
        while let block = try scan.next() {
            blocks.append((scan.blockOffset..<scan.offset, block.firstIndex..<block.nextIndex))
        }
        return blocks
    }

    /// Changes bytes of the first segment.
    func damage(_ offsets: Range<UInt64>) throws {
        let file = try DiskFileSystem().open(access.layout.segment(0), .update)
        let bytes = try file.bytes(at: offsets.lowerBound, count: offsets.count)
        try file.write(bytes.map { ~$0 }, at: offsets.lowerBound)
    }

    /// All records.
    func lines() throws -> [String] {
        var reader = try access.makeReader(from: 0)
        var lines: [String] = []
        while let block = try reader.peek() {
            var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            var range = 0..<0
            try unsafe bytes.withUnsafeMutableBytes { range = unsafe try reader.read(block, into: $0) }
            lines += records(in: Array(bytes[range]))
        }
        return lines
    }
}

/// The whole records in a stream of counted octets.
func records(in stream: [UInt8]) -> [String] {
    var lines: [String] = []
    unsafe stream.withUnsafeBytes { bytes in
        var walk = RecordWalk()
        while let line = unsafe walk.next(bytes) {
            unsafe lines.append(String(decoding: bytes[line], as: UTF8.self))
        }
    }
    return lines
}

/// A destination's name, cursor, counters and log.
struct DestinationRig {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    let ledger: TestLedger
    let cursorPath: String
    let registry = MetricsRegistry()
    let counters: DestinationCounters
    let logger: Logger
    private let log = InMemoryLogHandler()

    init(_ ledger: TestLedger) {
        self.ledger = ledger
        cursorPath = ledger.folder.path("destination.cursor")
        counters = DestinationCounters(registry, destination: "test")
        let log = log
        logger = Logger(label: "test") { _ in log }
    }

    /// A destination that goes on from the cursor, quick to try again.
    func stream(
        port: Int, _ others: Int..., tls: TLSContext? = nil, disk: any FileSystem = DiskFileSystem(),
        _ change: (inout StreamDestination.Options) -> Void = { _ in }
    ) throws -> StreamDestination {
        let targets = ([port] + others).map { CollectorTarget(host: "127.0.0.1", port: $0, tls: tls) }
        var options = StreamDestination.Options(name: "test", targets: targets)
        options.limits.backoffFirst = 1_000_000
        options.limits.backoffMax = 20_000_000
        options.tick = .milliseconds(2)
        change(&options)
        return StreamDestination(
            options, ledger: ledger.access, cursor: try CursorFile(cursorPath, disk), start: 0,
            on: Self.group.next(), counters: counters, logger: logger)
    }

    /// Index of the first record that the cursor on disk does not vouch for.
    func confirmed() throws -> UInt64 { try CursorFile(cursorPath).value?.nextIndex ?? 0 }

    /// Looks every other millisecond whether `condition` holds; false if it does not within ten seconds.
    func waitUntil(_ condition: (DestinationRig) -> Bool) -> Bool {
        let deadline = Clock.monotonic() + 10_000_000_000
        while !condition(self) {
            guard Clock.monotonic() < deadline else { return false }
            poll(nil, 0, 2)
        }
        return true
    }

    func metric(_ name: String) -> Int {
        let start = "waxwing_destination_\(name){destination=\"test\"} "
        let line = registry.prometheusText().split(separator: "\n").first { $0.hasPrefix(start) }
        return line.flatMap { Int($0.dropFirst(start.count)) } ?? 0
    }

    /// What was logged at level warning or above: the message and its metadata.
    var complaints: [String] {
        log.entries.filter { $0.level >= .warning }.map { entry in
            let metadata = entry.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return ([entry.message.description] + metadata).joined(separator: " ")
        }
    }
}

extension CertificateFiles {
    /// One of the test certificates, with its key.
    static func test(_ name: String) -> CertificateFiles {
        CertificateFiles(
            certificateFile: TestCertificates.shared.certificate(name), keyFile: TestCertificates.shared.key(name))
    }
}

extension PeerRequirement {
    /// A peer by the tests' authority.
    static let test = PeerRequirement(
        authorityFile: TestCertificates.shared.certificate("ca"), serverName: "localhost")
}
