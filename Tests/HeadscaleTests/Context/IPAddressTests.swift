import Glibc
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

    /// The C library reads the same addresses, and no others.
    @Test func isThatOfTheSystem() {
        var random = SplitMix(state: 7)
        let pieces = ["0", "1", "9", "f", "A", "00", "ffff", "255", "256", "1234", ":", ":", "::", ".", "1.2.3.4", "g"]
        for _ in 0..<50_000 {
            let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            #expect(IPAddress(text) == Self.systemAddress(text), "\(text)")
        }
    }

    private static func systemAddress(_ text: String) -> IPAddress? {
        var (four, six) = (in_addr(), in6_addr())
        if unsafe inet_pton(AF_INET, text, &four) == 1 { return IPAddress(v4: UInt32(bigEndian: four.s_addr)) }
        guard unsafe inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        return unsafe withUnsafeBytes(of: six) { bytes in
            unsafe IPAddress(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }
}

/// Sebastiano Vigna's SplitMix64: the same numbers in each run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
