import Syslog

/// What must hold for any bytes whatsoever. Compiled into the tests, which replay `Corpus`, and into the fuzzer.
///
/// The first two octets choose the framer's limit and how the stream is cut up, the others are the stream.
func fuzzFramingAndParsing(_ bytes: RawSpan) {
    if let violation = Invariants.violation(bytes) { fatalError(violation) }
}

enum Invariants {
    static let receivedAt = Timestamp(seconds: 1_795_414_500, microseconds: 123_000, fractionDigits: 3)

    /// The first invariant that `input` violates, or nil.
    static func violation(_ input: RawSpan) -> String? {
        let data = Array(copying: input)
        let limit = [65_536, 4, 16, 100][Int((data.first ?? 0) & 3)]
        let seed = UInt64(data.dropFirst().first ?? 0)
        let stream = Array(data.dropFirst(2))
        let whole = Frames(stream, limit: limit) { _ in stream.count }
        var random = SplitMix(state: seed)
        let pieces = Frames(stream, limit: limit) { _ in 1 + Int(random.next() % 23) }
        guard whole == pieces else { return "frames depend on how the stream is cut: \(whole) \(pieces)" }
        for frame in whole.frames {
            guard !frame.bytes.isEmpty, frame.bytes.count <= limit else {
                return "a frame of \(frame.bytes.count) octets"
            }
            guard frame.originalLength == 0 || frame.originalLength > frame.bytes.count else {
                return "a cut that cuts nothing"
            }
            if let violation = violation(frame: frame.bytes, originalLength: frame.originalLength) { return violation }
        }
        return violation(frame: stream, originalLength: 0)
    }

    /// The first invariant of parser and encoder that `frame` violates, or nil.
    static func violation(frame: [UInt8], originalLength: Int) -> String? {
        let message = Message.parse(unsafe frame.span.bytes, at: receivedAt)
        if let violation = rangeViolation(message, frame) { return violation }
        for source in [
            Source(address: PeerAddress("192.0.2.7"), receivedAt: receivedAt),
            Source(trustedRelay: true, receivedAt: receivedAt),
            Source(address: PeerAddress("192.0.2.7"), sender: SenderText(" sender_node=\"a\""), receivedAt: receivedAt),
        ] {
            for encoder in [CanonicalEncoder(), CanonicalEncoder(lineLimit: CanonicalEncoder.lineLimitMin)] {
                let line = CanonicalLine(message, frame, encoder, source, originalLength: originalLength)
                if let violation = lineViolation(line, frame, encoder) { return violation }
            }
        }
        return nil
    }

    // MARK: - Message

    private static func rangeViolation(_ message: Message, _ frame: [UInt8]) -> String? {
        let fields = [message.timestampText, message.hostname, message.appName, message.procID, message.msgID]
        for case let range? in fields + [message.structuredData, message.sequenceNumber, message.message]
        where range.lowerBound < 0 || range.upperBound > frame.count {
            return "the range \(range) is not in the frame"
        }
        for case let range? in fields where range.isEmpty { return "an empty field" }
        guard message.message.upperBound == frame.count else { return "the message does not end where the frame does" }
        guard message.timestamp != nil || message.format == .rfc5424 else { return "no time" }
        var reader = StructuredDataReader(unsafe frame.span.bytes, message.structuredData)
        while let item = reader.next() {
            if case .parameter(_, let value) = item {
                let text = StructuredDataReader.unescaped(unsafe frame.span.bytes, value)
                guard text.count <= value.count else { return "unescaping adds octets" }
            }
        }
        guard message.structuredData.map({ reader.offset == $0.upperBound }) ?? true else {
            return "the reader stops within the structured data"
        }
        // The reader must also bear what is not structured data.
        var other = StructuredDataReader(unsafe frame.span.bytes, 0..<frame.count)
        while other.next() != nil {}
        return nil
    }

    // MARK: - Canonical line

