import Batch
import Redaction
import Syslog

/// The relay's own way from a frame to a canonical line, for one record at a time.
struct Explainer: ~Copyable {
    let now: Timestamp
    let zone: TimeZoneRule
    private let encoder = CanonicalEncoder()
    private var redactor: Redactor
    private var batch = Batch()

    init(now: Timestamp, zone: TimeZoneRule) throws {
        self.now = now
        self.zone = zone
        redactor = Redactor(try RedactionEngine(RedactionPack.allCases))
    }

    /// The line that the ledger would get, the octets the frame had if something of it was cut off (0 if not), and the
    /// rules that took something out of it.
    mutating func canonicalLine(
        _ message: Message, _ bytes: RawSpan, originalLength: Int
    ) -> ([UInt8], originalLength: Int, [(rule: String, count: Int)]) {
        batch.removeAll()
        let source = Source(receivedAt: now)
        batch.append { writer in
            encoder.encode(message, from: bytes, source: source, originalLength: originalLength, into: &writer)
        }
        let before = redactor.statistics
        redactor.redact(&batch)
        let record = batch[0]
        var line = Array(batch.bytes, record.head)
        if line.last == UInt8(ascii: " ") { line.append(UInt8(ascii: "-")) }
        line += Array(batch.bytes, record.tail)
        return (line, Int(record.originalLength), Self.difference(before, redactor.statistics))
    }

    private static func difference(
        _ before: RedactionStatistics, _ after: RedactionStatistics
    ) -> [(rule: String, count: Int)] {
        var changes: [(rule: String, count: Int)] = []
        for (position, rule) in RuleSet.all.rules.enumerated() {
            let count = after.secretsByRule[position] - before.secretsByRule[position]
            if count > 0 { changes.append((rule.name, Int(count))) }
        }
        if after.engineErrors > before.engineErrors { changes.append(("\(Redactor.errorRule)", 1)) }
        return changes
    }
}
