import Syslog
import Testing

@testable import Headscale

struct ContextTableTests {
    private let web = ContextNode(
        id: 7, givenName: "web1",
        addresses: [IPAddress("100.64.0.7"), IPAddress("fd7a:115c:a1e0::7")].compactMap { $0 },
        user: "alice", tags: ["tag:web", "tag:prod"], registered: "authkey", expiry: "2026-12-01T00:00:00Z")

    private func sender(_ table: ContextTable, _ address: String) -> String {
        guard let sender = table.sender(at: PeerAddress(address)) else { return "" }
        return text(sender.bytes) ?? ""
    }

    @Test func nodesAreFoundByID() {
        let table = ContextTable([web, ContextNode(id: 8, givenName: "db1")])
        #expect(
            text(table.parameters(ofNode: 7))
                == #" node_name="web1" node_ip="100.64.0.7,fd7a:115c:a1e0::7" node_user="alice""#
                + #" node_tags="tag:web,tag:prod" node_registered="authkey" node_expiry="2026-12-01T00:00:00Z""#)
        #expect(text(table.parameters(ofNode: 8)) == #" node_name="db1""#)
        #expect(text(table.parameters(ofNode: 9)) == nil)
        #expect(text(table.parameters(ofNode: 0)) == nil)
    }

    @Test func nodesAreFoundByAddress() throws {
        let table = ContextTable([web])
        for address in ["100.64.0.7", "::ffff:100.64.0.7", "fd7a:115c:a1e0:0::7"] {
            let address = try #require(IPAddress(address))
            #expect(text(table.parameters(ofAddress: address)) == #" ip_node="web1" ip_node_id="7""#)
            #expect(
                sender(table, address.description) == #" sender_node="web1" sender_node_id="7""#)
        }
        #expect(text(table.parameters(ofAddress: try #require(IPAddress("100.64.0.8")))) == nil)
    }

    /// What a node calls itself must not end the element.
    @Test func valuesAreEscaped() throws {
        let address = try #require(IPAddress("100.64.0.9"))
        let table = ContextTable([ContextNode(id: 9, givenName: "a\"b]c\\d\ne", addresses: [address])])
        #expect(text(table.parameters(ofAddress: address)) == #" ip_node="a\"b\]c\\d#012e" ip_node_id="9""#)
        #expect(
            sender(table, "100.64.0.9")
                == #" sender_node="a\"b\]c\\d#012e" sender_node_id="9""#)
    }

    @Test func longValuesAreCutBetweenCharacters() throws {
        let table = ContextTable([ContextNode(id: 1, givenName: String(repeating: "é", count: 200))])
        #expect(text(table.parameters(ofNode: 1)) == " node_name=\"\(String(repeating: "é", count: 127))\"")
    }

    @Test func anEmptyTableHasNothing() throws {
        let table = ContextTable()
        #expect(text(table.parameters(ofNode: 1)) == nil)
        #expect(text(table.parameters(ofAddress: try #require(IPAddress("::1")))) == nil)
        #expect(table.count == 0)
    }

    @Test func ofTwoWithOneIDOrAddressTheFirstCounts() throws {
        let address = try #require(IPAddress("100.64.0.1"))
        let table = ContextTable([
            ContextNode(id: 1, givenName: "first", addresses: [address]),
            ContextNode(id: 1, givenName: "second", addresses: [address]),
        ])
        #expect(text(table.parameters(ofNode: 1)) == #" node_name="first" node_ip="100.64.0.1""#)
        #expect(sender(table, "100.64.0.1") == #" sender_node="first" sender_node_id="1""#)
    }

    @Test(arguments: [
        (String(repeating: "n", count: 128), true), (String(repeating: "n", count: 129), false), ("", true),
    ])
    func aSenderWithALongNameHasItsIDAlone(name: String, hasName: Bool) throws {
        let address = try #require(IPAddress("fd7a::1"))
        let table = ContextTable([ContextNode(id: .max, givenName: name, addresses: [address])])
        let known = name.isEmpty ? "18446744073709551615" : name
        #expect(
            sender(table, "fd7a::1")
                == (hasName ? " sender_node=\"\(known)\"" : "") + " sender_node_id=\"18446744073709551615\"")
        for other in ["", "fd7a::2", "fe80::1%eth0", "x"] { #expect(sender(table, other) == "") }
    }

    /// Ids that differ by a multiple of 2^32 have the same tag in the index.
    @Test func idsOfOneTagAreToldApart() {
        let table = ContextTable([ContextNode(id: 5, givenName: "a"), ContextNode(id: 5 + 3 << 32, givenName: "b")])
        for high in 1...16 as ClosedRange<UInt64> where high != 3 {
            #expect(text(table.parameters(ofNode: 5 + high << 32)) == nil)
        }
        #expect(text(table.parameters(ofNode: 5)) == " node_name=\"a\"")
        #expect(text(table.parameters(ofNode: 5 + 3 << 32)) == " node_name=\"b\"")
    }

    @Test func nodesBeyondTheLimitAreLeftOutAndCounted() {
        let nodes = (1...UInt64(ContextTable.nodeLimit) + 3).map { id in
            ContextNode(id: id, givenName: "n\(id)", addresses: [IPAddress(v4: 0x6440_0000 + UInt32(id))])
        }
        let table = ContextTable(nodes)
        #expect(table.count == ContextTable.nodeLimit)
        #expect(table.excess == 3)
        for id in [1, 2, 777, 49_999, 50_000] as [UInt64] {
            let address = IPAddress(v4: 0x6440_0000 + UInt32(id))
            #expect(text(table.parameters(ofAddress: address)) == " ip_node=\"n\(id)\" ip_node_id=\"\(id)\"")
            #expect(text(table.parameters(ofNode: id))?.hasPrefix(" node_name=\"n\(id)\"") == true)
        }
        #expect(text(table.parameters(ofNode: 50_001)) == nil)
    }

    @Test func theStoreTellsTheAgeOfItsTable() {
        let store = ContextStore()
        #expect(store.age(at: 10_000_000_000) == nil)
        store.replace(ContextTable([web]), takenAt: 4_000_000_000)
        #expect(store.table.count == 1)
        #expect(store.age(at: 10_000_000_000) == 6)
        store.confirm(takenAt: 9_000_000_000)
        #expect(store.age(at: 10_000_000_000) == 1)
        #expect(store.age(at: 8_000_000_000) == 0)
    }

    private func text(_ span: RawSpan?) -> String? {
        guard let span else { return nil }
        return unsafe span.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
