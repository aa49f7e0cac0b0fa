import GRDB
import Headscale
import TestSupport
import Testing

@testable import HeadscaleServer

struct DatabaseSourceTests {
    private let directory = TemporaryDirectory()

    private func database(_ version: SimulatedHeadscale.Version) throws -> (SimulatedHeadscale, SimulatedDatabase) {
        let headscale = SimulatedHeadscale(version)
        return (headscale, try SimulatedDatabase(headscale, path: directory.path("db.sqlite")))
    }

    @Test(arguments: [SimulatedHeadscale.Version.v22, .v26, .v28, .v29, .v30])
    func theStateIsReadAsItIs(version: SimulatedHeadscale.Version) throws {
        let (headscale, database) = try database(version)
        headscale.change {
            $0.nodes[0].tags = ["tag:web"]
            $0.nodes[1].addresses.append(IPAddress(high: 0xFD7A_115C_A1E0_0000, low: 2))
            $0.nodes[1].expiry.at = 4_000_000_000
            $0.nodes[1].authKeyID = 1
            $0.nodes[2].announcedRoutes = ["10.0.0.0/8"]
            $0.nodes[2].approvedRoutes = ["10.0.0.0/8"]
            $0.keys[.preAuth]?[0].tags = ["tag:ci"]
            $0.keys[.preAuth]?[1].isUsed = true
            $0.keys[.api]?[0].lastUsed = 1_790_000_000
        }
        try database.write()
        var expected = headscale.snapshot
        if version == .v22 { expected.policy = nil }
        if version != .v30 { expected.keys[.oauth] = nil }
        if version == .v29 || version == .v30 { expected.version = "v\(version.rawValue).0" }
        if !version.isSince28 {
            for index in expected.keys[.preAuth, default: []].indices { expected.keys[.preAuth]?[index].prefix = nil }
        }
        #expect(try DatabaseSource(path: database.path).read() == expected)
    }

    @Test func neitherKeysNorHashesAreRead() throws {
        let (_, database) = try database(.v30)
        let text = "\(try DatabaseSource(path: database.path).read())"
        #expect(!text.contains(SimulatedDatabase.plantedKey))
        #expect(!text.contains(SimulatedDatabase.plantedHash))
    }

    @Test func aWriterIsNotWaitedFor() throws {
        let (headscale, database) = try database(.v29)
        let writer = try DatabaseQueue(path: database.path)
        try writer.writeWithoutTransaction { connection in
            try connection.execute(sql: "BEGIN IMMEDIATE")
            try connection.execute(sql: "DELETE FROM nodes")
            #expect(try DatabaseSource(path: database.path).read().nodes.count == headscale.snapshot.nodes.count)
            try connection.execute(sql: "COMMIT")
        }
        #expect(try DatabaseSource(path: database.path).read().nodes == [])
    }

    @Test func whatIsMarkedAsDeletedIsGone() throws {
        let (headscale, database) = try database(.v26)
        let writer = try DatabaseQueue(path: database.path)
        try writer.write {
            try $0.execute(sql: "UPDATE users SET deleted_at = '2026-01-01 00:00:00+00:00' WHERE id = 1")
        }
        #expect(try DatabaseSource(path: database.path).read().users == Array(headscale.snapshot.users.dropFirst()))
    }

    /// Values of other types than Headscale's are no reason to end.
    @Test func oddValuesAreTakenAsNothing() throws {
        let (_, database) = try database(.v29)
        let writer = try DatabaseQueue(path: database.path)
        try writer.write { connection in
            try connection.execute(
                sql: """
                    UPDATE nodes SET hostname = x'FF00', given_name = 7, user_id = 'x', tags = '{', expiry = 5, host_info = '{',
                    ipv4 = 'nowhere', approved_routes = x'00', node_key = NULL, auth_key_id = -4
                    """)
            try connection.execute(sql: "UPDATE api_keys SET prefix = NULL, expiration = 'soon'")
        }
        let snapshot = try DatabaseSource(path: database.path).read()
        #expect(snapshot.nodes.count == 12)
        #expect(snapshot.nodes[0].tags == [] && snapshot.nodes[0].addresses == [] && snapshot.nodes[0].userID == nil)
    }

    @Test func whatIsNoDatabaseOfHeadscaleIsRefused() throws {
        #expect(throws: ServerError.self) { try DatabaseSource(path: directory.path("none")).read() }
        let text = directory.write("text", String(repeating: "no database\n", count: 500))
        #expect(throws: ServerError("\(text) cannot be read: it is no SQLite database")) {
            try DatabaseSource(path: text).read()
        }
        let other = try DatabaseQueue(path: directory.path("other"))
        try other.write { try $0.execute(sql: "CREATE TABLE t (a)") }
        #expect(throws: ServerError.self) { try DatabaseSource(path: directory.path("other")).read() }
        #expect(!TemporaryDirectory.names(in: directory.path).contains("none"))
    }
}
