import Batch
import OpenSSL
import Seal
import Testing
import Verify

@testable import Ledger

/// Changes of the key, on a file system that loses, tears and refuses writes.
@Suite struct KeyRotationTests {
    private static let keyFile = "/var/ledger/keys/log.pem"
    private static let oldFile = Array("the old private key".utf8)
    private static let newFile = Array("the new private key".utf8)

    private let newKey: LogKey

    init() throws {
        newKey = try LogKey(origin: TestLog.key.get().origin, privateKey: .generate())
    }

    /// A log of 20 records with a private key in its file.
    private func begin() throws -> TestLog {
        let log = try TestLog()
        try log.run([20])
        let file = try log.system.open(Self.keyFile, .create)
        try file.write(Self.oldFile, at: 0)
        try file.sync()
        try log.system.syncDirectory(TestLog.layout.keys)
        return log
    }

    private func rotation(_ system: ModelFileSystem) -> KeyRotation {
        KeyRotation(TestLog.directory, keyFile: Self.keyFile, system: system)
    }

    @discardableResult
    private func rotate(_ log: TestLog, to key: LogKey) throws -> RekeyNote {
        try rotation(log.system).run(
            log.options, from: log.key, to: key, storing: unsafe SecretBytes(Self.newFile.span.bytes), at: 1_800_000_000
        ) { nil }
    }

    /// The log as whoever has just started on it goes on with it: with the key that `origin` names.
    private func goOn(_ log: TestLog, _ keys: [LogKey]) throws -> TestLog {
        var log = log
        let origin = String(decoding: log.system.contents(TestLog.layout.origin) ?? [], as: UTF8.self)
        let key = keys.first { origin.hasSuffix("\n\($0.verifierKey)\n") }
        log.key = try #require(key)
        return log
    }

    private func outcomes(_ log: TestLog, _ keys: [LogKey]) throws -> [VerifyReport] {
        let lines = try TestLog.storedLines(log.system)
        return try keys.map { key in
            let export = Array(lines.map { $0 + "\n" }.joined().utf8)
            return try Verification.run(VerifyOptions(key: "\(key.verifierKey)"), [.bytes(export, name: "export")])
        }
    }

    @Test func newKeyGoesOnWhereTheOldOneEnds() throws {
        var log = try begin()
        let old = log.key
        let note = try rotate(log, to: newKey)
        #expect(log.system.contents(Self.keyFile) == Self.newFile)
        #expect(log.system.contents(TestLog.layout.publicKey) == Array("\(newKey.verifierKey)\n".utf8))
        #expect(log.system.contents(TestLog.layout.rekeyNote(note.size)) == note.encoded())
        #expect(try KeyRotation.notes(TestLog.layout, log.system) == [note])
        #expect(!rotation(log.system).isUnfinished && !log.system.exists(Self.keyFile + ".next"))
        let seals = try TestLog.seals(TestLog.storedLines(log.system).filter { $0.contains(" SEAL ") })
        #expect(seals.last?.reason == .rekey && seals.last?.size == note.size && seals.last?.keyID == old.keyID)

        #expect(throws: LedgerError(.otherKey, "")) { try log.run([3]) }
        log.key = newKey
        try log.run([3])
        for report in try outcomes(log, [old, newKey]) {
            #expect(report.outcome == .complete && report.keys.map(\.seals).allSatisfy { $0 > 0 }, "\(report.text)")
        }
    }

    /// Crashes at every call to the file system; whatever survives, the next start goes on with one key, whose private
    /// half is in its file, and everything verifies with both keys, or with the old one alone if it did not come to that.
    @Test func everyCrashLeavesALogOfOneKey() throws {
        let trial = try begin()
        let before = trial.system.callCount
        try rotate(trial, to: newKey)
        let calls = trial.system.callCount - before
        var random = Seeded(20)
        var finished = 0
        for call in 0..<calls {
            let log = try begin()
            log.system.fail(call..<Int.max)
            #expect(throws: (any Error).self) { try rotate(log, to: newKey) }
            let crashed = try log.on(call.isMultiple(of: 2) ? log.system.crashed() : log.system.crashed(&random))
            _ = try rotation(crashed.system).settle()
            let next = try goOn(crashed, [log.key, newKey])
            let isNew = next.key.keyID == newKey.keyID
            finished += isNew ? 1 : 0
            #expect(next.system.contents(Self.keyFile) == (isNew ? Self.newFile : Self.oldFile), "call \(call)")
            #expect(!next.system.exists(Self.keyFile + ".next") && !rotation(next.system).isUnfinished, "call \(call)")
            try next.run([2])
            for report in try outcomes(next, isNew ? [log.key, newKey] : [log.key]) {
                #expect(report.outcome == .complete, "call \(call): \(report.text)")
            }
        }
        #expect(finished > 3 && finished < calls)
    }

