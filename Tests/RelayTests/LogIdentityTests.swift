import Glibc
import Ledger
import OpenSSL
import Seal
import Settings
import TestSupport
import Testing

@testable import Relay

@Suite struct LogIdentityTests {
    private static let bare = "data: ledger\n"

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func firstStartMakesTheKey() throws {
        let site = Site()
        let identity = try LogIdentity(site.settings(), creating: true)
        let (isNew, key) = (identity.isNew, identity.key.verifierKey)
        #expect(isNew)
        #expect(mode("\(site.ledger)/keys/log.pem") == 0o600)
        #expect(mode("\(site.ledger)/keys") == 0o700)
        try identity.publish(Layout(site.ledger))
        let text = TemporaryDirectory.contents("\(site.ledger)/keys/log.vkey") ?? []
        #expect(String(decoding: text, as: UTF8.self) == "\(key)\n")
        let again = try LogIdentity(site.settings(), creating: true)
        let (isNewAgain, sameKey) = (again.isNew, again.key.verifierKey)
        #expect(!isNewAgain)
        #expect(sameKey == key)
    }

    @Test func withoutCreatingNothingIsWritten() throws {
        let site = Site()
        let isNew = try LogIdentity(site.settings(), creating: false).isNew
        #expect(isNew)
        #expect(TemporaryDirectory.names(in: site.folder.path).isEmpty)
    }

    /// The published key is that of the key in use, even if somebody has written something else there.
    @Test func publicKeyIsRepaired() throws {
        let site = Site()
        let identity = try LogIdentity(site.settings(), creating: true)
        let key = identity.key.verifierKey
        site.folder.write("ledger/keys/log.vkey", String(repeating: "something else\n", count: 20))
        try identity.publish(Layout(site.ledger))
        let text = TemporaryDirectory.contents("\(site.ledger)/keys/log.vkey") ?? []
        #expect(String(decoding: text, as: UTF8.self) == "\(key)\n")
    }

    /// The log would go on under a key that nobody has pinned, and the pinned one's file would be written over.
    @Test func anotherKeyIsAnErrorAndNotPublished() throws {
        let site = Site()
        let first = try site.withRelay { $0.verifierKey }
        for name in ["log.pem", "origin"] { unsafe rename("\(site.ledger)/keys/\(name)", "\(site.ledger)/\(name).old") }
        _ = try Ed25519PrivateKey.generate().create(at: "\(site.ledger)/keys/log.pem", passphrase: nil)
        let error = #expect(throws: LedgerError.self) { try site.makeRelay() }
        #expect(error?.code == .otherKey && error?.description.contains(first) == true)
        let text = TemporaryDirectory.contents("\(site.ledger)/keys/log.vkey") ?? []
        #expect(String(decoding: text, as: UTF8.self) == "\(first)\n")
    }

    /// A lost key must not be replaced: the log would go on under a key that nobody has pinned.
    @Test func lostKeyIsAnError() throws {
        let site = Site()
        try site.withRelay { _ in }
        unsafe unlink("\(site.ledger)/keys/log.pem")
        let error = #expect(throws: LedgerError.self) { try site.makeRelay() }
        #expect(
            error?.description.hasSuffix(
                "keys/log.pem is missing, but \(site.ledger) holds a log that it signed: put the key back") == true)
    }

    @Test func originIsTheConfiguredOneThenTheLedgersThenTheMachines() throws {
        let site = Site()
        let layout = Layout(site.ledger)
        #expect(try LogIdentity.origin(site.settings(Self.bare), layout).text == "\(LogIdentity.hostname())/waxwing")
        unsafe mkdir(site.ledger, 0o700)
        site.folder.write("ledger/origin", "kept.example.net/log\n")
        #expect(try LogIdentity.origin(site.settings(Self.bare), layout).text == "kept.example.net/log")
        #expect(try LogIdentity.origin(site.settings(), layout).text == Site.origin)
    }

    @Test func hostnameFitsAnOrigin() throws {
        #expect(throws: Never.self) { try Origin("\(LogIdentity.hostname())/waxwing") }
    }

    // MARK: - MAC keys

    @Test(arguments: [
        "", "4b", String(repeating: "4b", count: 31), String(repeating: "4b", count: 33),
        String(repeating: "xy", count: 32), String(repeating: "4b", count: 32) + "\n\n",
    ])
    func malformedMACKeyIsRefused(_ text: String) {
        let folder = TemporaryDirectory()
        let error = #expect(throws: OpenSSLError.self) { _ = try MACKeyFile.read(folder.write("mac.key", text)) }
        #expect(error?.code == .length)
    }

    @Test func macKeyIsItsOwnersOnly() throws {
        let folder = TemporaryDirectory()
        let path = folder.path("mac.key")
        try MACKeyFile.create(path)
        #expect(mode(path) == 0o600)
        #expect(throws: Never.self) { _ = try MACKeyFile.read(path) }
        #expect(throws: OpenSSLError.self) { try MACKeyFile.create(path) }
        unsafe chmod(path, 0o644)
        let error = #expect(throws: OpenSSLError.self) { _ = try MACKeyFile.read(path) }
        #expect(error?.code == .permissions)
    }
}
