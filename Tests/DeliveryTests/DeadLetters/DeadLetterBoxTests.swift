import Batch
import OpenSSL
import Seal
import Synchronization
import TestSupport
import Testing
import Verify

@testable import Delivery
@testable import Ledger

@Suite struct DeadLetterBoxTests {
    private let ledger: TestLedger
    private let rig: DestinationRig
    private let key: LogKey
    private let layout: Layout

    init() throws {
        ledger = try TestLedger()
        rig = DestinationRig(ledger)
        key = try LogKey(origin: Origin("test.example.net/log"), privateKey: .generate())
        layout = Layout(ledger.folder.path("ledger")).deadLetters
    }

    /// Runs a box, which is stopped and gone behind `body`.
    private func withBox(
        resend: [String: @Sendable ([UInt64]) -> Void] = [:], _ body: (DeadLetterBox) throws -> Void
    ) throws {
        let options = LedgerOptions(
            directory: ledger.folder.path("ledger"), hostname: "relay.example.net", processID: 42)
        let letters = try DeadLetterLedger(options, key: key) { Issue.record("\($0)") }
        let box = DeadLetterBox(ledger.access, letters, logger: rig.logger, interval: 2_000_000)
        box.start(resend: resend)
        defer { box.stop() }
        try body(box)
    }

    private func rejected(_ indexes: [UInt64], reason: String = "bad") -> [RejectedRecord] {
        indexes.map { RejectedRecord(index: $0, status: 400, reason: reason) }
    }

    private func open() throws -> [String] {
        var found: [String] = []
        let lines = try ledger.lines()
        try OpenDeadLetters(layout).visit { letter, original in
            let index = Int(letter.key.index)
            #expect(String(decoding: original, as: UTF8.self) == lines[index])
            found.append("\(letter.key.destination) \(index) \(letter.reason)")
        }
        return found
    }

    private func verify() throws -> VerifyReport {
        let key = String(decoding: TemporaryDirectory.contents(layout.publicKey) ?? [], as: UTF8.self)
        let segments = TemporaryDirectory.names(in: layout.segments).filter { $0.hasSuffix(".segment") }
        return try Verification.run(
            VerifyOptions(key: key), segments.map { .path("\(layout.segments)/\($0)") })
    }

    /// Whether no request is left.
    private var hasRequests: Bool { !TemporaryDirectory.names(in: layout.requests).isEmpty }

