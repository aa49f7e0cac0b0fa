import Batch
import Headscale
import OpenSSL
import Redaction
import Syslog

/// The relay's own way from a frame to a canonical line, for one record at a time.
struct Explainer: ~Copyable {
    let now: Timestamp
    let zone: TimeZoneRule
    private let encoder = CanonicalEncoder()
    private var recogniser: Recogniser
    private var redactor: Redactor
    private var batch = Batch()

    init(now: Timestamp, zone: TimeZoneRule) throws {
        let engine = try RedactionEngine(RedactionPack.allCases)
        let pseudonym = try Self.pseudonym()
        self.now = now
        self.zone = zone
        redactor = Redactor(engine)
        recogniser = Recogniser(enterpriseNumber: encoder.pen, pseudonym: pseudonym)
    }

    /// What stands for ids here is no relay's: its key is known to everybody.
    private static func pseudonym() throws -> Pseudonym? {
        let zeros = [UInt8](repeating: 0, count: HMACKey.byteCount)
        guard let key = unsafe HMACKey(zeros.span.bytes) else { return nil }
        return try Pseudonym(key)
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
        recogniser.recognise(&batch)
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
