import NIOHTTP1
import Testing

@testable import Delivery

@Suite struct RetryAfterTests {
    private static let now: UInt64 = 1_795_809_900  // Fri, 27 Nov 2026 20:05:00 GMT

    @Test(arguments: [
        ("0", 0), ("7", 7), (" 120", 120), ("999999999", 86_400),
        ("Fri, 27 Nov 2026 20:05:30 GMT", 30), ("Fri, 27 Nov 2026 20:04:00 GMT", 0),
        ("Sat, 28 Nov 2026 20:05:00 GMT", 86_400), ("Tue, 29 Feb 2028 00:00:00 GMT", 86_400),
    ])
    func secondsAndDates(field: String, seconds: UInt64) {
        #expect(RetryAfter.nanoseconds(field, now: Self.now) == seconds * 1_000_000_000)
    }

    @Test(arguments: [
        "", "soon", "-1", "1.5", "Fri, 27 Nov 2026 20:05:30", "Fri, 27 Nov 2026 25:05:30 GMT",
        "Fri, 0 Nov 2026 20:05:30 GMT", "Friday, 27-Nov-26 20:05:30 GMT", "18446744073709551616",
    ])
    func anythingElseIsNoWish(field: String) {
        #expect(RetryAfter.nanoseconds(field, now: Self.now) == nil)
    }
}

@Suite struct CookieJarTests {
    private func jar(_ fields: [String]) -> CookieJar {
        var jar = CookieJar()
        for field in fields { jar.take(HTTPHeaders([("Set-Cookie", field)])) }
        return jar
    }

    @Test func cookiesAreSentBackWithoutTheirAttributes() {
        #expect(jar([]).field == nil)
        #expect(jar(["lb=one; Path=/; HttpOnly", " b = two "]).field == "lb=one; b=two")
        #expect(jar(["lb=one", "lb=two"]).field == "lb=two")
    }

    @Test func theyAreBounded() {
        #expect(jar((0..<100).map { "c\($0)=x" }).field?.split(separator: ";").count == 16)
        #expect(jar(["big=\(String(repeating: "x", count: 5_000))", "small=1"]).field == "small=1")
        #expect(jar(["no pair", "=nameless", ""]).field == nil)
    }
}

@Suite struct NodeSetTests {
    @Test func nodesAreAskedInTurn() {
        var nodes = NodeSet(count: 3, backoffFirst: 10, backoffMost: 100)
        #expect((0..<3).map { _ in nodes.take(at: 0) } == [0, 1, 2])
        #expect(nodes.take(at: 0) == nil, "none has answered yet")
        for node in 0..<3 {
            nodes.release(node)
            nodes.noteSuccess(node)
        }
        #expect((0..<6).map { _ in nodes.take(at: 0) } == [0, 1, 2, 0, 1, 2])
        nodes.noteFailure(1, at: 5, wish: nil, jitter: 0)
        #expect((0..<4).map { _ in nodes.take(at: 6) } == [0, 2, 0, 2])
        #expect(nodes.nextEnd(after: 6) == 15 && nodes.underWay == 10)
    }
}

@Suite struct ChannelNamesTests {
    @Test func aChannelInUseKeepsItsNameHoweverManyAnotherServerHasUsed() {
        var names = ChannelNames()
        let quiet = names.target(Route(node: 0, channel: 0))
        let targets = (0..<200).map { names.target(Route(node: 1, channel: $0)) }
        #expect(names.target(Route(node: 0, channel: 0)) == quiet && quiet.node == 0)
        #expect(names.target(Route(node: 1, channel: 199)) == targets[199])
        #expect(Set(targets.map(\.channel)).count == 200)
    }
}
