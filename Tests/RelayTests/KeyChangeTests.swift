import Delivery
import Glibc
import Ledger
import Logging
import OpenSSL
import Seal
import Settings
import TestSupport
import Testing
import Verify

@testable import Relay

@Suite struct KeyChangeTests {
    private let site = Site()
    private var keyFile: String { "\(site.ledger)/keys/log.pem" }

    private func contents(_ path: String) -> String {
        String(decoding: TemporaryDirectory.contents(path) ?? [], as: UTF8.self)
    }

    private func verify(_ key: String) throws -> VerifyReport {
        try Verification.run(VerifyOptions(key: key), site.segments())
    }

    @Test func relayGoesOnWithTheNewKey() throws {
        let old = try site.withRelay { relay in
            try relay.send(["<13>1 - h a - - - one"])
            #expect(relay.waitForRecords(1))
            return relay.verifierKey
        }
        let note = try KeyChange.run(site.settings(), newKey: nil)
        let new = try site.withRelay { $0.verifierKey }
        #expect("\(note.old)" == old && "\(note.new)" == new && old != new)
        for key in [old, new] {
            let report = try verify(key)
            #expect(report.outcome == .complete && report.keys.count == 2, "\(report.text)")
        }
    }

    /// The files as a crash behind the old key's last seal leaves them.
    @Test func startFinishesWhatACrashInterrupted() throws {
        let old = try site.withRelay { $0.verifierKey }
        let (oldPEM, oldOrigin) = (contents(keyFile), contents("\(site.ledger)/origin"))
        let note = try KeyChange.run(site.settings(), newKey: nil)
        let layout = Layout(site.ledger)
        unsafe _ = rename(keyFile, keyFile + ".next")
        unsafe _ = rename(layout.rekeyNote(note.size), layout.rekeyNote)
        site.folder.write("ledger/keys/log.pem", oldPEM)
        site.folder.write("ledger/origin", oldOrigin)
        site.folder.write("ledger/keys/log.vkey", "\(old)\n")
        let findings = SetupCheck(try site.settings()).run(connecting: false)
        #expect(findings.contains { $0.subject == "signing key" && $0.level == .warning })
        #expect(!findings.contains { $0.isError })
        #expect(try site.withRelay { $0.verifierKey } == "\(note.new)")
        #expect(contents(keyFile) != oldPEM && !DiskFileSystem().exists(keyFile + ".next"))
        #expect(site.log.all.contains { $0.contains("a change of the key is finished now") })
        #expect(try verify(old).outcome == .complete)
    }

    @Test func startTakesBackWhatHadNotComeToPass() throws {
        let old = try site.withRelay { $0.verifierKey }
        site.folder.write("ledger/keys/log.pem.next", "half a ke")
        #expect(try site.withRelay { $0.verifierKey } == old)
        #expect(!DiskFileSystem().exists(keyFile + ".next"))
    }

    @Test func runningRelayIsNotChanged() throws {
        try site.withRelay { relay in
            let error = #expect(throws: LedgerError.self) { try KeyChange.run(site.settings(), newKey: nil) }
            #expect(error?.code == .locked)
        }
        #expect(try KeyRotation.notes(Layout(site.ledger)).isEmpty)
    }

    /// What a sender says about keys is not the relay's.
    @Test func sendersReplaceNoKey() throws {
        let note = "[waxwing-rekey@32473 note=\"d2F4d2luZy1yZWtleS92MQo=\"]"
        try site.withRelay { relay in
            try relay.send(["<110>1 2026-11-23T06:15:00.000Z h waxwing 1 REKEY \(note) x"])
            #expect(relay.waitForRecords(1))
        }
        #expect(try site.records().contains { $0.contains(" REKEY [x-waxwing-rekey@32473 note=") })
    }

