import Headscale
import TestSupport
import Testing

@testable import HeadscaleServer

struct FileSourceTests {
    private let directory = TemporaryDirectory()

    private func read(_ text: String) throws -> Snapshot {
        try FileSource(path: directory.write("nodes.yaml", text)).read()
    }

    @Test func usersAndNodes() throws {
        let snapshot = try read(
            """
            users:
              - {id: 5, name: alice, email: alice@example.com}
            nodes:
              - id: 7
                name: web
                hostname: web1
                user: alice
                addresses: [100.64.0.7, "fd7a:115c:a1e0::7"]
                tags: ["tag:web"]
                register_method: oidc
                expiry: "2033-05-18T03:33:20Z"
              - {id: 8, name: db}
            """)
        #expect(snapshot.users.map(\.email) == ["alice@example.com"])
        #expect(snapshot.nodes.map(\.id) == [7, 8])
        #expect(snapshot.nodes[0].userID == 5)
        #expect(snapshot.nodes[0].addresses.map(\.description) == ["100.64.0.7", "fd7a:115c:a1e0::7"])
        #expect(snapshot.nodes[0].expiry.at == 2_000_000_000)
        #expect(snapshot.nodes[1].hostname == "db")
        #expect(snapshot.keys.isEmpty && snapshot.policy == nil)
        #expect(try read("") == Snapshot())
    }

    @Test(arguments: [
        "- a", "nodes: x", "nodes: [{name: a}]", "nodes: [{id: 1, addresses: [x]}]", "users: [{id: 1}]", "nodes: [",
        "a: &b [*b", "users: &u [{id: 1, name: a}]\nnodes: *u",
    ])
    func mistakesAreErrors(text: String) {
        #expect(throws: ServerError.self) { try read(text) }
    }

    @Test func whatOnlyLooksLikeAnAliasIsText() throws {
        #expect(try read("users: [{name: \"R&D\"}, {name: \"5*\"}]").users.map(\.name) == ["R&D", "5*"])
    }

    @Test func aFileThatIsNotThereIsAnError() {
        #expect(throws: ServerError.self) { try FileSource(path: directory.path("none")).read() }
    }
}
