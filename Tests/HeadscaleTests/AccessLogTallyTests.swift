import Testing

@testable import Headscale

@Suite struct AccessLogTallyTests {
    /// The range of each duration is the first whose end is not below it: checked at each end, and beside it.
    @Test func rangesEndAtTheirBounds() {
        let bounds = AccessLogTally.bounds
        for (range, bound) in bounds.indices.map({ ($0, bounds[$0]) }) {
            #expect(AccessLogTally.range(of: bound) == range)
            #expect(AccessLogTally.range(of: bound - 1) == range)
            #expect(AccessLogTally.range(of: bound + 1) == range + 1)
        }
        #expect(AccessLogTally.range(of: 0) == 0 && AccessLogTally.range(of: 1) == 0)
        for power in 0..<64 {
            let value = UInt64(1) << UInt64(power)
            let expected = bounds.indices.first { bounds[$0] >= value } ?? bounds.count
            #expect(AccessLogTally.range(of: value) == expected)
        }
        #expect(AccessLogTally.range(of: .max) == bounds.count)
    }

    @Test func boundsRiseByAboutHalf() {
        let bounds = AccessLogTally.bounds
        for index in bounds.indices.dropFirst() {
            #expect((1.4...1.55).contains(Double(bounds[index]) / Double(bounds[index - 1])))
        }
    }

    @Test func requestsAreCountedByClass() {
        var tally = AccessLogTally()
        #expect(tally.isEmpty)
        for status in [101, 200, 204, 302, 401, 404, 500, 599, 0, 99, 600, -1, .max] {
            tally.note(status: status, elapsedMicroseconds: 1_200, isLongPoll: false)
        }
        #expect(!tally.isEmpty)
        #expect((0..<6).map { tally.requests[$0] } == [5, 1, 2, 1, 2, 2])
        #expect(tally.durations[AccessLogTally.range(of: 1_200)] == 13 && tally.microseconds == 13 * 1_200)
        #expect((0..<6).allSatisfy { tally.longPolls[$0] == 0 })
    }

    /// Their duration is that of a session.
    @Test func longPollsHaveNoDuration() {
        var tally = AccessLogTally()
        tally.note(status: 200, elapsedMicroseconds: 3_600_000_000, isLongPoll: true)
        #expect(!tally.isEmpty && tally.longPolls[2] == 1 && tally.requests[2] == 0 && tally.microseconds == 0)
        // Nor has a request that waits for a user.
        tally.note(status: 500, elapsedMicroseconds: nil, isLongPoll: false)
        #expect(tally.requests[5] == 1 && tally.microseconds == 0)
        #expect(tally.durations.indices.allSatisfy { tally.durations[$0] == 0 })
    }

    /// A line can say anything.
    @Test func oneLineDoesNotSpoilTheSum() {
        var tally = AccessLogTally()
        for _ in 0..<3 { tally.note(status: 200, elapsedMicroseconds: .max, isLongPoll: false) }
        #expect(tally.microseconds == 3 * 3_600_000_000 && tally.durations[37] == 3)
    }

    /// Numbers wherever they stand, and what is none.
    @Test func decimalNumbers() {
        let texts = ["0", "7", "10", "99999999", "100000000", "1234567890123456789", "00000012"]
        for text in texts {
            for (front, behind) in [("", ""), ("x", "x"), ("9999999999", "9"), ("12345678", ":"), ("\u{FF}", "\u{FF}")]
            {
                let bytes = Array((front + text + behind).utf8)
                let start = front.utf8.count
                #expect(unsafe bytes.span.bytes.decimal(start..<start + text.utf8.count) == UInt64(text), "\(text)")
            }
        }
        for byte in UInt8.min...UInt8.max where !(0x30...0x39).contains(byte) {
            for place in 0..<8 {
                var bytes = Array("9912345678".utf8)
                bytes[place + 2] = byte
                #expect(unsafe bytes.span.bytes.decimal(2..<10) == nil)
            }
        }
        let long = Array("12345678901234567890".utf8)
        #expect(unsafe long.span.bytes.decimal(0..<20) == nil)
        #expect(unsafe long.span.bytes.decimal(3..<3) == nil)
    }

    // MARK: - From records

    @Test func theAccessLogIsCounted() {
        var recognising = Recognising()
        let line = { (path: String, status: Int, elapsed: String) in
            #"{"level":"info","method":"GET","path":"\#(path)","proto":"HTTP/1.1","remote":"192.0.2.1:1","status":\#(status),"#
                + #""bytes":18,"elapsed":\#(elapsed),"time":1784700370,"message":"http request"}"#
        }
        for _ in 0..<2 { _ = recognising.headscale(line("/key", 200, "0.412305")) }
        _ = recognising.headscale(line("/api/v1/node", 500, "1234.5"))
        _ = recognising.headscale(line("/machine/map", 200, "3600000"))
        _ = recognising.headscale(line("/ts2021", 101, "86400000.25"))
        _ = recognising.headscale(line("/key", 200, #""soon""#))
        _ = recognising.headscale(
            "2026-07-22T06:06:10Z INF http request bytes=18 elapsed=7 method=GET path=/health proto=HTTP/1.1 "
                + "remote=127.0.0.1:51522 status=404")
        _ = recognising.headscale("2026-07-22T06:06:10Z INF node connected node.id=42")
        let tally = recognising.accessLog
        #expect((0..<6).map { tally.requests[$0] } == [0, 0, 2, 0, 1, 1])
        #expect((0..<6).map { tally.longPolls[$0] } == [0, 1, 1, 0, 0, 0])
        #expect(tally.microseconds == 2 * 412 + 1_234_500 + 7_000)
    }

    @Test(
        arguments: [
            ("0", 0), ("7", 7_000), ("0.0004", 0), ("0.412305", 412), ("1.5", 1_500), ("12.", 12_000), ("", nil),
            (".5", nil),
            ("1e3", nil), ("-1", nil), ("1.5.5", nil), ("1.x", nil), ("9999999999999999999", nil),
            ("99999999999999999999", nil),
        ] as [(String, UInt64?)])
    func milliseconds(text: String, microseconds: UInt64?) {
        let bytes = Array("<\(text)>".utf8)
        #expect(unsafe bytes.span.bytes.microseconds(ofMilliseconds: 1..<bytes.count - 1) == microseconds)
    }
}
