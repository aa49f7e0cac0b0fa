import Batch
import Seal
import Telemetry
import Testing

@testable import Ledger

/// What a ledger does not open, and what it says then.
@Suite struct RefusalTests {
    private func refusal(_ log: TestLog) -> LedgerError? {
        do {
            _ = try log.open(BatchQueue(byteLimit: 1))
            return nil
        } catch {
            return error as? LedgerError
        }
    }

    @Test func aDirectoryInUseIsRefused() throws {
        let log = try TestLog()
        let ledger = try log.open(BatchQueue(byteLimit: 1))
        let error = refusal(log)
        #expect(error?.code == .locked)
        #expect(error?.description.contains("\(TestLog.directory) is in use by another waxwing") == true)
        withExtendedLifetime(ledger) {}
    }

    @Test func theLockGoesWithTheLedger() throws {
        let log = try TestLog()
        for _ in 0..<3 { #expect(refusal(log) == nil) }
    }

    @Test func anotherOriginIsRefused() throws {
        let log = try TestLog()
        try log.run([1])
        let error = refusal(try TestLog(log.system, origin: "test.example.net/other"))
        #expect(error?.code == .otherOrigin)
        #expect(error?.description.contains("test.example.net/log, not test.example.net/other") == true)
        #expect(error?.description.contains("`stream.origin`") == true)
        #expect(refusal(log) == nil)
    }

    @Test func anotherKeyIsRefused() throws {
        let log = try TestLog()
        try log.run([1])
        let other = try LogKey(origin: log.key.origin, privateKey: .generate())
        #expect {
            try Ledger(
                log.options, key: other, ratchet: nil, queue: BatchQueue(byteLimit: 1),
                counters: LedgerCounters(MetricsRegistry()), system: log.system
            ) { _ in }
        } throws: { error in
            (error as? LedgerError)?.code == .otherKey && "\(error)".contains("\(log.key.verifierKey), not of")
        }
    }

    /// Whose log it is, the newest seal says as well as the file.
    @Test func aDamagedOriginIsMadeAnew() throws {
        let log = try TestLog()
        _ = try log.run([5])
        let path = TestLog.layout.origin
        let whole = try log.system.open(path, .read).contents()
        for index in whole.indices {
            for change: UInt8 in [0x01, 0x20, 0x80] {
                let file = try log.system.open(path, .update)
                try file.write([whole[index] ^ change], at: UInt64(index))
                #expect(try OriginFile.origin(TestLog.layout, log.system) == log.key.origin, "byte \(index)")
                if index % 16 == 0 { #expect(refusal(log) == nil, "byte \(index)") }
                #expect(try index % 16 != 0 || log.system.open(path, .read).contents() == whole)
                try file.write(whole, at: 0)
            }
        }
        try log.system.open(path, .update).truncate(to: 3)
        #expect(refusal(log) == nil)
        try log.system.open(path, .update).truncate(to: 3)
        let error = refusal(try TestLog(log.system, origin: "test.example.net/other"))
        #expect(error?.code == .otherOrigin && error?.description.contains("\(path) is damaged") == true)
    }

    @Test func aDestinationAheadOfTheLedgerIsRefused() throws {
        let log = try TestLog()
        let end = try log.run([1]).end
        var cursor = try CursorFile(TestLog.layout.cursor("siem"), log.system)
        try cursor.store(CursorFile.Value(nextIndex: end))
        #expect(refusal(log) == nil)
        try cursor.store(CursorFile.Value(nextIndex: end + 1))
        let error = refusal(log)
        #expect(error?.code == .restoredBackup)
        #expect(error?.description.contains("destination siem has records up to \(end + 1)") == true)
        #expect(error?.description.contains("another `data` folder and another `stream.origin`") == true)
    }

    /// Whoever is asked is told where the log would go on.
    @Test func aLedgerOfWhichSomebodyElseHasMoreIsRefused() throws {
        var log = try TestLog()
        let end = try log.run([5]).end
        log.options.accept = { #expect($0 == end) }
        #expect(refusal(log) == nil)
        log.options.accept = { throw Ledger.restoredBackup("the saved head", $0 + 1, $0) }
        let error = refusal(log)
        #expect(error?.code == .restoredBackup)
        #expect(error?.description.contains("the saved head has records up to \(end + 1)") == true)
    }

    /// What a folder looks like of which only the cursors were put back.
    @Test func aCursorAheadOfALedgerThatIsGoneIsRefused() throws {
        let log = try TestLog()
        let end = try log.run([100]).end
        var cursor = try CursorFile(TestLog.layout.cursor("siem"), log.system)
        try cursor.store(CursorFile.Value(nextIndex: end))
        for first in try TestLog.layout.segmentIndexes(log.system) {
            try log.system.remove(TestLog.layout.segment(first))
        }
        try log.system.remove(TestLog.layout.durable)
        #expect(refusal(log)?.code == .restoredBackup)
        #expect(try TestLog.layout.segmentIndexes(log.system) == [])
    }

    @Test func aLedgerOfWhichNobodyKnowsWhereItStoodIsRefused() throws {
        let log = try TestLog()
        try log.run([200])
        let newest = try #require(try TestLog.layout.segmentIndexes(log.system).last)
        log.system.damage(TestLog.layout.segment(newest)) { $0[100] ^= 1 }
        log.system.damage(TestLog.layout.durable) { for slot in [30, 8192 + 30] { $0[slot] ^= 1 } }
        let error = refusal(log)
        #expect(error?.code == .damaged)
        #expect(error?.description.contains(TestLog.layout.segment(newest)) == true)
        #expect(error?.description.contains(TestLog.layout.durable) == true)
    }

    @Test func aDirectoryThatIsNotThereIsAnErrorThatNamesIt() throws {
        let log = try TestLog(ModelFileSystem())
        #expect {
            try log.open(BatchQueue(byteLimit: 1))
        } throws: { error in
            "\(error)".contains("make directory \(TestLog.directory)")
        }
    }
}
