import Testing

@testable import Headscale

struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("100.64.0.1", "100.64.0.1"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("fd7a:115c:a1e0::1", "fd7a:115c:a1e0::1"),
        ("FD7A:115C:A1E0:0:0:0:0:1", "fd7a:115c:a1e0::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("2001:db8::1:0:0:0:1", "2001:db8:0:1::1"),
        ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ])
    func addressesAreReadAndWritten(text: String, canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1..2.3", ".1.2.3", "1.2.3.", "1.2.3.4:80", ":", ":1",
        "1:",
        ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "::1%eth0",
        "[::1]",
        "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:192.0.2.1 ", String(repeating: "1", count: 100),
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func bothFormsOfAnIPv4AddressAreOne() {
        #expect(IPAddress("::ffff:100.64.0.1") == IPAddress("100.64.0.1"))
        #expect(IPAddress("100.64.0.1")?.isV4 == true)
        #expect(IPAddress("::100.64.0.1")?.isV4 == false)
    }
}