    @Test func lettersAreDurableAndCarryTheRecord() throws {
        ledger.append(20)
        try withBox { box throws in
            try box.store(rejected([7, 3]), of: "siem")
            #expect(try open() == ["siem 3 bad", "siem 7 bad"], "readable at once, while the box is open")
            try box.store(rejected([7], reason: "worse"), of: "siem")
            try box.store(rejected([7]), of: "other")
            #expect(try open() == ["siem 3 bad", "siem 7 worse", "other 7 bad"], "the last reason counts")
        }
        let report = try verify()
        #expect(report.outcome == .complete && report.verifiedRecords == 5)
        try withBox { _ throws in #expect(try open().count == 3) }
    }

    /// For a record that is gone from the ledger a letter is as good, if it has all of it.
    @Test func lettersHaveTheOriginalsThatAreWhole() throws {
        ledger.append(3)
        ledger.append(1, size: 65_300)
        let lines = try ledger.lines()
        try withBox { box throws in
            try box.store(rejected([0, 1, 3]), of: "siem")
            try box.store(rejected([2]), of: "other")
            let originals = try box.originals(of: [0, 2, 3], for: "siem")
            #expect(originals == [0: Array(lines[0].utf8)])
        }
    }

    @Test func manyDestinationsMayStoreAtOnce() throws {
        ledger.append(200)
        try withBox { box throws in
            let failures = Atomic<Int>(0)
            let workers = (0..<4).map { number in
                Worker {
                    for index in 0..<20 {
                        let record = RejectedRecord(index: UInt64(index), status: 400, reason: "bad")
                        do { try box.store([record], of: "d\(number)") } catch {
                            failures.add(1, ordering: .relaxed)
                        }
                    }
                }
            }
            for worker in workers { worker.join() }
            #expect(failures.load(ordering: .relaxed) == 0)
            #expect(try OpenDeadLetters(layout).count == 80)
        }
        #expect(try verify().outcome == .complete)
    }

    @Test func lettersAreDroppedByRequest() throws {
        ledger.append(20)
        try withBox { box throws in
            try box.store(rejected([1, 2, 3]), of: "siem")
            try box.store(rejected([2]), of: "other")
            try DeadLetterRequest(.drop, destination: "siem", indexes: [2, 9]).leave(layout)
            #expect(rig.waitUntil { _ in !hasRequests })
            #expect(try open() == ["siem 1 bad", "siem 3 bad", "other 2 bad"])
            try DeadLetterRequest(.drop).leave(layout)
            #expect(rig.waitUntil { _ in !hasRequests })
            #expect(try open().isEmpty)
        }
        #expect(try verify().outcome == .complete)
    }

    /// The request waits for the next start when no relay runs, and for the destination's answer when one does.
    @Test func lettersAreSentAgainByRequest() throws {
        ledger.append(20)
        try withBox { try $0.store(rejected([1, 2, 3]), of: "siem") }
        try DeadLetterRequest(.resend).leave(layout)
        let asked = Mutex<[UInt64]>([])
        try withBox(resend: ["siem": { indexes in asked.withLock { $0 += indexes } }]) { box throws in
            #expect(rig.waitUntil { _ in asked.withLock { $0 } == [1, 2, 3] })
            #expect(hasRequests)
            box.noteResent(delivered: [1, 3], failed: [], of: "siem")
            #expect(hasRequests)
            #expect(try open() == ["siem 2 bad"])
            box.noteResent(delivered: [], failed: [2], of: "siem")
            #expect(!hasRequests)
            #expect(try open() == ["siem 2 bad"])
            #expect(asked.withLock { $0.count } == 3, "asked once")
        }
    }

    @Test func aLetterThatIsOnItsWayIsNotSentOnceMore() throws {
        ledger.append(20)
        let asked = Mutex<[UInt64]>([])
        try withBox(resend: ["siem": { indexes in asked.withLock { $0 += indexes } }]) { box throws in
            try box.store(rejected([1, 2]), of: "siem")
            try DeadLetterRequest(.resend, indexes: [1]).leave(layout)
            #expect(rig.waitUntil { _ in asked.withLock { $0 } == [1] })
            try DeadLetterRequest(.resend).leave(layout)
            #expect(rig.waitUntil { _ in asked.withLock { $0 } == [1, 2] })
            box.noteResent(delivered: [1], failed: [], of: "siem")
            #expect(TemporaryDirectory.names(in: layout.requests).count == 1)
            box.noteResent(delivered: [2], failed: [], of: "siem")
            #expect(!hasRequests)
        }
    }

    @Test func lettersOfDestinationsThatAreGoneStay() throws {
        ledger.append(5)
        try withBox { box throws in
            try box.store(rejected([1]), of: "gone")
            try DeadLetterRequest(.resend).leave(layout)
            #expect(rig.waitUntil { _ in !hasRequests })
            #expect(try open() == ["gone 1 bad"])
            #expect(rig.complaints.contains { $0.contains("not configured any more") })
        }
    }

    @Test func whatIsNoRequestIsTakenAwayAndSaid() throws {
        let system = DiskFileSystem()
        for folder in [layout.directory, layout.requests] { try system.makeDirectory(folder) }
        try system.open("\(layout.requests)/a.request", .create).write(Array("nonsense".utf8), at: 0)
        try withBox { _ in
            #expect(rig.waitUntil { _ in !hasRequests })
            #expect(rig.complaints.contains { $0.contains("no request") })
        }
    }

    @Test func aRecordThatIsLostHasALetterAllTheSame() throws {
        for _ in 0..<3 { ledger.append(10) }
        let block = try ledger.blocks()[1]
        let index = block.indexes.lowerBound
        try ledger.damage(block.bytes.upperBound - 5..<block.bytes.upperBound)
        try withBox { box throws in
            try box.store(rejected([index]), of: "siem")
            var originals: [[UInt8]] = []
            try OpenDeadLetters(layout).visit { _, original in originals.append(original) }
            #expect(originals == [[]])
        }
    }
}
