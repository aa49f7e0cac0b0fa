import OpenSSL
import Seal
import Syslog
import Testing
import TransparencyLog

@Suite("Origin")
struct OriginTests {
    @Test(arguments: ["a", "relay1.example.net/all", "A-Z_0.9/x", String(repeating: "o", count: 200)])
    func isTaken(text: String) throws {
        let origin = try Origin(text)
        #expect(origin.description == text)
        #expect(try SHA256Hasher.digest(Array(text.utf8)).hex.prefix(8) == origin.tag.description)
    }

    @Test(arguments: [
        "", " ", "a b", "a+b", "é", "a\n", "a:b", "https://x?", "a\"b", "a]b",
        String(repeating: "o", count: 201),
    ])
    func isRefused(text: String) {
        #expect(throws: SealError(.origin, "")) { try Origin(text) }
    }
}

@Suite("Log keys")
struct LogKeyTests {
    @Test func verifierOfAnotherKeyOrLogRefuses() throws {
        let seal = try SealRecord(Vectors.seals[0])
        let key = try Vectors.key()
        #expect(key.verifier.signed(seal))
        let otherKey = try LogKey(origin: key.origin, privateKey: Ed25519PrivateKey.generate())
        #expect(!otherKey.verifier.signed(seal))
        let otherLog = try LogKey(origin: Origin("relay2.example.net/all"), privateKey: key.privateKey)
        #expect(!otherLog.verifier.signed(seal))
        #expect(
            try LogVerifier(origin: key.origin, publicKey: key.privateKey.publicKey) == key.verifier)
    }

    @Test(arguments: [
        "", "relay1.example.net/all",
        "relay1.example.net/all+f60b5336+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "relay1.example.net/all+f60b5335+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG5",
        "relay1.example.net/al+f60b5335+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
    ])
    func refusesWhatIsNotAKey(text: String) {
        #expect(throws: SealError(.verifierKey, "")) { try LogVerifier(parsing: text) }
    }

    @Test func refusesANameThatIsNoOrigin() throws {
        var hasher = try SHA256Hasher()
        let key = try VerifierKey(
            name: "no,origin", publicKey: Ed25519PrivateKey.generate().publicKey.bytes, &hasher)
        #expect(throws: SealError(.origin, "")) { try LogVerifier(parsing: key.description) }
    }
}

@Suite("Identity element")
struct IdentityElementTests {
    @Test(
        arguments: [
            (0, 0, #"[waxwing@32473 l="41342dd0" i="0"]"#),
            (7, 0, #"[waxwing@32473 l="41342dd0" i="7"]"#),
            (1234, 70_000, #"[waxwing@32473 l="41342dd0" i="1234" trunc="70000"]"#),
            (
                9_223_372_036_854_775_806, .max,
                #"[waxwing@32473 l="41342dd0" i="9223372036854775806" trunc="4294967295"]"#
            ),
        ] as [(UInt64, UInt32, String)])
    func writes(index: UInt64, originalLength: UInt32, text: String) throws {
        let element = IdentityElement(try Origin(Vectors.originText).tag)
        let bytes = written { element.write(index: index, originalLength: originalLength, into: &$0) }
            .bytes
        #expect(String(decoding: bytes, as: UTF8.self) == text)
        #expect(element.length(index: index, originalLength: originalLength) == bytes.count)
        let line = CanonicalLine("<13>1 - - - - - " + text)
        #expect(line.index == index)
        #expect(line.originalLength == (originalLength == 0 ? nil : UInt64(originalLength)))
        #expect(line.log == (try Origin(Vectors.originText).tag))
    }

    @Test func theLongestFits() {
        let element = IdentityElement(LogTag(rawValue: .max), enterpriseNumber: .max)
        #expect(element.length(index: .max, originalLength: .max, relay: .max) <= IdentityElement.lengthLimit)
    }

    @Test(arguments: [(1, "[waxwing@32473"), (2, "[waxwing-2@32473"), (10, "[waxwing-10@32473")] as [(UInt32, String)])
    func saysHowManyRelaysThereAre(relay: UInt32, name: String) throws {
        let element = IdentityElement(try Origin(Vectors.originText).tag)
        let bytes = written { element.write(index: 5, relay: relay, into: &$0) }.bytes
        #expect(String(decoding: bytes, as: UTF8.self) == name + #" l="41342dd0" i="5"]"#)
        #expect(element.length(index: 5, relay: relay) == bytes.count)
    }
}

@Suite("Seal time")
struct SealTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_795_414_501_100, "2026-11-23T06:15:01.100Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func knownTimes(milliseconds: Int64, text: String) {
        let time = SealTime(clamping: milliseconds)
        #expect(time.description == text)
        #expect(SealTime(text) == time)
    }

    @Test func everyDayHasOneText() {
        for day in stride(from: 0 as Int64, to: 2_932_897, by: 37) {
            let time = SealTime(clamping: day * 86_400_000 + 43_200_123)
            #expect(SealTime(time.description) == time)
        }
    }

    @Test(
        arguments: [
            (Int64.min, 0), (-1, 0), (253_402_300_800_000, 253_402_300_799_999),
            (.max, 253_402_300_799_999),
        ]
            as [(Int64, Int64)])
    func clamps(milliseconds: Int64, clamped: Int64) {
        #expect(SealTime(clamping: milliseconds).milliseconds == clamped)
    }

    @Test(arguments: [
        "", "2026-11-23T06:15:01.100", "2026-11-23T06:15:01.100Z ", "2026-02-29T06:15:01.100Z",
        "2100-02-29T06:15:01.100Z",
        "2026-13-01T06:15:01.100Z", "2026-00-01T06:15:01.100Z", "2026-01-00T06:15:01.100Z",
        "2026-04-31T06:15:01.100Z",
        "2026-11-23t06:15:01.100Z", "2026-11-23T06:15:01,100Z", "1969-12-31T23:59:59.999Z",
        "2026-11-23T06:15:0a.100Z",
        "2026-11-23T23:59:60.000Z",
    ])
    func refusesOtherTexts(text: String) {
        #expect(SealTime(text) == nil)
    }
}

@Suite("Batch policy")
struct BatchPolicyTests {
    @Test func closesByCount() {
        var batch = OpenBatch(at: 0)
        #expect(batch.recordRoom == 1024)
        batch.append(records: 1023, bytes: 1000, at: 10)
        #expect(batch.due(at: 11) == nil)
        #expect(batch.recordRoom == 1)
        batch.append(records: 1, bytes: 1, at: 12)
        #expect(batch.due(at: 12) == .count)
        #expect(batch.recordRoom == 0)
        batch.close(at: 13)
        #expect(batch.due(at: 13) == nil)
        #expect(batch.recordCount == 0 && batch.byteCount == 0)
    }

