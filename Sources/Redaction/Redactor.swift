public import Batch
public import Syslog

/// Removes secrets from records: one thread's working memory for a ``RedactionEngine``.
///
/// A secret is replaced by `<redacted>`; the rest of the line stays, and its structure: header fields keep their
/// place, PARAM-VALUEs their quotes, JSON stays JSON. A record from which something was removed says so in its last
/// SD-ELEMENT, `[redacted@PEN rule="…" n="…"]`, by rules and numbers, with nothing of the secret. Redacting twice
/// changes nothing more.
///
/// A record that cannot be examined (an engine fails, or it has more than 256 secrets) is not let through: all but PRI,
/// TIMESTAMP and a plain HOSTNAME is removed, the rule is `engine-error`, and it is counted.
public struct Redactor: ~Copyable {
    /// What takes the place of a secret. It needs no escape in a PARAM-VALUE or in JSON.
    public static let placeholder: StaticString = "<redacted>"
    /// The rule's name in a record that was replaced as a whole.
    public static let errorRule: StaticString = "engine-error"
    /// Octets left free for the identity element at the end of the longest line.
    static let identityReserve = CanonicalEncoder.identityReserve
    /// Hits of gates that one scan of a batch takes; with more, the batch's records are scanned one by one.
    static let hitCapacity = 8192

    private let engine: RedactionEngine
    private var scanner: PatternScanner
    private var finder: SecretFinder
    /// What the gates say of each record of the batch.
    private var candidates: [Candidate] = []
    /// What was done so far.
    public private(set) var statistics: RedactionStatistics
    /// The most octets by which a line of text becomes longer.
    public static let growthLimit = 16 << 10
    /// How often a record is gone through; one that then still has secrets is replaced as a whole.
    static let passLimit = 8
    /// Makes a step fail, for tests.
    var fault: Fault?

    /// A failure to be tried out.
    enum Fault { case scan, overflow, find }

    /// A redactor for `engine`. If memory for it cannot be had, every record is replaced as a whole.
    public init(_ engine: RedactionEngine) {
        self.init(engine, hitCapacity: Self.hitCapacity)
    }

    init(_ engine: RedactionEngine, hitCapacity: Int) {
        self.engine = engine
        scanner = PatternScanner(engine.database, capacity: hitCapacity)
        finder = SecretFinder(engine)
        statistics = RedactionStatistics(rules: engine.ruleSet.rules.count)
    }

    // MARK: - Batches

    /// Removes the secrets from all records of `batch`.
    public mutating func redact(_ batch: inout Batch) {
        guard !batch.isEmpty else { return }
        let outcome = fault == .scan ? .failed : fault == .overflow ? .overflow : scanner.scan(batch.bytes)
        switch outcome {
        case .complete:
            if scanner.count == 0 { return }
            if assignHits(batch) {
                for index in 0..<batch.recordCount where candidates[index].patterns != 0 {
                    redact(&batch, index, candidates[index])
                }
            } else {
                scanEach(&batch)
            }
        case .overflow:
            scanEach(&batch)
        case .failed:
            for index in 0..<batch.recordCount { replace(&batch, index) }
        }
    }

    /// Fills ``candidates`` from the scan's hits. False if the records are not in the order of their bytes, as after an
    /// earlier rewrite.
    private mutating func assignHits(_ batch: borrowing Batch) -> Bool {
        let count = batch.recordCount
        candidates.removeAll(keepingCapacity: true)
        var previous = 0
        for index in 0..<count {
            let line = batch[index].line
            guard line.lowerBound >= previous else { return false }
            previous = line.upperBound
            candidates.append(.none)
        }
        var index = 0
        for number in 0..<scanner.count {
            let hit = scanner.hit(number)
            if !batch[index].holds(hit.end) { index = Self.record(of: hit.end, batch) }
            let record = batch[index]
            if record.holds(hit.end) { candidates[index].add(hit.id, end: hit.end - Int(record.start)) }
        }
        return true
    }

    /// The last record that begins before `end`, or the first.
    private static func record(of end: Int, _ batch: borrowing Batch) -> Int {
        var low = 0
        var high = batch.recordCount
        while high - low > 1 {
            let middle = (low + high) / 2
            if batch[middle].line.lowerBound < end { low = middle } else { high = middle }
        }
        return low
    }

