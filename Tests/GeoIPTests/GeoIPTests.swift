import Syslog
import TestSupport
import Testing

@testable import GeoIP

@Suite struct GeoIPTests {
    private let folder = TemporaryDirectory()

    private func database(_ file: MaxMindFile, _ name: String = "a.mmdb") throws -> GeoIPDatabase {
        try GeoIPDatabase(path: folder.write(name, octets: file.bytes))
    }

    /// What is written of an address that is given in the form of the library's own parser.
    private func text(_ lookup: inout GeoIPLookup, _ address: (high: UInt64, low: UInt64), capacity: Int = 512)
        -> String
    {
        unsafe String(unsafeUninitializedCapacity: capacity) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            var writer = unsafe ByteWriter(unsafeOver: start, capacity: capacity)
            lookup.write(high: address.high, low: address.low, into: &writer)
            return writer.count
        }
    }

    private static func four(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) -> (high: UInt64, low: UInt64) {
        (0, 0xFFFF_0000_0000 | a << 24 | b << 16 | c << 8 | d)
    }

    private static let six: (high: UInt64, low: UInt64) = (0x2001_0DB8_0000_0000, 1)

    private static var cities: MaxMindFile {
        var file = MaxMindFile(type: "GeoLite2-City")
        file.add([203, 0, 113, 0], 24, .city("DE", "Frankfurt am Main"))
        file.add([198, 51, 100, 7], 32, .map([("country", .map([("iso_code", .text("SE"))]))]))
        file.add([0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12), 32, .city("CH", "Zürich"))
        return file
    }

    private static var systems: MaxMindFile {
        var file = MaxMindFile(type: "GeoLite2-ASN")
        file.add([203, 0, 0, 0], 16, .system(64_500, "Example Networks"))
        file.add([198, 51, 100, 0], 24, .system(4_294_967_295, "Another \"One\" [x]\\"))
        return file
    }

    // MARK: - Looking up

    @Test func whatIsKnownBecomesParameters() throws {
        var lookup = GeoIPLookup([try database(Self.cities), try database(Self.systems, "b.mmdb")])
        #expect(
            text(&lookup, Self.four(203, 0, 113, 9))
                == #" country="DE" city="Frankfurt am Main" asn="64500" as_org="Example Networks""#)
        #expect(
            text(&lookup, Self.four(198, 51, 100, 7))
                == #" country="SE" asn="4294967295" as_org="Another \"One\" [x\]\\""#)
        #expect(text(&lookup, Self.four(203, 0, 1, 1)) == #" asn="64500" as_org="Example Networks""#)
        #expect(text(&lookup, Self.six) == #" country="CH" city="Zürich""#)
        #expect(text(&lookup, Self.four(192, 0, 2, 1)).isEmpty)
        #expect(text(&lookup, (0x2A00_0000_0000_0000, 1)).isEmpty)
    }

    @Test func theFirstDatabaseThatKnowsCounts() throws {
        var other = MaxMindFile()
        other.add([203, 0, 113, 0], 24, .city("XX", "Elsewhere"))
        other.add([198, 51, 100, 0], 24, .city("NO", "Oslo"))
        var lookup = GeoIPLookup([try database(Self.cities), try database(other, "b.mmdb")])
        #expect(text(&lookup, Self.four(203, 0, 113, 9)) == #" country="DE" city="Frankfurt am Main""#)
        #expect(text(&lookup, Self.four(198, 51, 100, 7)) == #" country="SE" city="Oslo""#)
    }

    /// A database that has something to say about them is not asked.
    @Test func addressesThatAreNotPublicAreNotLookedUp() throws {
        var file = MaxMindFile()
        file.add([0, 0, 0, 0], 1, .city("AA", "Low"))
        file.add([128, 0, 0, 0], 1, .city("BB", "High"))
        for first in 1..<16 { file.add([UInt8(first << 4)] + [UInt8](repeating: 0, count: 15), 4, .city("CC", "Six")) }
        var lookup = GeoIPLookup([try database(file)])
        for address in [
            Self.four(0, 0, 0, 0), Self.four(10, 255, 1, 1), Self.four(127, 0, 0, 1), Self.four(100, 64, 0, 1),
            Self.four(100, 127, 255, 255), Self.four(169, 254, 1, 1), Self.four(172, 16, 0, 1),
            Self.four(172, 31, 255, 255), Self.four(192, 168, 0, 1), Self.four(224, 0, 0, 1),
            Self.four(255, 255, 255, 255), (0, 0), (0, 1), (0xFD7A_115C_A1E0_0000, 1), (0xFE80_0000_0000_0000, 1),
            (0xFF02_0000_0000_0000, 1),
        ] { #expect(text(&lookup, address).isEmpty, "\(address)") }
        for address in [
            Self.four(1, 0, 0, 1), Self.four(100, 63, 255, 255), Self.four(100, 128, 0, 0), Self.four(172, 32, 0, 0),
            Self.four(172, 15, 0, 0), Self.four(192, 167, 0, 0), Self.four(223, 255, 255, 255),
            (0x2000_0000_0000_0000, 0), (0x3FFF_FFFF_FFFF_FFFF, 0),
        ] { #expect(!text(&lookup, address).isEmpty, "\(address)") }
    }

    @Test func aDatabaseOfIPv4KnowsNothingOfIPv6() throws {
        var file = MaxMindFile(isFour: true)
        file.add([203, 0, 113, 0], 24, .city("DE", "Köln"))
        var lookup = GeoIPLookup([try database(file)])
        #expect(text(&lookup, Self.four(203, 0, 113, 9)) == #" country="DE" city="Köln""#)
        #expect(text(&lookup, Self.six).isEmpty)
    }

    /// Addresses that share a place with others give what they gave when they were looked up alone.
    @Test func whatIsRememberedIsRight() throws {
        var file = MaxMindFile()
        for second in 0..<256 { file.add([20, UInt8(second), 0, 0], 16, .city("DE", "City \(second)")) }
        var lookup = GeoIPLookup([try database(file)])
        var (state, addresses) = (UInt64(1), [UInt64]())
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            addresses.append(state >> 40 & 0xFFFF)
        }
        for (number, address) in addresses.enumerated() {
            let wanted = #" country="DE" city="City \#(address >> 8)""#
            let found = text(&lookup, Self.four(20, address >> 8, address & 0xFF, UInt64(number % 3)))
            guard found == wanted else { return #expect(found == wanted) }
        }
    }

    // MARK: - Hostile files

    @Test func hostileNamesStayInTheirParameter() throws {
        var file = MaxMindFile()
        let long = String(repeating: "ü]", count: 200)
        file.add([20, 0, 0, 0], 8, .city("DE\" x=\"y", "a\n[headscale@1]"))
        file.add([21, 0, 0, 0], 8, .city("DE", long))
        file.add(
            [22, 0, 0, 0], 8,
            .map([("country", .map([("iso_code", .octets([0xFF, 0x41, 0xC3]))])), ("city", .number(7))]))
        file.add([23, 0, 0, 0], 8, .map([("country", .text("DE")), ("autonomous_system_number", .text("1"))]))
        file.add([24, 0, 0, 0], 8, .system(1, long))
        var lookup = GeoIPLookup([try database(file)])
        let first = text(&lookup, Self.four(20, 0, 0, 1))
        #expect(first == #" country="DE\" x=\"" city="a#012[headscale@1\]""#)
        let cut = text(&lookup, Self.four(21, 0, 0, 1))
        #expect(cut.utf8.count < 100 && cut.hasPrefix(#" country="DE" city="ü\]ü\]"#) && cut.hasSuffix("\""))
        #expect(text(&lookup, Self.four(22, 0, 0, 1)) == ##" country="#377A#303""##)
        #expect(text(&lookup, Self.four(23, 0, 0, 1)).isEmpty)
        #expect(text(&lookup, Self.four(24, 0, 0, 1)).hasPrefix(#" asn="1" as_org="ü"#))
    }

    @Test func aRecordThatIsFullGetsNothing() throws {
        var lookup = GeoIPLookup([try database(Self.cities)])
        #expect(text(&lookup, Self.six, capacity: 16).isEmpty)
        #expect(text(&lookup, Self.six) == #" country="CH" city="Zürich""#)
    }

    @Test func damagedFilesDoNoHarm() throws {
        let whole = Self.cities.bytes
        var state: UInt64 = 7
        for _ in 0..<2_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var damaged = whole
            damaged[Int(state >> 33) % damaged.count] = UInt8(truncatingIfNeeded: state >> 25)
            if state >> 20 & 7 == 0 { damaged.removeLast(Int(state >> 40) % damaged.count) }
            guard let database = try? database(octets: damaged) else { continue }
            var lookup = GeoIPLookup([database])
            for address in [Self.four(203, 0, 113, 9), Self.four(198, 51, 100, 7), Self.six] {
                #expect(text(&lookup, address).utf8.count <= 232)
            }
        }
    }

    private func database(octets: [UInt8]) throws -> GeoIPDatabase {
        try GeoIPDatabase(path: folder.write("damaged.mmdb", octets: octets))
    }

    // MARK: - Files

    @Test func aFileSaysWhatItIs() throws {
        let database = try database(Self.cities)
        #expect(database.type == "GeoLite2-City" && database.builtAt == 1_795_000_000)
    }

    @Test func whatIsNoDatabaseIsRefused() throws {
        let missing = folder.path("missing.mmdb")
        #expect(throws: GeoIPError.self) { try GeoIPDatabase(path: missing) }
        #expect("\(problem(missing))".contains(missing))
        let text = folder.write("text.mmdb", "This is no database.")
        #expect(problem(text).contains("cannot be used as a MaxMind database"))
        #expect(!problem(folder.write("empty.mmdb", "")).isEmpty)
        #expect(!problem(folder.path).isEmpty)
    }

    private func problem(_ path: String) -> String {
        do {
            _ = try GeoIPDatabase(path: path)
            return ""
        } catch { return error.description }
    }
}
