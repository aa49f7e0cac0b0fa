import Testing

@testable import Syslog

/// What the short way through a canonical line finds, against what the parser finds.
@Suite struct CanonicalHeaderTests {
    private func check(_ line: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
        let bytes = unsafe line.span.bytes
        let message = Message.parse(bytes, at: Timestamp(seconds: 0))
        let header = CanonicalHeader(bytes)
        #expect(header.priority == message.priority, sourceLocation: sourceLocation)
        #expect(header.timestamp == message.timestampText, sourceLocation: sourceLocation)
        #expect(header.hostname == message.hostname, sourceLocation: sourceLocation)
        #expect(header.appName == message.appName, sourceLocation: sourceLocation)
        #expect(header.procID == message.procID, sourceLocation: sourceLocation)
        #expect(header.msgID == message.msgID, sourceLocation: sourceLocation)
        #expect(header.time(bytes) == message.timestamp, sourceLocation: sourceLocation)
        var reader = StructuredDataReader(bytes, header.structuredData)
        var other = StructuredDataReader(bytes, message.structuredData)
        while let item = reader.next() { #expect(item == other.next(), sourceLocation: sourceLocation) }
        #expect(other.next() == nil, sourceLocation: sourceLocation)
        #expect(header.message(bytes, behind: reader.offset) == message.message, sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        "<34>1 2026-11-23T06:15:00.123Z host app 7 ID - text",
        "<0>1 - - - - - -",
        "<191>1 - h - - - - \u{FEFF}text",
        #"<13>1 2026-11-23T06:15:00+01:00 h a p i [a@1 b="c" d="e\]\"\\"][b@1] text"#,
        #"<13>1 2026-11-23T06:15:00+01:00 h a p i [a@1 b="[x\]" d=""]"#,
        #"<13>1 - h a p i [a@1 b="\#(String(repeating: #"\\"#, count: 40))" c="d"] x"#,
    ])
    func linesOfOurs(_ line: String) { check(Array(line.utf8)) }

    @Test func anyLineOfTheEncoder() {
        var random = SplitMix(state: 20_261_128)
        let encoder = CanonicalEncoder()
        let pieces = [
            "<34>1 ", "2026-11-23T06:15:00Z ", "- ", "host ", "app ", "7 ", "ID ", "[a@1 b=\"c\"]",
            "[x y=\"\\\"\\]\\\\\"]",
            "\"", "\\", "]", "[", "\t", "é", "\u{FEFF}", "some more text, longer than a word",
        ]
        for _ in 0..<5_000 {
            var input: [UInt8] = []
            for _ in 0..<random.next() % 16 { input += Array(pieces[Int(random.next() % UInt64(pieces.count))].utf8) }
            let bytes = unsafe input.span.bytes
            let now = Timestamp(seconds: 1_795_000_000)
            let message = Message.parse(bytes, at: now)
            var record: EncodedRecord?
            let source = Source(
                address: PeerAddress(random.next() % 2 == 0 ? "" : "192.0.2.7"), receivedAt: now)
            let line = written(capacity: CanonicalEncoder.lineLimitMax) { writer in
                record = encoder.encode(message, from: bytes, source: source, originalLength: 0, into: &writer)
            }
            guard let record else { continue }
            let split = record.split
            let octets = Array(line.utf8)
            check(Array(octets[..<split]) + Array(#"[waxwing@32473 l="0" i="1"]"#.utf8) + Array(octets[split...]))
            checkPlaces(octets, record.head)
        }
    }

    /// The encoder says where it put HOSTNAME and APP-NAME.
    private func checkPlaces(_ line: [UInt8], _ places: HeadPlaces) {
        let header = CanonicalHeader(unsafe line.span.bytes)
        let (hostname, appName) = (Int(places.hostname), Int(places.appName)..<Int(places.appNameEnd))
        #expect(header.hostname == nil ? line[hostname] == 0x2D : header.hostname == hostname..<appName.lowerBound - 1)
        #expect(header.appName == nil ? Array(line[appName]) == [0x2D] : header.appName == appName)
    }

    /// Whatever stands in a line, what is found lies within it.
    @Test func anyBytes() {
        var random = SplitMix(state: 7)
        let alphabet = Array(#"<>1 -[]="\\ab@"#.utf8)
        for _ in 0..<5_000 {
            let line = (0..<random.next() % 90).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            let bytes = unsafe line.span.bytes
            let header = CanonicalHeader(bytes)
            var reader = StructuredDataReader(bytes, header.structuredData)
            while let item = reader.next() {
                if case .parameter(let name, let value) = item {
                    #expect(name.lowerBound >= 0 && name.upperBound < value.lowerBound && value.upperBound < line.count)
                }
            }
            #expect(header.message(bytes, behind: reader.offset).upperBound <= max(line.count, reader.offset + 3))
        }
    }
}
