import Batch
import Glibc
import Seal
import Testing
import Verify

@testable import Ledger

/// Random lives of a ledger on the model file system, step by step, so that a seed repeats them: records are appended,
/// synced and sealed, read and acknowledged, deleted and compressed; calls fail, the disk is full for a while, the power
/// goes, bits flip; and the ledger is opened again. After each step the books have to balance.
@Suite struct WorldTests {
    /// `make soak` asks for more.
    private static let worlds = unsafe Int(getenv("WAXWING_SOAK").map { unsafe String(cString: $0) } ?? "") ?? 20_000
    private static let shares = 20

    @Test(arguments: 0..<shares)
    func theBooksBalance(share: Int) throws {
        for seed in stride(from: share, to: Self.worlds, by: Self.shares) {
            var world = try World(seed: UInt64(seed))
            try world.live()
        }
    }
}

/// One life, and what is known of it.
private struct World {
    private let seed: UInt64
    private var random: Seeded
    private var log: TestLog
    private var time: UInt64 = 1_800_000_000_000
    private let policy: RetentionPolicy

    private var queue = BatchQueue(byteLimit: 1 << 20)
    private var ledger: Ledger?
    private var keeper: Keeper?
    private var events = Events()

    /// Every record that was ever released, as it was then. A reader that misses nothing has it.
    private var released: [String] = []
    /// What the log has declared as lost.
    private var lost = IndexRanges()
    private var appended = 0
    private var steps: [String] = []

    /// What the ledger tells.
    private final class Events: Sendable {
        let lost = Monitor<[LostRecords]>([])
        let failed = Monitor(false)
    }

    init(seed: UInt64) throws {
        self.seed = seed
        var random = Seeded(seed)
        log = try TestLog()
        log.options.isStepwise = true
        log.options.syncInterval = Bool.random(using: &random) ? 0 : 50_000_000
        log.options.syncBytes = .random(in: 1...3000, using: &random)
        log.options.segmentBytes = .random(in: 8300...12_000, using: &random)
        log.options.batch = BatchPolicy(
            recordLimit: .random(in: 1...12, using: &random), ageMilliseconds: 3_600_000, idleMilliseconds: 3_600_000)
        var policy = RetentionPolicy()
        policy.age = Bool.random(using: &random) ? 60_000 : nil
        policy.textBytes = Bool.random(using: &random) ? 40_000 : nil
        policy.compresses = Bool.random(using: &random)
        self.policy = policy
        self.random = random
    }

    private var comment: Comment { "seed \(seed): \(steps.joined(separator: ", "))" }

