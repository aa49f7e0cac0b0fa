import Batch
import OpenSSL
import Seal
import Testing
import TransparencyLog

@testable import Ledger

@Suite struct LedgerArchiveTests {
    private func archive(_ log: TestLog) throws -> LedgerArchive {
        try LedgerArchive(TestLog.directory, system: log.system)
    }

    @Test func whereThereIsNoLedgerIsSaid() {
        #expect {
            try LedgerArchive("/nowhere", system: ModelFileSystem())
        } throws: { error in
            (error as? LedgerError)?.code == .noLedger && "\(error)".contains("no ledger in /nowhere")
        }
    }

    @Test func theNewestSealIsTheLastOfTheLedger() throws {
        let log = try TestLog()
        // So many runs that the newest segment has many seals, one, or none at all.
        for records in 0..<40 {
            let run = try log.run([records])
            let seal = try #require(try archive(log).newestSeal())
            #expect(seal == (try TestLog.seals(log.lines(run.access)).last))
        }
        #expect(try TestLog.layout.segmentIndexes(log.system).count > 3)
    }

    @Test func aLedgerWithoutASealHasNone() throws {
        let log = try TestLog()
        _ = try log.open(BatchQueue(byteLimit: 1))
        #expect(try archive(log).newestSeal() == nil)
        #expect(throws: LedgerError(.outOfRange, "")) { try archive(log).proof(of: 0) }
    }

    @Test func theMarkIsReadByOthersToo() throws {
        let log = try TestLog()
        #expect(try DurableMark.nextIndex(TestLog.layout, log.system) == 0)
        let run = try log.run([20])
        #expect(try DurableMark.nextIndex(TestLog.layout, log.system) == run.end)
        #expect(try archive(log).end().nextIndex == run.end)
    }

    @Test func theNewestSealIsDurableWhenItIsShown() throws {
        let log = try TestLog()
        try log.run([9])
        let path = TestLog.layout.segment(0)
        let whole = try #require(log.system.contents(path))
        log.system.damage(path) { $0 = Array($0.prefix(SegmentHeader.size)) }
        try log.system.open(path, .update).write(Array(whole[SegmentHeader.size...]), at: UInt64(SegmentHeader.size))
        let seal = try #require(try archive(log).newestSeal())
        #expect(try LedgerArchive(TestLog.directory, system: log.system.crashed()).newestSeal() == seal)
    }

    @Test func everyRecordIsProvenByTheNewestSeal() throws {
        let log = try TestLog()
        try log.run([100])
        let run = try log.run([57])
        #expect(try TestLog.layout.segmentIndexes(log.system).count > 2)
        let leaves = try TestLog.leaves(try log.lines(run.access))
        let archive = try archive(log)
        var hasher = try SHA256Hasher()
        for index in 0..<run.end {
            let proof = try TLogProof(parsing: Array("\(try archive.proof(of: index))".utf8))
            let head = try proof.verify(leaf: leaves[Int(index)], by: log.key.verifier, &hasher)
            #expect(head.size == run.end)
            #expect(throws: TransparencyLogError.self) {
                try proof.verify(leaf: leaves[(Int(index) + 1) % leaves.count], by: log.key.verifier, &hasher)
            }
        }
        #expect(throws: LedgerError(.outOfRange, "")) { try archive.proof(of: run.end) }
        #expect(throws: LedgerError(.outOfRange, "")) { try archive.proof(of: .max) }
    }

    @Test func leafHashesThatAreNotThoseOfTheRecordsProveNothing() throws {
        let log = try TestLog()
        try log.run([40])
        log.system.damage(TestLog.layout.leaves(0)) { $0[33] ^= 1 }
        for index in [0, 1, 2, 20] as [UInt64] {
            #expect(throws: LedgerError(.damaged, "")) { try archive(log).proof(of: index) }
        }
        log.system.damage(TestLog.layout.leaves(0)) { $0.removeLast(40) }
        #expect(throws: LedgerError.self) { try archive(log).proof(of: 0) }
    }

    @Test func theNoteOfASealIsSignedByTheKey() throws {
        let log = try TestLog()
        try log.run([3])
        let note = try #require(try archive(log).newestSeal()).note
        try note.verify(by: log.key.verifier)
        #expect(try Checkpoint(parsing: note.text).size == 4)
    }
}