    /// What settles an interrupted change is interrupted itself.
    @Test func settlingCanBeInterruptedToo() throws {
        for call in 0..<12 {
            let log = try begin()
            let before = log.system.callCount
            log.system.fail(callOfCommit(log) - before..<Int.max)
            #expect(throws: (any Error).self) { try rotate(log, to: newKey) }
            let first = try log.on(log.system.crashed())
            first.system.fail(call..<Int.max)
            _ = try? rotation(first.system).settle()
            let second = try log.on(first.system.crashed())
            _ = try rotation(second.system).settle()
            let next = try goOn(second, [newKey])
            #expect(next.system.contents(Self.keyFile) == Self.newFile, "call \(call)")
            try next.run([1])
            for report in try outcomes(next, [log.key, newKey]) {
                #expect(report.outcome == .complete, "call \(call): \(report.text)")
            }
        }
    }

    /// The disk damages the record with the note before the change is finished: it is finished even so.
    @Test func aChangeIsFinishedThoughItsRecordIsDamaged() throws {
        let log = try begin()
        let before = log.system.callCount
        log.system.fail(callOfCommit(log) - before..<Int.max)
        #expect(throws: (any Error).self) { try rotate(log, to: newKey) }
        let crashed = try log.on(log.system.crashed())
        let newest = try #require(try TestLog.layout.segmentIndexes(crashed.system).last)
        crashed.system.damage(TestLog.layout.segment(newest)) { $0[$0.count - 9] ^= 1 }
        guard case .finished? = try rotation(crashed.system).settle() else {
            Issue.record("it was taken back")
            return
        }
        let next = try goOn(crashed, [newKey])
        #expect(next.system.contents(Self.keyFile) == Self.newFile)
        try next.run([2])
        let archive = try LedgerArchive(TestLog.directory, system: next.system)
        #expect(try archive.newestSeal()?.keyID == newKey.keyID)
    }

    /// The first call after the one that makes the new key the log's: found by what a trial did.
    private func callOfCommit(_ log: TestLog) -> Int {
        guard let trial = try? begin(), (try? rotate(trial, to: newKey)) != nil else { return 0 }
        let trace = trial.system.state.withLock { $0.trace }
        return trace.firstIndex { $0 == "rename \(Self.keyFile).next" } ?? 0
    }

    @Test func threeKeysInARow() throws {
        var log = try begin()
        var keys = [log.key]
        for _ in 0..<2 {
            let key = try LogKey(origin: log.key.origin, privateKey: .generate())
            try rotate(log, to: key)
            keys.append(key)
            log.key = key
            try log.run([5])
        }
        for report in try outcomes(log, keys) {
            #expect(report.outcome == .complete && report.keys.count == 3, "\(report.text)")
        }
        // The ledger itself tells which keys have signed it, from whichever of them one begins.
        let archive = try LedgerArchive(TestLog.directory, system: log.system)
        for pinned in keys {
            let verifiers = try archive.verifiers(pinned: [pinned.verifier])
            #expect(Set(verifiers) == Set(keys.map(\.verifier)))
            #expect(try LedgerCheck(archive, verifiers).run(threads: 2).outcome == .complete)
        }
        #expect(try LedgerCheckTests.check(log).outcome == .complete)
        let first = keys[0]
        #expect(throws: LedgerError(.otherKey, "")) { try rotate(log, to: first) }
    }

    @Test func recordsWithoutASealAreSealedFirst() throws {
        let log = try begin()
        // The last block, which is the last seal alone, is torn.
        let segment = try #require(try TestLog.layout.segmentIndexes(log.system).last)
        log.system.damage(TestLog.layout.segment(segment)) { $0.removeLast(100) }
        log.system.damage(TestLog.layout.durable) { $0 = [] }
        let note = try rotate(log, to: newKey)
        var next = log
        next.key = newKey
        try next.run([1])
        #expect(note.size > 20)
        for report in try outcomes(next, [log.key, newKey]) { #expect(report.outcome == .complete, "\(report.text)") }
    }

    @Test func runningRelayKeepsItsKey() throws {
        let log = try begin()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let running = try log.open(queue)
        #expect(throws: LedgerError(.locked, "")) { try rotate(log, to: newKey) }
        running.start()
        queue.close()
        running.join()
        #expect(!rotation(log.system).isUnfinished)
    }
}
