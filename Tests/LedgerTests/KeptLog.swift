import Batch
import Glibc
import Seal
import Synchronization
import Testing

@testable import Ledger

/// A ledger that runs, with a keeper that takes a step when the test says so, on a clock that the test moves.
final class KeptLog {
    let log: TestLog
    /// What may wait in the queue, for which the disk budget has room besides.
    static let queueBytes = 1 << 20
    let queue = BatchQueue(byteLimit: queueBytes)
    let ledger: Ledger
    let clock: TestClock
    private(set) var keeper: Keeper!
    private let recorded = Mutex<[Keeper.Event]>([])
    /// What the disk has left.
    let freeBytes = Mutex<UInt64?>(nil)

    /// A clock that stands still until it is moved. Milliseconds since 1970.
    final class TestClock: Sendable {
        private let time = Atomic<UInt64>(1_800_000_000_000)
        var now: UInt64 { time.load(ordering: .relaxed) }
        func advance(seconds: UInt64) { time.add(seconds * 1000, ordering: .relaxed) }
    }

    init(
        _ policy: RetentionPolicy, destinations: [String] = [], on system: ModelFileSystem? = nil,
        keeperSystem: (any FileSystem)? = nil, clock: TestClock = TestClock()
    ) throws {
        var log = try TestLog(system)
        log.options.syncInterval = 0
        log.options.wallClock = { clock.now }
        self.log = log
        self.clock = clock
        let counters = LedgerCounters(log.registry)
        ledger = try Ledger(
            log.options, key: log.key, ratchet: nil, queue: queue, counters: counters, system: log.system
        ) { TestLog.recordFailure($0) }
        keeper = try Keeper(
            log.options, policy, destinations: destinations, ledger: ledger, queue: queue, ledgerCounters: counters,
            counters: KeeperCounters(log.registry), system: keeperSystem,
            freeBytes: { [weak self] in self?.freeBytes.withLock { $0 } ?? nil },
            report: { [weak self] event in self?.recorded.withLock { $0.append(event) } })
        ledger.start()
    }

    var system: ModelFileSystem { log.system }
    var layout: Layout { TestLog.layout }
    var events: [Keeper.Event] { recorded.withLock { $0 } }

    /// Writes records, and waits until they are durable.
    func write(_ count: Int, _ text: String = " record ") {
        let before = ledger.access.horizon.position.nextIndex
        queue.push(TestLog.batch(count, text: text))
        while ledger.access.horizon.position.nextIndex < before + UInt64(count) { sched_yield() }
    }

    /// Takes steps until there is nothing to do.
    func keep() {
        while keeper.run(now: clock.now) { sched_yield() }
    }

    /// Stores how far a destination has got.
    func acknowledge(_ destination: String, _ index: UInt64) throws {
        var cursor = try CursorFile(layout.cursor(destination), system)
        try cursor.store(CursorFile.Value(nextIndex: index))
    }

    func stop() {
        queue.close()
        ledger.join()
    }

    var segments: [UInt64] { (try? layout.segmentIndexes(system)) ?? [] }
    var files: [String] { (try? system.list(layout.segments)) ?? [] }
    var deleted: DeletedRecords { (try? DeletedRecords(layout, system)) ?? DeletedRecords() }

    /// What the relay itself has written, of the kind `identifier`.
    func notices(_ identifier: String) throws -> [String] {
        try log.lines(ledger.access).filter { $0.contains(" waxwing 42 \(identifier) [waxwing-") }
    }
}