    @Test func closesByBytes() {
        var batch = OpenBatch(at: 0)
        batch.append(records: 2, bytes: (1 << 20) - 1, at: 10)
        #expect(batch.due(at: 10) == nil)
        batch.append(records: 1, bytes: 1, at: 10)
        #expect(batch.due(at: 10) == .bytes)
        #expect(batch.recordRoom == 0)
    }

    @Test func closesByTheAgeOfTheFirstRecord() {
        var batch = OpenBatch(at: 0)
        batch.append(records: 1, bytes: 10, at: 1000)
        batch.append(records: 1, bytes: 10, at: 4000)
        #expect(batch.deadline == 6000)
        #expect(batch.due(at: 5999) == nil)
        #expect(batch.due(at: 6000) == .age)
    }

    @Test func closesAnEmptyBatchWhenIdle() {
        var batch = OpenBatch(at: 500)
        #expect(batch.deadline == 60_500)
        #expect(batch.due(at: 60_499) == nil)
        #expect(batch.due(at: 60_500) == .idle)
        batch.append(records: 0, bytes: 0, at: 60_000)
        #expect(batch.due(at: 60_500) == .idle)
        batch.close(at: 60_500)
        #expect(batch.deadline == 120_500)
    }

    /// Driven by its own deadlines, no batch is ever larger or older than the policy says.
    @Test func keepsItsLimits() {
        let policy = BatchPolicy(
            recordLimit: 10, byteLimit: 1000, ageMilliseconds: 50, idleMilliseconds: 300)
        var random = SystemRandomNumberGenerator()
        var batch = OpenBatch(policy, at: 0)
        var (time, opened): (Int64, Int64?) = (0, nil)
        for _ in 0..<10_000 {
            let next = time + Int64.random(in: 0...400, using: &random)
            while batch.deadline <= next {
                time = batch.deadline
                #expect(batch.due(at: time) == (opened == nil ? .idle : .age))
                if let opened { #expect(time - opened == 50) }
                batch.close(at: time)
                opened = nil
            }
            time = next
            let count = Int.random(in: 1...max(1, batch.recordRoom), using: &random)
            batch.append(records: count, bytes: count * Int.random(in: 1...300, using: &random), at: time)
            opened = opened ?? time
            #expect(batch.recordCount <= 10)
            if let reason = batch.due(at: time) {
                #expect(reason == (batch.recordCount == 10 ? .count : .bytes))
                batch.close(at: time)
                opened = nil
            }
        }
    }
}
