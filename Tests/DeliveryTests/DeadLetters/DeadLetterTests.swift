import Syslog
import Testing

@testable import Delivery

@Suite struct DeadLetterTests {
    private static let heading = DeadLetter.Heading(
        hostname: "relay.example.net", processID: 42, enterpriseNumber: 32473,
        time: Timestamp(seconds: 1_795_809_900, microseconds: 123_000, fractionDigits: 3))

    private func line(_ letter: DeadLetter, _ original: String = "") -> (line: String, split: Int, cut: Int) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 70_000, alignment: 1)
        defer { unsafe memory.deallocate() }
        var writer = unsafe ByteWriter(unsafeOver: memory, capacity: 70_000)
        let bytes = Array(original.utf8)
        let (split, cut) = unsafe letter.write(Self.heading, original: bytes.span.bytes, into: &writer)
        let isWhole = !writer.overflowed
        #expect(isWhole)
        let text = unsafe String(decoding: UnsafeRawBufferPointer(start: memory, count: writer.count), as: UTF8.self)
        return (text, split, cut)
    }

    private func parse(_ line: String) -> (letter: DeadLetter, original: String)? {
        let bytes = Array(line.utf8)
        return unsafe DeadLetter.parse(bytes.span.bytes).map { letter, original in
            (letter, String(decoding: bytes[original], as: UTF8.self))
        }
    }

    private let letter = DeadLetter(
        .stored, DeadLetter.Key(destination: "siem", index: 4_711), status: 400, reason: "no: \"a\\b]\"\nc")

    @Test func aLetterIsACanonicalLineWithTheOriginalAsItsMessage() throws {
        let (text, split, cut) = line(letter, "<13>1 - h a - - - original")
        #expect(
            text == "<108>1 2026-11-27T20:05:00.123Z relay.example.net waxwing 42 DEADLETTER "
                + #"[deadletter@32473 destination="siem" index="4711" status="400" reason="no: \"a\\b\]\" c"] "#
                + "<13>1 - h a - - - original")
        #expect(text.utf8.prefix(split).last == UInt8(ascii: "]") && cut == 0)
        let parsed = try #require(parse(text))
        #expect(parsed.letter.key == letter.key && parsed.letter.status == 400)
        #expect(parsed.letter.reason == "no: \"a\\b]\" c" && parsed.original == "<13>1 - h a - - - original")
    }

    @Test(arguments: [(DeadLetter.Kind.resent, "DEADLETTER-RESENT"), (.dropped, "DEADLETTER-DROPPED")])
    func whatBecameOfItHasNoMessage(kind: DeadLetter.Kind, msgID: String) throws {
        let (text, _, _) = line(DeadLetter(kind, letter.key))
        #expect(text.hasSuffix("waxwing 42 \(msgID) [deadletter@32473 destination=\"siem\" index=\"4711\"]"))
        #expect(parse(text)?.letter == DeadLetter(kind, letter.key))
    }

    @Test func longOriginalsAreCutBetweenCharacters() throws {
        for pad in 0..<4 {
            let original = String(repeating: "x", count: pad) + String(repeating: "é", count: 32_760)
            let (text, _, cut) = line(letter, original)
            #expect(cut == original.utf8.count)
            #expect(text.utf8.count <= CanonicalEncoder.lineLimitMax - CanonicalEncoder.identityReserve)
            #expect(text.utf8.count > CanonicalEncoder.lineLimitMax - CanonicalEncoder.identityReserve - 4)
            #expect(original.hasPrefix(try #require(parse(text)).original))
        }
    }

    @Test func longReasonsAreCut() throws {
        var long = letter
        long.reason = String(repeating: "€", count: 1_000)
        let parsed = try #require(parse(line(long).line))
        #expect(parsed.letter.reason == String(repeating: "€", count: 170))
    }

    @Test(arguments: [
        "", "<110>1 - h waxwing 1 SEAL [deadletter@1 destination=\"a\" index=\"1\"]",
        "<110>1 - h waxwing 1 DEADLETTER - x", "<110>1 - h waxwing 1 DEADLETTER [deadletter@1 index=\"1\"] x",
        "<110>1 - h waxwing 1 DEADLETTER [deadletter@1 destination=\"a\" index=\"x\"] x",
        "<110>1 - h waxwing 1 DEADLETTERS [deadletter@1 destination=\"a\" index=\"1\"] x",
    ])
    func anythingElseIsNone(line: String) {
        #expect(parse(line) == nil)
    }

    // MARK: - Requests

    @Test(arguments: [
        DeadLetterRequest(.resend), DeadLetterRequest(.drop, destination: "siem"),
        DeadLetterRequest(.resend, destination: "a-b", indexes: [3, 1, 2]),
    ])
    func requestsAreReadAsTheyAreWritten(request: DeadLetterRequest) {
        #expect(DeadLetterRequest(request.text) == request)
    }

    @Test(arguments: [
        "", "waxwing-deadletters/v1", "waxwing-deadletters/v2\ndrop\n", "waxwing-deadletters/v1\nerase\n",
        "waxwing-deadletters/v1\ndrop\nindex x\n", "waxwing-deadletters/v1\ndrop\nfrom 3\n",
        "waxwing-deadletters/v1\ndrop\ndestination\n",
    ])
    func anythingElseIsNoRequest(text: String) {
        #expect(DeadLetterRequest(text) == nil)
    }
}
