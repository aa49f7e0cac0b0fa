import Headscale
import Testing

@testable import HeadscaleServer

struct SnapshotDifferenceTests {
    private func changes(_ change: (inout Snapshot) -> Void) -> [Change] {
        SnapshotDifference(from: .example, to: Snapshot.example.with(change)).changes
    }

    private func events(_ change: (inout Snapshot) -> Void) -> [String] { changes(change).map(\.event.rawValue) }

    @Test func nothingChangedIsNothing() {
        #expect(changes { _ in }.isEmpty)
    }

    @Test func users() {
        #expect(events { $0.users.append(Snapshot.User(id: 3, name: "carol")) } == ["user.created"])
        #expect(events { $0.users.remove(at: 1) } == ["user.deleted"])
        #expect(events { $0.users.insert(Snapshot.User(id: 0, name: "root"), at: 0) } == ["user.created"])
        let renamed = changes { $0.users[0].name = "alicia" }
        #expect(renamed.map(\.event) == [.userRenamed])
        #expect(renamed.first?.old == "alice")
        #expect(renamed.first?.new == "alicia")
        #expect(events { $0.users[0].email = "a@example.com" } == ["user.changed"])
        #expect(events { $0.users = [] } == ["user.deleted", "user.deleted"])
    }

    @Test func nodes() {
        #expect(events { $0.nodes.append(.example(3, "new", user: 1, "alice")) } == ["node.registered"])
        #expect(events { $0.nodes.remove(at: 0) } == ["node.deleted"])
        #expect(events { $0.nodes[0].givenName = "web9" } == ["node.renamed"])
        #expect(events { $0.nodes[0].hostname = "web9" } == ["node.changed"])
        #expect(events { ($0.nodes[0].userID, $0.nodes[0].user) = (2, "bob") } == ["node.moved"])
        #expect(events { $0.nodes[0].tags = ["tag:web"] } == ["node.tagged"])
        #expect(events { $0.nodes[0].addresses = [IPAddress(v4: 7)] } == ["node.address.changed"])
        let key = changes { $0.nodes[0].nodeKey = 5 }
        #expect(key.map(\.event) == [.nodeKeyChanged])
        #expect(key.first?.old == "nodekey:abcd000000000001…")
        #expect(key.first?.new == "nodekey:0000000000000005…")
        #expect(events { $0.nodes[0].expiry.at = 4_000_000_000 } == ["node.expiry.changed"])
        #expect(events { $0.nodes[0].announcedRoutes = ["10.0.0.0/8"] } == ["route.announced"])
        #expect(events { $0.nodes[0].approvedRoutes = ["10.0.0.0/8"] } == ["route.approved"])
    }

    /// From 0.28 on a node that gets tags has no user any more.
    @Test func tagsThatTakeANodeFromItsUserAreOneChange() {
        let changes = changes {
            ($0.nodes[0].userID, $0.nodes[0].user) = (nil, "")
            $0.nodes[0].tags = ["tag:web"]
        }
        #expect(changes.map(\.event) == [.nodeTagged])
        #expect(changes.first?.details == [Change.Parameter("old_user", "alice")])
    }

    @Test func routesThatComeAndGo() {
        let old = Snapshot.example.with { $0.nodes[0].approvedRoutes = ["10.0.0.0/8", "192.0.2.0/24"] }
        let new = Snapshot.example.with { $0.nodes[0].approvedRoutes = ["10.0.0.0/8", "198.51.100.0/24"] }
        let changes = SnapshotDifference(from: old, to: new).changes
        #expect(changes.map(\.event) == [.routeApproved, .routeWithdrawn])
        #expect(changes[0].details == [Change.Parameter("routes", "198.51.100.0/24")])
        #expect(changes[1].details == [Change.Parameter("routes", "192.0.2.0/24")])
        #expect(changes[1].old == "10.0.0.0/8,192.0.2.0/24")
    }

    @Test func keys() {
        #expect(events { $0.keys[.preAuth]?.append(Snapshot.Key(id: 2)) } == ["key.created"])
        #expect(events { $0.keys[.api]?.removeAll() } == ["key.deleted"])
        #expect(events { $0.keys[.preAuth]?[0].isUsed = true } == ["key.used"])
        #expect(events { $0.keys[.preAuth]?[0].isRevoked = true } == ["key.revoked"])
        #expect(events { $0.keys[.preAuth]?[0].expiry.at = 4_000_000_001 } == ["key.changed"])
        #expect(events { $0.keys[.preAuth]?[0].expiry.isPast = true } == ["key.expired"])
        #expect(events { $0.keys[.preAuth]?[0].tags = ["tag:x"] } == ["key.changed"])
    }

    @Test func aKeyThatWasCreatedAndUsedSinceIsBoth() {
        let events = events {
            var key = Snapshot.Key(id: 2)
            key.isUsed = true
            $0.keys[.preAuth]?.append(key)
        }
        #expect(events == ["key.created", "key.used"])
    }

    /// Keys of a kind that was not told of before were there before, for all that is known.
    @Test func aKindThatIsNewIsNoChange() {
        #expect(events { $0.keys[.oauth] = [Snapshot.Key(id: 1)] } == [])
        #expect(events { $0.keys[.api] = nil } == [])
    }

    @Test func aKeyInConstantUseIsToldOfOnce() {
        func used(_ before: Int64?, _ now: Int64?) -> [String] {
            let old = Snapshot.example.with { $0.keys[.api]?[0].lastUsed = before }
            let new = Snapshot.example.with { $0.keys[.api]?[0].lastUsed = now }
            return SnapshotDifference(from: old, to: new).changes.map(\.event.rawValue)
        }
        #expect(used(nil, 1_000_000) == ["key.used"])
        #expect(used(1_000_000, 1_000_030) == [])
        #expect(used(1_000_000, 1_003_600) == ["key.used"])
    }

    @Test func policy() {
        let changes = changes { $0.policy?.text = "{\n  // nobody\n  \"acls\": []\n}\n" }
        #expect(changes.map(\.event) == [.policyChanged])
        let details = Dictionary(uniqueKeysWithValues: (changes.first?.details ?? []).map { ($0.name, $0.value) })
        #expect(details["diff"] == "@@ -1,4 +1,4 @@\n {\n-  // everybody\n+  // nobody\n   \"acls\": []\n }")
        #expect(details["lines_added"] == "1")
        #expect(details["lines_removed"] == "1")
        #expect(events { $0.policy?.updated = 1_700_000_001 } == ["policy.changed"])
        #expect(events { $0.policy?.updated = nil } == [])
        #expect(events { $0.policy = nil } == [])
    }

    /// Old pre-auth keys have no public part: only their ids are named, nowhere their text.
    @Test func publicPartsOfKeys() {
        typealias Key = Snapshot.Key
        #expect(Key.publicPart("hskey-auth-AbCdEfGhIjKl-***", .preAuth) == "AbCdEfGhIjKl")
        #expect(Key.publicPart("hskey-api-Ab-dEfG_IjKl-***", .api) == "Ab-dEfG_IjKl")
        #expect(Key.publicPart("AbCdEfG.0123456789abcdef", .api) == "AbCdEfG")
        #expect(Key.publicPart("AbCdEfG***", .api) == "AbCdEfG")
        #expect(Key.publicPart("0123456789abcdef0123456789abcdef0123456789abcdef", .preAuth) == nil)
        #expect(Key.publicPart("0123456789abcdef0123456789abcdef0123456789abcdef", .api) == nil)
        #expect(Key.publicPart("", .api) == nil)
    }
}