    private static func lineViolation(_ line: CanonicalLine, _ frame: [UInt8], _ encoder: CanonicalEncoder) -> String? {
        let text = String(decoding: line.bytes, as: UTF8.self)
        guard line.bytes.count <= encoder.lineLimit - CanonicalEncoder.relayReserve else { return "too long" }
        guard Array(text.utf8) == line.bytes else { return "not UTF-8: \(line.bytes)" }
        guard line.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            return "control octets: \(text)"
        }
        guard line.tail.isEmpty || line.tail.first == 0x20, line.tail.last != 0x20 && line.tail.last != 0x09 else {
            return "the tail is not a space and text, or ends in a blank: \(text)"
        }
        guard line.head.last == 0x5D || line.head.last == 0x20 else { return "the head ends in the middle: \(text)" }
        let again = line.completed
        let message = Message.parse(unsafe again.span.bytes, at: receivedAt)
        guard message.format == .rfc5424, message.problems.isSubset(of: .structuredDataDuplicateID) else {
            return "the line has problems \(message.problems.codes): \(text)"
        }
        guard message.structuredData.map({ $0.upperBound == line.head.count }) ?? (line.head.last == 0x20) else {
            return "the structured data does not end at the split: \(text)"
        }
        let source = Source(trustedRelay: true, receivedAt: receivedAt)
        let second = CanonicalLine(message, again, encoder, source, originalLength: 0)
        guard second.bytes == line.bytes, second.split == line.split, second.originalLength == 0 else {
            return "encoding again changes \(text) to \(String(decoding: second.bytes, as: UTF8.self))"
        }
        return nil
    }
}

// MARK: - What the checks are made of

/// A line as the encoder wrote it.
struct CanonicalLine {
    var bytes: [UInt8] = []
    var split = 0
    var originalLength = 0

    var head: ArraySlice<UInt8> { bytes[..<split] }
    var tail: ArraySlice<UInt8> { bytes[split...] }
    /// The line with `-` where structured data is missing: a whole RFC 5424 message.
    var completed: [UInt8] { head.last == 0x20 ? head + [UInt8(ascii: "-")] + tail : bytes }

    init(_ message: Message, _ frame: [UInt8], _ encoder: CanonicalEncoder, _ source: Source, originalLength: Int) {
        bytes = [UInt8](repeating: 0, count: encoder.lineLimit)
        // The writer does not outlive the closure.
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            var out = unsafe ByteWriter(unsafeOver: buffer.baseAddress.unsafelyUnwrapped, capacity: buffer.count)
            let record = encoder.encode(
                message, from: unsafe frame.span.bytes, source: source, originalLength: originalLength, into: &out)
            (split, self.originalLength) = (record.split, record.originalLength)
            return out.overflowed ? 0 : out.count
        }
        bytes.removeSubrange(count...)
    }
}

/// What a framer makes of a stream that arrives in pieces.
struct Frames: Equatable {
    struct Frame: Equatable {
        var bytes: [UInt8]
        var originalLength: Int
    }

    var frames: [Frame] = []
    var mistake: ProtocolMistake?
    /// The most octets that were held at once, pieces not counted.
    var heldMax = 0

    static func == (one: Frames, other: Frames) -> Bool { one.frames == other.frames && one.mistake == other.mistake }

    /// Frames `stream`, of which `piece` says how many octets arrive next (given how many have).
    init(_ stream: [UInt8], limit: Int, piece: (Int) -> Int) {
        var framer = Framer(limit: limit)
        var buffer: [UInt8] = []
        var arrived = 0
        while arrived < stream.count, mistake == nil {
            let next = min(arrived + max(piece(arrived), 1), stream.count)
            buffer += stream[arrived..<next]
            arrived = next
            take(&framer, &buffer, isEnd: false)
            heldMax = max(heldMax, buffer.count)
        }
        if mistake == nil { take(&framer, &buffer, isEnd: true) }
    }

    private mutating func take(_ framer: inout Framer, _ buffer: inout [UInt8], isEnd: Bool) {
        var position = 0
        while true {
            switch Self.step(&framer, buffer, &position, isEnd: isEnd) {
            case .frame(let range, let originalLength):
                frames.append(Frame(bytes: Array(buffer[range]), originalLength: originalLength))
            case .incomplete(let keep):
                buffer = Array(buffer[position..<position + keep])
                return
            case .refused(let found):
                mistake = found
                return
            }
        }
    }
}

extension Frames {
    private static func step(_ framer: inout Framer, _ buffer: [UInt8], _ position: inout Int, isEnd: Bool)
        -> Framer.Step
    {
        let bytes = unsafe buffer.span.bytes
        return isEnd ? framer.finish(bytes, position: &position) : framer.next(bytes, position: &position)
    }
}

/// A small generator of reproducible numbers (splitmix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

extension Array where Element == UInt8 {
    /// A copy of the bytes of `span`.
    init(copying span: RawSpan) {
        // The buffer is read within the closure only.
        self = unsafe span.withUnsafeBytes { unsafe Array($0) }
    }
}
