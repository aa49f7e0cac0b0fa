import Batch
import Headscale
import Syslog

/// What must hold for any bytes whatsoever. Compiled into the tests, which replay `Corpus`, and into the fuzzer.
///
/// The bytes are lines, as one source sends them one after the other.
func fuzzRecognition(_ bytes: RawSpan) {
    if let violation = RecognitionInvariants.violation(bytes) { fatalError(violation) }
}

enum RecognitionInvariants {
    /// The first invariant that `input` violates, or nil.
    static func violation(_ input: RawSpan) -> String? {
        let bytes = (0..<input.byteCount).map { unsafe input.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        let encoder = CanonicalEncoder()
        var recogniser = Recogniser(enterpriseNumber: encoder.pen, pseudonym: nil)
        var batch = Batch()
        for frame in bytes.split(separator: 0x0A).prefix(64) {
            batch.removeAll()
            append(Array(frame), encoder, to: &batch)
            let before = text(batch)
            recogniser.recognise(&batch)
            if let violation = violation(before: before, after: text(batch), whole: batch[0].originalLength == 0) {
                return "\(violation): \(before.head)|\(before.tail)"
            }
        }
        return nil
    }

    private static func append(_ frame: [UInt8], _ encoder: CanonicalEncoder, to batch: inout Batch) {
        let source = Source(address: PeerAddress("192.0.2.7"), receivedAt: Timestamp(seconds: 1_784_700_000))
        let bytes = unsafe frame.span.bytes
        let message = Message.parse(bytes, at: source.receivedAt)
        batch.append { encoder.encode(message, from: bytes, source: source, originalLength: 0, into: &$0) }
    }

    private typealias Line = (head: String, tail: String)

    private static func text(_ batch: borrowing Batch) -> Line {
        (string(batch.bytes, batch[0].head), string(batch.bytes, batch[0].tail))
    }

    private static func string(_ bytes: RawSpan, _ range: Range<Int>) -> String {
        unsafe bytes.extracting(range).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Recognition adds one element behind the others, of names and values of its own, and changes nothing else.
    private static func violation(before: Line, after: Line, whole: Bool) -> String? {
        guard after.head.hasPrefix(before.head) else { return "the head has changed" }
        guard whole ? after.tail == before.tail : before.tail.hasPrefix(after.tail) else {
            return "the text has changed"
        }
        let added = after.head.dropFirst(before.head.count)
        if added.isEmpty { return nil }
        guard added.hasPrefix("[headscale@32473 event=\"") else { return "what was added is no element: \(added)" }
        let line = Array((after.head + after.tail).utf8)
        let message = Message.parse(unsafe line.span.bytes, at: Timestamp(seconds: 0))
        guard message.problems.isSubset(of: .structuredDataDuplicateID), let elements = message.structuredData,
            elements.upperBound == after.head.utf8.count
        else { return "the element does not parse: \(added)" }
        return elementViolation(line, elements)
    }

    private static func elementViolation(_ line: [UInt8], _ elements: Range<Int>) -> String? {
        let span = unsafe line.span.bytes
        var reader = StructuredDataReader(span, elements)
        var (count, isOurs, names) = (0, false, Set<String>())
        while let item = reader.next() {
            switch item {
            case .element(let id):
                isOurs = line[id].elementsEqual("headscale@32473".utf8)
                count += isOurs ? 1 : 0
            case .parameter(let name, let value) where isOurs:
                let name = String(decoding: line[name], as: UTF8.self)
                guard names.insert(name).inserted else { return "\(name) occurs twice" }
                guard name.allSatisfy({ $0.isLowercase || $0 == "_" }) else {
                    return "a name that is not ours: \(name)"
                }
                guard String(validating: line[value], as: UTF8.self) != nil else { return "\(name) is not UTF-8" }
                guard line[value].allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                    return "\(name) has a control character"
                }
            case .parameter: break
            }
        }
        guard count == 1 else { return "\(count) elements" }
        return names.isSuperset(of: ["event", "outcome", "category", "service", "format"]) ? nil : "a name is missing"
    }
}
