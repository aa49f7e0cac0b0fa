public import Seal

/// What verification found.
public struct VerifyReport: Sendable {
    // MARK: - Parts

    /// One of the inputs.
    public struct Source: Hashable, Sendable {
        public let name: String
        /// Its format, or nil if it is empty or could not be read.
        public var format: ExportFormat?
        public var compression: ExportCompression?
    }

    /// A place or a file that could not be read.
    public struct Unreadable: Hashable, Sendable {
        public let file: Int
        public let position: SourcePosition?
        public let reason: String
    }

    /// A place where an input begins or ends in the middle of something.
    public struct Cut: Hashable, Sendable {
        public let position: SourcePosition
        public let kind: ExportCut
    }

    /// Records, and where they are.
    public struct Stretch: Equatable, Sendable {
        public internal(set) var count: UInt64 = 0
        public internal(set) var ranges = Listing<Range<UInt64>>()

        mutating func add(_ range: Range<UInt64>) {
            guard !range.isEmpty else { return }
            count += UInt64(range.count)
            ranges.append(range)
        }
    }

    /// What the MACs of the verified seals were worth.
    public struct CodeResult: Equatable, Sendable {
        public internal(set) var valid: UInt64 = 0
        /// The numbers of the seals whose MAC is wrong.
        public internal(set) var invalid = Listing<UInt64>()
        /// Seals without a MAC.
        public internal(set) var absent: UInt64 = 0
        /// Seals too far apart to reach with the ratchet.
        public internal(set) var unchecked: UInt64 = 0
    }

    /// The newest verified seal.
    public struct NewestSeal: Hashable, Sendable {
        public let number: UInt64
        public let size: UInt64
        public let time: SealTime
        /// Milliseconds from ``time`` to when it was verified; negative if the seal is dated in the future.
        public let age: Int64
    }

    /// A trusted key, and what it signed of the export.
    public struct KeyUse: Hashable, Sendable {
        /// The key, in vkey form.
        public let key: String
        public let keyID: UInt32
        /// Whether the caller pinned it; others are trusted because of notes in the export.
        public let isPinned: Bool
        /// From the first record that it sealed to the last, nil if there is none.
        public let records: Range<UInt64>?
        /// Verified seals signed by it.
        public let seals: UInt64
        /// The index of the record whose note replaced it, nil if none did.
        public let replacedAt: UInt64?
    }

    /// How the export relates to the head that was given.
    public enum HeadResult: Hashable, Sendable {
        /// It reaches the head's size and has its root there.
        case agrees(size: UInt64)
        /// It is not verified up to the head's size.
        case notReached(size: UInt64)
        /// It has another root at that size.
        case differs(size: UInt64)

        public var size: UInt64 {
            switch self {
            case .agrees(let size), .notReached(let size), .differs(let size): size
            }
        }
    }

    // MARK: - Findings

    /// The pinned key's origin, and the key.
    public internal(set) var origin = ""
    public internal(set) var key = ""
    public internal(set) var sources: [Source] = []
    /// Whether the export was to be proved as a part, without completeness.
    public internal(set) var isSubset = false

    /// Records that are proved to be what was sealed, seals among them.
    public internal(set) var verifiedRecords: UInt64 = 0
    /// Batches that matched their own seal.
    public internal(set) var verifiedBatches: UInt64 = 0
    /// Batches whose seal is missing or damaged, proved by the seals around it.
    public internal(set) var bridgedBatches: UInt64 = 0
    /// The verified stretches of the stream. A bridged one may contain indexes that are ``missing``.
    public internal(set) var verifiedRanges = Listing<Range<UInt64>>()

    public internal(set) var tampered = Listing<Finding>()
    public internal(set) var conflicts = Listing<Conflict>()
    /// Records that the signed sizes, or records behind them, show to exist and that are not there.
    public internal(set) var missing = Stretch()
    /// Records that are there, below the newest signed size, and can be neither proved nor disproved.
    public internal(set) var unverified = Stretch()
    /// Records behind the newest signed size.
    public internal(set) var unsealedTail = Stretch()
    /// Records read more than once, byte for byte the same.
    public internal(set) var duplicates: UInt64 = 0
    /// Repeated records too far from the first for the two to be compared in one reading.
    public internal(set) var unresolved: UInt64 = 0
    /// Lines of other streams or of none.
    public internal(set) var foreign = Listing<SourcePosition>()

    /// The sum of the records that the verified seals say were lost before they got an index.
    public internal(set) var dropped: UInt64 = 0
    /// Verified seals dated before the one in front of them.
    public internal(set) var clockSteps: UInt64 = 0
    /// The trusted keys, in the order in which they signed.
    public internal(set) var keys: [KeyUse] = []
    /// Seals signed by a key that is not trusted, by key ID.
    public internal(set) var unknownKeys = Tally<UInt32>()
    /// Nil without a MAC key.
    public internal(set) var codes: CodeResult?
    public internal(set) var newestSeal: NewestSeal?
    /// The time the export was to reach, if one was given.
    public internal(set) var until: SealTime?
    /// Whether the newest seal is older by more than the lag allowed than ``until``, or than the present if there is a
    /// tail without a seal.
    public internal(set) var isStale = false
    var hasUnsealedTail: Bool { unsealedTail.count > 0 }
    /// Nil without a head.
    public internal(set) var head: HeadResult?
    public internal(set) var unreadable = Listing<Unreadable>()
    public internal(set) var cuts = Listing<Cut>()
    /// Whether one of the ``cuts`` is more than a block of a ledger that is being written, or was when it stopped.
    public internal(set) var isCut = false
    /// Why the verified records could not all be written, if they could not.
    public internal(set) var outputFailure: String?
    /// What else the caller should know, a sentence each.
    public internal(set) var notes: [String] = []

    public init() {}

    // MARK: - Result

    public enum Outcome: Int32, Hashable, Sendable {
        /// Every record from the start is there and what was sealed.
        case complete = 0
        /// Something was changed, added or rewritten.
        case tampered = 1
        /// Something is missing, or the export ends too early.
        case incomplete = 2
        /// There is nothing to verify with, or not all could be read.
        case unverifiable = 3

        /// The exit code of the command.
        public var exitCode: Int32 { rawValue }
    }

    /// The worst that holds, in the order tampered, incomplete, unverifiable.
    public var outcome: Outcome {
        if !tampered.isEmpty || !conflicts.isEmpty || codes.map({ !$0.invalid.isEmpty }) == true { return .tampered }
        if case .differs = head { return .tampered }
        if !isSubset, missing.count > 0 || unverified.count > 0 { return .incomplete }
        if isStale || isCut && verifiedRecords > 0 { return .incomplete }
        if case .notReached = head, !isSubset { return .incomplete }
        if verifiedRecords == 0 || !unknownKeys.isEmpty || !unreadable.isEmpty || unresolved > 0 || outputFailure != nil
        {
            return .unverifiable
        }
        if isSubset, unverified.count > 0 || unsealedTail.count > 0 { return .unverifiable }
        if let codes, codes.absent > 0 || codes.unchecked > 0 { return .unverifiable }
        return .complete
    }
}