    mutating func live() throws {
        try open()
        for _ in 0..<Int.random(in: 2...9, using: &random) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: try append()
            case 4: try acknowledge()
            case 5: try keep()
            case 6: try failSomeCalls()
            case 7: try stop()
            case 8: try pullThePlug()
            default: try damage()
            }
            try audit()
        }
        try stop()
        try audit()
        try verify()
    }

    // MARK: - Steps

    private mutating func append() throws {
        let count = Int.random(in: 1...20, using: &random)
        steps.append("append \(count)")
        queue.push(TestLog.batch(count))
        appended += count
        try ledger?.step()
    }

    /// A destination reads some of what there is, and stores its place.
    private mutating func acknowledge() throws {
        guard let end = ledger?.access.horizon.position.nextIndex else { return }
        var cursor = try CursorFile(TestLog.layout.cursor("siem"), log.system)
        let start = cursor.value?.nextIndex ?? 0
        guard start < end else { return }
        let next = UInt64.random(in: start...end, using: &random)
        steps.append("acknowledge \(next)")
        try cursor.store(CursorFile.Value(nextIndex: next))
    }

    private mutating func keep() throws {
        steps.append("keep")
        time += .random(in: 0...70_000, using: &random)
        for _ in 0..<40 where keeper?.run(now: time) == true { try ledger?.step() }
    }

    /// Calls fail for a while, now and then or all of them: the disk is full. Then they work again.
    private mutating func failSomeCalls() throws {
        let first = Int.random(in: 0..<12, using: &random)
        let count = Int.random(in: 1...12, using: &random)
        steps.append("fail \(first)..<\(first + count)")
        log.system.fail(first..<first + count)
        try append()
        log.system.fail(0..<0)
        #expect(!events.failed.withLock { $0 }, comment)
    }

    private mutating func stop() throws {
        steps.append("stop")
        queue.close()
        try ledger?.step()
        try audit()
        try reopen(log.system)
    }

    private mutating func pullThePlug() throws {
        steps.append("power failure")
        try reopen(log.system.crashed(&random))
    }

    /// An orderly end, then a flipped bit, a cut or a deletion in one of the files, then a start.
    private mutating func damage() throws {
        queue.close()
        try ledger?.step()
        try audit()
        (ledger, keeper) = (nil, nil)
        let folders = [TestLog.layout.segments, TestLog.layout.segments, TestLog.layout.directory]
        let folder = folders.randomElement(using: &random) ?? ""
        let files = try log.system.list(folder).filter {
            $0.hasSuffix(".segment") || $0.hasSuffix(".leaves") || $0 == "durable" || $0.hasSuffix(".zst")
        }
        guard let name = files.randomElement(using: &random) else { return try reopen(log.system) }
        let path = "\(folder)/\(name)"
        let size = log.system.contents(path)?.count ?? 0
        let offset = Int.random(in: 0...max(0, size - 1), using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where name != "durable":
            steps.append("remove \(name)")
            try log.system.remove(path)
            try log.system.syncDirectory(folder)
        case 1 where name != "durable":
            steps.append("cut \(name) to \(offset)")
            log.system.damage(path) { $0.removeLast($0.count - offset) }
        default:
            steps.append("flip a bit of \(name) at \(offset)")
            log.system.damage(path) { if offset < $0.count { $0[offset] ^= 0x20 } }
        }
        try reopen(log.system)
    }

    // MARK: - Opening

    private mutating func reopen(_ system: ModelFileSystem) throws {
        (ledger, keeper) = (nil, nil)
        log = try log.on(system)
        try open()
    }

    private mutating func open() throws {
        let events = Events()
        self.events = events
        queue = BatchQueue(byteLimit: 1 << 20)
        let now = time
        log.options.wallClock = { now }
        let counters = LedgerCounters(log.registry)
        let opened: Ledger
        do {
            opened = try Ledger(
                log.options, key: log.key, ratchet: nil, queue: queue, counters: counters, system: log.system
            ) { event in
                switch event {
                case .lost(let lost): events.lost.withLock { $0.append(lost) }
                case .failed: events.failed.withLock { $0 = true }
                case .degraded, .restored: break
                }
            }
        } catch {
            Issue.record(error, comment)
            throw error
        }
        ledger = opened
        keeper = try Keeper(
            log.options, policy, destinations: ["siem"], ledger: opened, queue: queue, ledgerCounters: counters,
            counters: KeeperCounters(log.registry), freeBytes: { nil }, report: { _ in })
        try opened.step()
        #expect(opened.access.horizon.position.nextIndex >= UInt64(released.count), comment)
    }

    // MARK: - The books

    /// Reads all there is. What was released before is the same, or declared as lost, or deleted on purpose; what is new
    /// comes without a gap.
    private mutating func audit() throws {
        guard let ledger else { return }
        var missing = IndexRanges()
        var found: [UInt64: String] = [:]
        var reader = try ledger.access.makeReader(from: 0) { missing.insert($0.indexes) }
        while let block = try reader.peek() {
            var bytes = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            var range = 0..<0
            try unsafe bytes.withUnsafeMutableBytes { range = unsafe try reader.read(block, into: $0) }
            let first = reader.nextIndex - UInt64(TestLog.lines(Array(bytes[range])).count)
            for (number, line) in TestLog.lines(Array(bytes[range])).enumerated() {
                found[first + UInt64(number)] = line
            }
        }
        for entry in events.lost.withLock({ $0 }) { lost.insert(entry.indexes) }
        let deleted = try DeletedRecords(TestLog.layout, log.system).text
        for range in missing.all.flatMap({ deleted.missing(from: $0) }) {
            #expect(lost.contains(range), "\(range) is missing and not declared; \(comment)")
        }
        let end = ledger.access.horizon.position.nextIndex
        for index in 0..<end {
            let known = index < UInt64(released.count) ? released[Int(index)] : nil
            guard let line = found[index] else {
                #expect(known != nil, "\(index) was never seen; \(comment)")
                continue
            }
            if let known { #expect(line == known, "\(index) has changed; \(comment)") } else { released.append(line) }
        }
        #expect(UInt64(released.count) == end, comment)
    }

    /// What a reader has that missed nothing is one log, complete and unaltered, whatever happened to the disk.
    private func verify() throws {
        let payload = released.flatMap { Array("\($0.utf8.count) \($0)".utf8) }
        let report = try log.verify(payload)
        #expect(report.outcome == .complete, "\(report.text) \(comment)")
        let seals = try TestLog.seals(released.filter { $0.contains(" waxwing 42 SEAL ") })
        #expect(seals.map(\.number) == Array(1...UInt64(seals.count)), comment)
    }
}