    @Test func macChainGoesOn() throws {
        site.folder.write("mac", String(repeating: "4b", count: 32) + "\n")
        let text = Site.configuration.replacing("stream: {", with: "stream: {mac_key_file: mac, ")
        let old = try site.withRelay(text) { $0.verifierKey }
        _ = try KeyChange.run(site.settings(text), newKey: nil)
        try site.withRelay(text) { _ in }
        var options = VerifyOptions(key: old)
        options.macKey = [UInt8](repeating: 0x4B, count: 32)
        let report = try Verification.run(options, site.segments())
        #expect(report.outcome == .complete && report.codes.map { $0.valid >= 4 } == true, "\(report.text)")
    }
}

/// What else the key signs is handed over with the log.
@Suite struct DeadLetterKeyTests {
    private let site = Site()

    private func open(_ key: LogKey) throws {
        let letters = try DeadLetterLedger(Relay.ledgerOptions(site.settings()), key: key) { _ in }
        letters.start()
        letters.stop()
    }

    private func key() throws -> LogKey { try LogIdentity(site.settings(), creating: false).key }

    private func verify(_ key: LogKey) throws -> VerifyReport {
        let folder = Layout(site.ledger).deadLetters.segments
        let files = TemporaryDirectory.names(in: folder).filter { $0.hasSuffix(".segment") }
        return try Verification.run(
            VerifyOptions(key: "\(DeadLetterLedger.key(for: key, in: Layout(site.ledger)).verifierKey)"),
            files.map { .path("\(folder)/\($0)") })
    }

    @Test func deadLettersAreHandedOver() throws {
        try site.withRelay { _ in }
        let old = try key()
        try open(old)
        _ = try KeyChange.run(site.settings(), newKey: nil)
        let new = try key()
        #expect(throws: LedgerError(.otherKey, "")) { try open(old) }
        try open(new)
        for key in [old, new] {
            let report = try verify(key)
            #expect(report.outcome == .complete && report.keys.count == 2, "\(report.text)")
        }
    }

    /// A crash between the two ledgers: the next start hands the second one over, while the old key is still there.
    @Test func startHandsOverWhatACrashLeft() throws {
        try site.withRelay { _ in }
        let old = try key()
        try open(old)
        let (layout, system) = (Layout(site.ledger), DiskFileSystem())
        let keyFile = "\(layout.keys)/log.pem"
        let new = try LogKey(origin: old.origin, privateKey: .generate())
        struct Crash: Error {}
        #expect(throws: Crash.self) {
            try KeyRotation(site.ledger, keyFile: keyFile).run(
                Relay.ledgerOptions(site.settings()), from: old, to: new, storing: new.privateKey.pem(), at: 1,
                handOver: { _ in throw Crash() }, { nil })
        }
        #expect(try system.exists(KeyRotation.next(keyFile)) && KeyChange.isUnfinished(site.settings()))
        #expect(try site.withRelay { $0.verifierKey } == "\(new.verifierKey)")
        try open(new)
        for key in [old, new] { #expect(try verify(key).outcome == .complete) }
    }

    /// A crash between the two ledgers, with a new key that stays where it is: the same command again finishes it.
    @Test func sameCommandHandsOverWhatACrashLeft() throws {
        try site.withRelay { _ in }
        let old = try key()
        try open(old)
        let new = try LogKey(origin: old.origin, privateKey: .generate())
        let file = site.folder.path("new.pem")
        try SecretFile.create(file, new.privateKey.pem())
        struct Crash: Error {}
        #expect(throws: Crash.self) {
            try KeyRotation(site.ledger, keyFile: nil).run(
                Relay.ledgerOptions(site.settings()), from: old, to: new, storing: nil, at: 1,
                handOver: { _ in throw Crash() }, { nil })
        }
        for _ in 0..<2 { #expect(try KeyChange.run(site.settings(), newKey: file).new == new.verifier) }
        try open(new)
        for key in [old, new] { #expect(try verify(key).outcome == .complete) }
    }
}
