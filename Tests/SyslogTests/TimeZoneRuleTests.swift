import Testing

@testable import Syslog

@Suite struct TimeZoneRuleTests {
    /// A TZif file of `version` with the given transitions (time, type), types (offset) and footer.
    static func file(
        version: Int = 2, transitions: [(Int64, UInt8)] = [], types: [Int32] = [3600, 7200], footer: String = "",
        leaps: Int = 0
    ) -> [UInt8] {
        func number(_ value: Int64, _ size: Int) -> [UInt8] {
            (0..<size).map { UInt8(truncatingIfNeeded: value >> Int64(8 * (size - 1 - $0))) }
        }
        func block(_ size: Int) -> [UInt8] {
            var bytes = Array("TZif".utf8) + [version == 1 ? 0 : UInt8(48 + version)] + [UInt8](repeating: 0, count: 15)
            for count in [0, 0, leaps, transitions.count, types.count, 4] { bytes += number(Int64(count), 4) }
            for transition in transitions { bytes += number(transition.0, size) }
            for transition in transitions { bytes.append(transition.1) }
            for offset in types { bytes += number(Int64(offset), 4) + [0, 0] }
            return bytes + Array("XYZ\0".utf8) + [UInt8](repeating: 0, count: leaps * (size + 4))
        }
        return version == 1 ? block(4) : block(4) + block(8) + Array("\n\(footer)\n".utf8)
    }

    static func rule(_ file: [UInt8]) throws -> TimeZoneRule { try TimeZoneRule(tzif: unsafe file.span.bytes) }

    static func berlin() throws -> TimeZoneRule { try rule(file(types: [3600], footer: "CET-1CEST,M3.5.0,M10.5.0/3")) }

    private func seconds(_ text: String) -> Int64 { Timestamp(rfc3339: text)!.seconds }

    // MARK: - Rules

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3600),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", 7200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3600),
        ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", -18000),
        ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -14400),
        ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", -18000), ("<+0330>-3:30", "2026-07-01T00:00:00Z", 12600),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01T00:00:00Z", 39600),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-07-01T00:00:00Z", 36000),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-01T00:00:00Z", 0),
        ("XXX3EDT4,0/0,J365/23", "2026-07-01T00:00:00Z", -14400),
        ("AAA0BBB,J60/0,J300/0", "2024-03-01T00:00:00Z", 3600),
        ("AAA0BBB,J60/0,J300/0", "2024-02-29T23:59:59Z", 0), ("AAA0BBB,59/0,299/0", "2024-02-29T00:00:00Z", 3600),
        ("UTC0", "2026-07-01T00:00:00Z", 0), ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600),
    ])
    func footerRule(rule: String, time: String, offset: Int) throws {
        #expect(try Self.rule(Self.file(types: [0], footer: rule)).offsetSeconds(at: seconds(time)) == offset)
    }

    @Test(arguments: [
        "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1 ",
        "<CET-1", "CET-1CEST,M3.5.0,M10.5.0,", "CET-99999999999999999999",
    ])
    func badFooter(rule: String) {
        #expect(throws: TimeZoneError(.badFile, "")) { try Self.rule(Self.file(footer: rule)) }
    }

    // MARK: - Files

    @Test(arguments: [1, 2, 3])
    func transitions(version: Int) throws {
        let rule = try Self.rule(Self.file(version: version, transitions: [(1000, 1), (2000, 0)]))
        #expect([999, 1000, 1999, 2000, 9999].map { rule.offsetSeconds(at: $0) } == [3600, 7200, 7200, 3600, 3600])
    }

    @Test func footerAppliesAfterTheLastTransition() throws {
        let rule = try Self.rule(Self.file(transitions: [(0, 1)], footer: "UTC0"))
        #expect([-1, 0].map { rule.offsetSeconds(at: $0) } == [3600, 0])
    }

    @Test func damagedFiles() {
        let file = Self.file(transitions: [(1000, 1), (2000, 0)], footer: "CET-1")
        for length in 0..<file.count {
            #expect(throws: TimeZoneError(.badFile, "")) { try Self.rule(Array(file[..<length])) }
        }
        #expect(throws: TimeZoneError(.badFile, "")) { try Self.rule(Self.file(transitions: [(1000, 2)])) }
        #expect(throws: TimeZoneError(.badFile, "")) { try Self.rule(Self.file(transitions: [(1000, 1), (1000, 0)])) }
        #expect(throws: TimeZoneError(.leapSeconds, "")) { try Self.rule(Self.file(leaps: 1)) }
        var random = SplitMix(state: 1)
        for _ in 0..<5_000 {
            var broken = file
            for _ in 0..<3 {
                broken[Int.random(in: 0..<broken.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = (try? Self.rule(broken))?.offsetSeconds(at: .max)
        }
    }

    // MARK: - Local time

    @Test func gapIsReadOnTheClockBefore() throws {
        let rule = try Self.berlin()
        let local = seconds("2026-03-29T02:30:00Z")
        #expect(rule.offsetSeconds(local: local, near: local) == 3600)
        #expect(rule.offsetSeconds(local: local - 1801, near: local) == 3600)
        #expect(rule.offsetSeconds(local: local + 1800, near: local) == 7200)
    }

    @Test func overlapIsTheOneNearerToReceipt() throws {
        let rule = try Self.berlin()
        let local = seconds("2026-10-25T02:30:00Z")
        #expect(rule.offsetSeconds(local: local, near: seconds("2026-10-25T00:30:05Z")) == 7200)
        #expect(rule.offsetSeconds(local: local, near: seconds("2026-10-25T01:30:05Z")) == 3600)
        #expect(rule.offsetSeconds(local: local, near: seconds("2026-10-25T01:00:00Z")) == 7200)
    }

    /// Every half hour of two years: local time and back.
    @Test func roundTrips() throws {
        let rule = try Self.berlin()
        for time in stride(from: seconds("2026-01-01T00:00:00Z"), to: seconds("2028-01-01T00:00:00Z"), by: 1800) {
            let offset = rule.offsetSeconds(at: time)
            #expect(rule.offsetSeconds(local: time + Int64(offset), near: time) == offset)
        }
    }

    // MARK: - Names

    @Test func namesWithoutAFile() throws {
        #expect(try TimeZoneRule.named("UTC").offsetSeconds(at: 0) == 0)
        #expect(try TimeZoneRule.named("Z").offsetSeconds(at: 0) == 0)
        #expect(try TimeZoneRule.named("+05:30").offsetSeconds(at: 0) == 19800)
        #expect(try TimeZoneRule.named("-0800").offsetSeconds(at: 0) == -28800)
    }

    @Test(arguments: [
        "", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "Europe/Berlin\0", ".", "a b",
        String(repeating: "a", count: 65),
    ])
    func badNames(name: String) {
        #expect(throws: TimeZoneError(.badName, "")) { try TimeZoneRule.named(name) }
    }

    @Test func missingFile() {
        #expect(throws: TimeZoneError(.notFound, "")) { try TimeZoneRule.named("No/Such_Zone") }
        #expect(throws: TimeZoneError(.notFound, "")) { try TimeZoneRule.named("Berlin", directory: "/nonexistent") }
    }
}
