import Batch
import Glibc
public import Seal
import Synchronization

/// Checks a ledger as it lies on the disk, whether a relay runs on it or not: every segment, and that they make one
/// stream. Several threads share the work.
public struct LedgerCheck: Sendable {
    /// What a ledger proves, worst first; the raw value is the exit code.
    public enum Outcome: Int32, Sendable {
        case complete = 0
        case tampered = 1
        case incomplete = 2
        case unverifiable = 3
    }

    /// What was found.
    public struct Report: Sendable {
        public internal(set) var findings: [LedgerFinding] = []
        public internal(set) var segments = 0
        /// From the first record that is there to the last.
        public internal(set) var indexes: Range<UInt64> = 0..<0
        public internal(set) var records: UInt64 = 0
        public internal(set) var seals: UInt64 = 0
        /// Seals that one of the known keys has signed.
        public internal(set) var signedSeals: UInt64 = 0
        /// Bytes of the segments, uncompressed.
        public internal(set) var bytes: UInt64 = 0
        /// Records that were deleted on purpose.
        public internal(set) var deleted: [Range<UInt64>] = []
        /// Records at the end that have no seal yet.
        public internal(set) var unsealed: UInt64 = 0

        public var outcome: Outcome {
            if findings.contains(where: { $0.kind == .tampered }) { return .tampered }
            if signedSeals == 0 { return .unverifiable }
            return findings.isEmpty ? .complete : .incomplete
        }
    }

    private let archive: LedgerArchive
    private let verifiers: [LogVerifier]

    /// A check of `archive` against the keys in `verifiers`.
    public init(_ archive: LedgerArchive, _ verifiers: [LogVerifier]) {
        self.archive = archive
        self.verifiers = verifiers
    }

    /// Does it, with so many threads.
    public func run(threads: Int) throws -> Report {
        let (layout, system) = (archive.layout, archive.system)
        let firsts = try layout.segmentIndexes(system)
        let leaves = Dictionary(
            try LeafFile.all(layout, system).map { ($0.firstIndex, $0) }, uniquingKeysWith: { first, _ in first })
        let results = try audit(firsts, leaves, threads)
        let deleted = try DeletedRecords(layout, system)
        var report = Report()
        report.segments = firsts.count
        report.deleted = deleted.text.all
        for result in results.compactMap({ $0 }) {
            report.records += result.records
            report.seals += result.seals
            report.signedSeals += result.signedSeals
            report.bytes += result.bytes
            report.findings += result.findings.filter { !Self.isDeliberate($0, deleted) }
        }
        if let first = firsts.first { report.indexes = first..<(results.last??.end ?? first) }
        report.unsealed = results.last??.unsealed ?? 0
        report.findings += joints(firsts, results)
        report.findings += try beginning(firsts.first ?? 0, deleted)
        return report
    }

    /// A segment that was deleted on purpose is no damage, even if it was between two that are held.
    private static func isDeliberate(_ finding: LedgerFinding, _ deleted: DeletedRecords) -> Bool {
        finding.kind == .damaged && finding.indexes.map { deleted.text.contains($0) } ?? false
    }

    // MARK: - Segments

    /// What the audit of each segment found; nil for one that was deleted meanwhile.
    private func audit(
        _ firsts: [UInt64], _ leaves: [UInt64: LeafFile], _ threads: Int
    ) throws -> [SegmentAudit.Result?] {
        let next = Atomic<Int>(0)
        let results = Mutex<[SegmentAudit.Result?]>(Array(repeating: nil, count: firsts.count))
        let failure = Mutex<(any Error)?>(nil)
        let (layout, system, verifiers) = (archive.layout, archive.system, verifiers)
        let work: @Sendable () -> Void = {
            do {
                var audit = try SegmentAudit(layout, system, verifiers)
                while true {
                    let number = next.add(1, ordering: .relaxed).oldValue
                    guard number < firsts.count else { return }
                    let first = firsts[number]
                    let end = number + 1 < firsts.count ? firsts[number + 1] : nil
                    do {
                        let result = try audit.run(first, end: end, leaves: leaves[first])
                        results.withLock { $0[number] = result }
                    } catch let error as FileError where error.code == ENOENT {
                        continue
                    }
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        let workers = (0..<max(1, min(threads, firsts.count))).map { _ in Worker(work) }
        for worker in workers { worker.join() }
        if let error = failure.withLock({ $0 }) { throw error }
        return results.withLock { $0 }
    }

    /// Where one segment ends, the stream stands as the next one's header says.
    private func joints(_ firsts: [UInt64], _ results: [SegmentAudit.Result?]) -> [LedgerFinding] {
        zip(results, results.dropFirst()).enumerated().compactMap { number, pair in
            guard let last = pair.0?.last, let first = pair.1?.first, last.frontier.size == first.frontier.size,
                last.frontier != first.frontier || last.base != first.base || last.number != first.number
                    || last.previous != first.previous
            else { return nil }
            return LedgerFinding(
                .tampered, archive.layout.segment(firsts[number + 1]), nil,
                "it does not go on where the segment before it ends")
        }
    }

    /// What is not there any more has been deleted on purpose, and its leaf hashes are there, or deleted as well.
    private func beginning(_ oldest: UInt64, _ deleted: DeletedRecords) throws -> [LedgerFinding] {
        let (layout, system) = (archive.layout, archive.system)
        var hashes = deleted.hashes
        for file in try LeafFile.all(layout, system) where file.deletedAt != nil {
            let size = try system.open(file.path(layout), .read).size()
            hashes.insert(file.firstIndex..<file.firstIndex + size / 32)
        }
        return deleted.text.missing(from: 0..<oldest).map {
            LedgerFinding(.damaged, layout.segments, $0, "gone, and not deleted on purpose")
        }
            + deleted.text.all.flatMap { hashes.missing(from: $0) }.filter { $0.upperBound <= oldest }.map {
                LedgerFinding(.damaged, layout.segments, $0, "their leaf hashes are gone")
            }
    }
}
