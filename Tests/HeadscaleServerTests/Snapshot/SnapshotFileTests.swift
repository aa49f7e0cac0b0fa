import Glibc
import Headscale
import TestSupport
import Testing

@testable import HeadscaleServer

struct SnapshotFileTests {
    private let directory = TemporaryDirectory()
    private var file: SnapshotFile { SnapshotFile(folder: directory.path("headscale")) }

    @Test func whatIsKeptComesBack() throws {
        var snapshot = Snapshot.example
        snapshot.version = "v0.29.2"
        snapshot.users[0].email = "a\"\\\u{1}é@example.com"
        snapshot.users[0].displayName = "Alice"
        snapshot.users[0].provider = "oidc"
        snapshot.users[0].providerID = "https://id.example.com/7"
        snapshot.nodes[0].tags = ["tag:a", "tag:b"]
        snapshot.nodes[0].expiry = Snapshot.Expiry(at: 77)
        snapshot.nodes[0].expiry.isPast = true
        snapshot.nodes[0].announcedRoutes = ["10.0.0.0/8"]
        snapshot.nodes[0].approvedRoutes = ["10.0.0.0/8"]
        snapshot.nodes[0].authKeyID = 3
        snapshot.nodes[1].userID = nil
        var key = Snapshot.Key(id: 9)
        (key.isUsed, key.isRevoked, key.isReusable, key.isEphemeral) = (true, true, true, true)
        (key.tags, key.scopes, key.description, key.lastUsed) = (["tag:x"], ["all"], "for CI", 5)
        snapshot.keys[.oauth] = [key]
        let kept = KeptSnapshot(source: "api https://hs.example.com", from: 123_456, snapshot: snapshot)
        try file.replace(kept)
        #expect(try file.read() == kept)
    }

    @Test func nothingIsKeptAtFirst() throws {
        #expect(try file.read() == nil)
    }

    @Test func onlyItsOwnerMayReadIt() throws {
        try file.replace(KeptSnapshot(source: "api", from: 0, snapshot: .example))
        var status = stat()
        #expect(unsafe stat(directory.path("headscale/snapshot.json"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(unsafe stat(directory.path("headscale"), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
    }

    @Test func aDamagedFileIsAnError() throws {
        try file.replace(KeptSnapshot(source: "api", from: 0, snapshot: .example))
        directory.write("headscale/snapshot.json", "{\"format\":\"waxwing-headscale-1\",\"snapshot\":{\"users\":[")
        #expect(throws: ServerError.self) { try file.read() }
        directory.write("headscale/snapshot.json", "{\"format\":\"another\"}")
        #expect(try file.read() == nil)
    }

    @Test(arguments: [Int64.min, -1, 0, 5, .max])
    func aTimeIsOneThatNanosecondsCanTell(from: Int64) throws {
        try file.replace(KeptSnapshot(source: "api", from: from, snapshot: .example))
        let time = try #require(try file.read()).from
        #expect(!UInt64(time).multipliedReportingOverflow(by: 1_000_000).overflow)
        #expect(from < 0 || from > 5 || time == from)
    }

    /// A mark says something only until the snapshot that it is about is kept.
    @Test func theMarkIsThatOfASnapshot() throws {
        func kept(_ from: Int64) -> KeptSnapshot { KeptSnapshot(source: "api", from: from, snapshot: .example) }
        #expect(try !file.isMarked(behind: kept(1)))
        try file.setMark(for: kept(2))
        #expect(try file.isMarked(behind: kept(1)))
        #expect(try !file.isMarked(behind: kept(2)))
        try file.setMark(for: kept(3))
        #expect(try file.isMarked(behind: kept(2)))
    }

    @Test(arguments: [
        ("2026-09-23T15:28:40.293817627Z", 1_790_177_320), ("2026-09-23 15:28:40.293817627+00:00", 1_790_177_320),
        ("2026-09-23 17:28:40+02:00", 1_790_177_320), ("2026-09-23 15:28:40", 1_790_177_320),
        ("1970-01-01T00:02:03Z", 123), ("0001-01-01T00:00:00Z", nil), ("0001-01-01 00:00:00+00:00", nil), ("", nil),
        ("never", nil), ("2026-13-01T00:00:00Z", nil),
    ])
    func timesOfHeadscale(text: String, seconds: Int64?) {
        #expect(StateTime.seconds(text) == seconds)
    }
}
