import Batch
@testable import Ledger
import OpenSSL
import Seal
import Syslog
import Testing
import TransparencyLog
import Verify

@Suite struct LedgerTests {
    @Test func recordsAreSealedAndVerify() throws {
        let log = try TestLog()
        let end = try log.run([1, 20, 300])
        let report = try log.verify()
        #expect(report.outcome == .complete)
        #expect(report.verifiedRecords == end)
        #expect(try Layout(TestLog.directory).segmentIndexes(log.system).count > 1)
    }

    @Test func restartContinuesIndexesAndChain() throws {
        let log = try TestLog()
        var ends: [UInt64] = [0]
        for sizes in [[3], [], [40, 1], [200]] { ends.append(try log.run(sizes)) }
        #expect(ends == ends.sorted() && Set(ends).count == ends.count)
        #expect(try log.verify().verifiedRecords == ends.last)
        #expect(try log.verify().outcome == .complete)
    }

    @Test func readersBeginAtAnyIndex() throws {
        let log = try TestLog()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        ledger.start()
        for _ in 0..<20 { queue.push(TestLog.batch(17)) }
        queue.close()
        ledger.join()
        let all = try log.lines(from: 0, ledger.access)
        let end = ledger.access.horizon.position.nextIndex
        #expect(UInt64(all.count) == end)
        for index in 0...end { #expect(try log.lines(from: index, ledger.access) == Array(all[Int(index)...])) }
        #expect(throws: LedgerError(.outOfRange, "")) { _ = try ledger.access.makeReader(from: end + 1) }
    }

    @Test func identityIsTheLastElementAndCountsUp() throws {
        let log = try TestLog()
        let queue = BatchQueue(byteLimit: 1 << 20)
        let ledger = try log.open(queue)
        ledger.start()
        queue.push(TestLog.batch(3))
        queue.close()
        ledger.join()
        let lines = try log.lines(from: 0, ledger.access)
        let tag = log.key.origin.tag
        #expect(lines[1] == "<14>1 2026-11-23T06:15:00.000Z host app 1 ID [waxwing@32473 l=\"\(tag)\" i=\"1\"] record 1")
    }

    @Test func lossesAreDeclaredOnce() throws {
        let log = try TestLog()
        try log.run([5], lost: 7)
        try log.run([5], lost: 3)
        #expect(try log.verify().dropped == 10)
    }

    @Test func anotherOriginIsRefused() throws {
        let log = try TestLog()
        try log.run([1])
        let other = try TestLog(
            system: log.system,
            key: LogKey(origin: Origin("test.example.net/other"), privateKey: Ed25519PrivateKey.generate()))
        #expect(throws: LedgerError(.otherOrigin, "")) { try other.run([1]) }
    }

    @Test func aDestinationAheadOfTheLedgerIsARestoredBackup() throws {
        let log = try TestLog()
        let end = try log.run([1])
        var cursor = try CursorFile(Layout(TestLog.directory).cursor("siem"), log.system)
        try cursor.store(CursorFile.Value(nextIndex: end))
        #expect(throws: Never.self) { try log.run([1]) }
        try cursor.store(CursorFile.Value(nextIndex: end + 1000))
        #expect(throws: LedgerError(.restoredBackup, "")) { try log.run([1]) }
    }

    @Test func everyRecordCanBeProven() throws {
        let log = try TestLog()
        let end = try log.run([100, 100])
        let archive = try LedgerArchive(TestLog.directory, system: log.system)
        let seal = try #require(try archive.newestSeal())
        #expect(seal.size == end)
        var hasher = try SHA256Hasher()
        let leaves = try Layout(TestLog.directory).segmentIndexes(log.system).flatMap { first in
            log.system.contents(Layout(TestLog.directory).leaves(first)) ?? []
        }
        for index in 0..<end {
            let leaf = try #require(Hash(Array(leaves[Int(index) * 32..<Int(index) * 32 + 32])))
            let proof = try archive.proof(of: index)
            #expect(
                InclusionProof(index: index, size: end, hashes: proof.hashes).root(of: leaf, &hasher) == seal.root)
        }
        #expect(throws: LedgerError(.outOfRange, "")) { _ = try archive.proof(of: end) }
    }
}
