import Ledger
import Seal
import TestSupport
import Testing

@testable import Relay

/// A checkpoint that is kept elsewhere keeps a relay from going on with an old copy of its ledger.
@Suite struct SavedHeadTests {
    private let site = Site()
    private var head: String { site.folder.path("head.note") }
    private var configuration: String {
        Site.configuration.replacing("stream: {", with: "stream: {saved_head_file: head.note, ")
    }

    private func saveHead() throws {
        let seal = try #require(try LedgerArchive(site.ledger).newestSeal())
        site.folder.write("head.note", "\(try seal.note)")
    }

    @Test func anOldCopyIsRefusedAndTheNewestIsNot() throws {
        #expect(configuration != Site.configuration)
        try site.withRelay(configuration) { relay in
            try relay.send(["one"])
            #expect(relay.waitForRecords(1))
        }
        let segment = "\(site.ledger)/segments/00000000000000000000.segment"
        #expect(throws: LedgerError(.file, "")) { try site.makeRelay(configuration) }
        try saveHead()
        let old = ["durable", "segments/00000000000000000000.segment"].map {
            ("\(site.ledger)/\($0)", TemporaryDirectory.contents("\(site.ledger)/\($0)") ?? [])
        }
        try site.withRelay(configuration) { relay in
            try relay.send(["two"])
            #expect(relay.waitForRecords(1))
        }
        try saveHead()
        try site.withRelay(configuration) { _ in }
        for (path, bytes) in old {
            let file = try DiskFileSystem().open(path, .update)
            try file.truncate(to: 0)
            try file.write(bytes, at: 0)
        }
        #expect(TemporaryDirectory.contents(segment) == old[1].1)
        #expect {
            try site.makeRelay(configuration)
        } throws: { error in
            (error as? LedgerError)?.code == .restoredBackup
                && "\(error)".contains("the saved head has records up to 4")
        }
    }

    @Test(arguments: [("nonsense", "is no checkpoint"), ("other.example.net/log\n3\nAAAA\n", "is no checkpoint")])
    func whatIsNoCheckpointIsRefused(text: String, message: String) throws {
        site.folder.write("head.note", text)
        #expect {
            try SavedHead.check(head, of: Origin("relay.example.net/log"), 0)
        } throws: { error in
            "\(error)".contains(message)
        }
    }

    /// A new log has none yet. Without it nobody knows of one with records whether it is the newest.
    @Test func whatIsNotThereIsRefusedOnceThereAreRecords() throws {
        try SavedHead.check(head, of: Origin("relay.example.net/log"), 0)
        #expect {
            try SavedHead.check(head, of: Origin("relay.example.net/log"), 1)
        } throws: { error in
            "\(error)".contains("waxwing head > \(head)")
        }
    }

    @Test func aCheckpointOfAnotherLogIsRefused() throws {
        try site.withRelay { _ in }
        try saveHead()
        #expect(throws: LedgerError(.otherOrigin, "")) {
            try SavedHead.check(head, of: Origin("other.example.net/log"), 1)
        }
    }
}
