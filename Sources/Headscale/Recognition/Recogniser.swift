public import Batch
internal import Syslog

/// Recognises Headscale's records, and says in an element of their structured data what they tell: one thread's
/// working memory.
///
/// ``LineExaminer`` finds out what a line tells, ``HeadscaleElement`` writes it down. Redaction comes after it, so that
/// nothing it writes has not been looked through.
public struct Recogniser: ~Copyable {
    /// What was done so far.
    public private(set) var statistics = RecognitionStatistics()
    /// What the access log said since somebody took it.
    public var accessLog: AccessLogTally {
        get { examiner.accessLog }
        set { examiner.accessLog = newValue }
    }

    private let pseudonym: Pseudonym?
    private var examiner = LineExaminer()
    private var texts: ElementTexts
    /// The batch that lines move to next.
    private var spare: Batch?
    /// What records gain from elsewhere.
    public var enrichment: Enrichment
    /// Records of the last batch that may say who changed something, by their numbers: requests that changed something,
    /// and records of sudo and sshd. At most ``hintLimit``.
    public private(set) var hints: [Int] = []

    /// A record of Headscale's in the last batch, by its number; nil if there was none.
    public private(set) var headscaleRecord: Int?

    /// Hints that are taken from one batch.
    public static let hintLimit = 64

    /// `pseudonym` makes what stands for ids that must not be in a record; without it they are left out.
    public init(enterpriseNumber: UInt32, pseudonym: Pseudonym?, enrichment: consuming Enrichment = Enrichment()) {
        texts = ElementTexts(enterpriseNumber: enterpriseNumber)
        self.pseudonym = pseudonym
        self.enrichment = enrichment
        hints.reserveCapacity(Self.hintLimit)
    }

    /// Recognises the records of `batch`. If there are any of Headscale's, all lines move, in their order: what follows
    /// finds no old ones in between.
    public mutating func recognise(_ batch: inout Batch) {
        hints.removeAll(keepingCapacity: true)
        headscaleRecord = nil
        examiner.context = enrichment.context
        var index = 0
        while index < batch.recordCount {
            let verdict = examine(batch, index)
            if verdict != .other {
                headscaleRecord = index
                return move(&batch, from: index, verdict)
            }
            index += 1
        }
    }

    /// Moves all records to another batch, from the first on that is Headscale's with what they tell; that one was
    /// examined.
    private mutating func move(_ batch: inout Batch, from first: Int, _ verdict: LineExaminer.Verdict) {
        var moved = takeSpare(recordCapacity: batch.recordCapacity)
        for index in 0..<first { moved.append(index, of: batch) }
        write(verdict, batch, first, to: &moved)
        for index in first + 1..<batch.recordCount {
            let verdict = examine(batch, index)
            if verdict == .other {
                moved.append(index, of: batch)
            } else {
                write(verdict, batch, index, to: &moved)
            }
        }
        swap(&batch, &moved)
        moved.removeAll()
        spare = consume moved
    }

    private mutating func takeSpare(recordCapacity: Int) -> Batch {
        if let spare = spare.take(), spare.recordCapacity == recordCapacity { return spare }
        return Batch(recordCapacity: recordCapacity)
    }

    /// Finds out whose record `index` of `batch` is, and what it tells.
    private mutating func examine(_ batch: borrowing Batch, _ index: Int) -> LineExaminer.Verdict {
        let record = batch[index]
        // What a relay has sealed was recognised there.
        guard record.relay == 1, record.split < record.end else { return .other }
        let verdict = examiner.examine(
            batch.bytes.extracting(record.line), split: record.head.count, RecordHead(record.places))
        guard verdict != .other else {
            if examiner.isHint { note(hint: index) }
            return .other
        }
        if examiner.found.isChange { note(hint: index) }
        statistics.note(examiner.found)
        return verdict
    }

    private mutating func write(
        _ verdict: LineExaminer.Verdict, _ batch: borrowing Batch, _ index: Int, to moved: inout Batch
    ) {
        let element = HeadscaleElement(finding: examiner.found, node: examiner.node, pseudonym: pseudonym)
        moved.append(index, of: batch) { bytes, record, out in
            let text = bytes.extracting(record.line)
            return RecognisedLine.write(text, split: record.head.count, into: &out) { out in
                // It is not rewritten while the element is written.
                let read =
                    verdict == .rewritten ? unsafe _overrideLifetime(examiner.rewritten.bytes, copying: text) : text
                element.write(read, examiner.line, examiner.memory, &texts, &enrichment, into: &out)
            }
        }
    }

    private mutating func note(hint index: Int) {
        if hints.count < Self.hintLimit { hints.append(index) }
    }
}
