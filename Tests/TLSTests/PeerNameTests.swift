import Testing

@testable import TLS

@Suite struct PeerNameTests {
    @Test(arguments: [
        ("collector.example.org", "collector.example.org", true),
        ("collector.example.org", "COLLECTOR.Example.ORG.", true),
        ("collector.example.org.", "collector.example.org", true),
        ("collector.example.org", "example.org", false),
        ("collector.example.org", "*.example.org", true),
        ("a.collector.example.org", "*.example.org", false),
        ("example.org", "*.example.org", false),
        (".example.org", "*.example.org", false),
        ("collector.example.org", "*.*.org", false),
        ("collector.example.org", "c*.example.org", false),
        ("collector.example.org", "*", false),
        ("localhost", "*", false),
        ("*.example.org", "*.example.org", true),
        ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "*.0.2.1", false),
        ("2001:db8::1", "2001:0DB8:0::0001", true),
        ("2001:db8::1", "2001:db8::2", false),
        ("::ffff:192.0.2.1", "192.0.2.1", false),
    ])
    func aNameIsMatchedByTheWholeOfItOrAWildcardForItsFirstLabel(name: String, presented: String, isMatch: Bool) {
        #expect(PeerName(name).matches(PeerName(presented)) == isMatch)
    }

    @Test func aDNSNameInACertificateIsNoAddress() {
        #expect(!PeerName("192.0.2.1").matches(.host("192.0.2.1")))
        #expect(!PeerName("localhost").matches(.address([127, 0, 0, 1])))
    }

    @Test func namesAreShownAsTheyAreWritten() {
        let names = ["collector.example.org", "192.0.2.1", "2001:db8::1"].map { PeerName($0) } + [.address([1, 2])]
        #expect("\(names)" == "[collector.example.org, 192.0.2.1, 2001:db8::1, an address]")
    }
}