    /// Scans and redacts record by record: a scan of its own cannot have too many hits, and costs twice as much.
    private mutating func scanEach(_ batch: inout Batch) {
        for index in 0..<batch.recordCount {
            if let patterns = scanner.patterns(in: batch.bytes.extracting(batch[index].line)) {
                if patterns != 0 { redact(&batch, index, Candidate(anywhere: patterns)) }
            } else {
                replace(&batch, index)
            }
        }
    }

    /// Redacts one record, in which gates have matched, until nothing is left to be found.
    private mutating func redact(_ batch: inout Batch, _ index: Int, _ candidate: Candidate) {
        var candidate = candidate
        for pass in 0..<Self.passLimit {
            let record = batch[index]
            finder.failsNext = fault == .find
            guard finder.find(in: batch.bytes.extracting(record.line), split: record.head.count, candidate) else {
                break
            }
            if finder.hits.isEmpty { return }
            let writer = RedactedLine(hits: finder.hits, ruleSet: engine.ruleSet, pen: engine.pen)
            guard writer.fits(record) else { break }
            batch.rewrite(index) { bytes, record, out in
                writer.write(bytes.extracting(record.line), split: record.head.count, into: &out)
            }
            count(isFirst: pass == 0)
            if finder.isSettled { return }
            guard let patterns = scanner.patterns(in: batch.bytes.extracting(batch[index].line)) else { break }
            candidate = Candidate(anywhere: patterns)
        }
        replace(&batch, index)
    }

    private mutating func count(isFirst: Bool) {
        if isFirst { statistics.recordsRedacted += 1 }
        for index in 0..<finder.hits.count { statistics.secretsByRule[finder.hits[index].rule] += 1 }
    }

    /// Replaces a record that could not be examined.
    private mutating func replace(_ batch: inout Batch, _ index: Int) {
        let pen = engine.pen
        batch.rewrite(index) { bytes, record, out in
            let split = RedactedLine.writeReplacement(
                bytes.extracting(record.line), split: record.head.count, pen: pen, into: &out)
            return (split, true)
        }
        statistics.engineErrors += 1
    }

    // MARK: - Lines

    /// Writes `line`, a text without LF that need not be a record, with its secrets replaced, and says what was
    /// found. A line that cannot be examined, or would grow by more than ``growthLimit``, becomes `<redacted>`. This
    /// is for tools: unlike redacting a batch it allocates.
    public mutating func redact(line: RawSpan, into out: inout ByteWriter) -> RedactionReport {
        var report = RedactionReport()
        var text = Self.bytes(of: line)
        for pass in 0..<Self.passLimit {
            let patterns = fault == .scan ? nil : scanner.patterns(in: unsafe text.span.bytes)
            finder.failsNext = fault == .find
            guard let patterns,
                finder.find(in: unsafe text.span.bytes, split: 0, Candidate(anywhere: patterns))
            else { break }
            if finder.hits.isEmpty {
                out.append(text)
                return report
            }
            text = replacing(in: text)
            guard text.count - line.byteCount <= Self.growthLimit else { break }
            count(isFirst: pass == 0)
            let rules = engine.ruleSet.rules
            finder.hits.forEachRule { rule, count in report.add(count, of: rules[rule].name) }
        }
        statistics.engineErrors += 1
        out.append(Self.placeholder)
        return RedactionReport(isEngineError: true)
    }

    private static func bytes(of line: RawSpan) -> [UInt8] {
        unsafe line.withUnsafeBytes { bytes in unsafe [UInt8](bytes) }
    }

    /// `text` without the secrets that were found in it.
    private func replacing(in text: [UInt8]) -> [UInt8] {
        let capacity = text.count + finder.hits.replacementLength
        let writer = RedactedLine(hits: finder.hits, ruleSet: engine.ruleSet, pen: engine.pen)
        return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            var out = unsafe ByteWriter(unsafeOver: base, capacity: capacity)
            writer.write(unsafe text.span.bytes, 0..<text.count, room: .max, into: &out)
            count = out.count
        }
    }
}

extension Record {
    /// Whether something that ends at `end`, and is not empty, lies in the line.
    fileprivate func holds(_ end: Int) -> Bool {
        end > Int(start) && end <= Int(self.end)
    }
}
