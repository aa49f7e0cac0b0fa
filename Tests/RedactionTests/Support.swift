import Batch
import Syslog

@testable import Redaction

/// One engine for all tests.
let engine = try! RedactionEngine([.credentials])

/// The bytes that `body` writes.
func written(capacity: Int = 1 << 20, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    defer { unsafe memory.deallocate() }
    var writer = unsafe ByteWriter(unsafeOver: memory, capacity: capacity)
    body(&writer)
    return unsafe Array(UnsafeRawBufferPointer(start: memory, count: writer.count))
}

/// `text` as one line without syslog structure, with its secrets replaced.
func redacted(_ text: String) -> String {
    redactedWithReport(text).text
}

func redactedWithReport(_ text: String) -> (text: String, report: RedactionReport) {
    var redactor = Redactor(engine)
    let bytes = Array(text.utf8)
    var report = RedactionReport()
    let result = written(capacity: bytes.count + Redactor.growthLimit) { out in
        report = redactor.redact(line: unsafe bytes.span.bytes, into: &out)
    }
    return (String(decoding: result, as: UTF8.self), report)
}

/// A record in two parts.
struct TestRecord: Equatable, CustomStringConvertible {
    var head: String
    var tail: String

    init(_ head: String, _ tail: String) {
        self.head = head
        self.tail = tail
    }

    /// A record without structured data, whose MSG is `message`.
    init(message: String) {
        self.init("<30>1 2026-07-22T06:14:48Z vpn1 headscale 912 - ", " " + message)
    }

    var description: String { head + "|" + tail }
}

extension Batch {
    mutating func append(_ record: TestRecord) {
        append { out in
            out.append(Array(record.head.utf8))
            out.append(Array(record.tail.utf8))
            return (record.head.utf8.count, 0)
        }
    }

    func record(_ index: Int) -> TestRecord {
        TestRecord(text(self[index].head), text(self[index].tail))
    }

    private func text(_ range: Range<Int>) -> String {
        unsafe bytes.extracting(range).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

/// The records after redaction as one batch.
func redacted(_ records: [TestRecord], with redactor: inout Redactor) -> [TestRecord] {
    var batch = Batch(byteCapacity: 1 << 20)
    for record in records { batch.append(record) }
    redactor.redact(&batch)
    return (0..<batch.recordCount).map { batch.record($0) }
}

func redacted(_ record: TestRecord) -> TestRecord {
    var redactor = Redactor(engine)
    return redacted([record], with: &redactor)[0]
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Random: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func pick<T>(_ items: [T]) -> T { items.randomElement(using: &self)! }

    mutating func text(_ alphabet: String, _ count: Int) -> String {
        let letters = Array(alphabet)
        return String((0..<count).map { _ in letters.randomElement(using: &self)! })
    }

    mutating func hex(_ count: Int) -> String { text("0123456789abcdef", count) }
    mutating func key(_ count: Int) -> String {
        text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", count)
    }
}
