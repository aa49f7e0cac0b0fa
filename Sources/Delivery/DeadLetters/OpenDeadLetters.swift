public import Ledger

/// The dead letters that are neither resent nor dropped, found by reading their ledger from its beginning.
public struct OpenDeadLetters {
    /// Dead letters kept in mind at most; there may be more in the ledger.
    public static let countLimit = 1_000_000

    private let layout: Layout
    /// Where each open letter is in the dead letters' ledger: the last time it was stored.
    private var places: [DeadLetter.Key: UInt64] = [:]
    /// Whether there were more than ``countLimit``.
    public private(set) var isCut = false
    /// Records of the dead letters' ledger that are damaged: letters may be among them.
    public private(set) var damaged: UInt64 = 0

    /// Reads the ledger of the dead letters in `layout`; there may be none yet. Only what `includes` wants counts.
    public init(_ layout: Layout, where includes: (DeadLetter.Key) -> Bool = { _ in true }) throws {
        self.layout = layout
        guard DiskFileSystem().exists(layout.segments) else { return }
        var (places, isCut) = ([DeadLetter.Key: UInt64](), false)
        damaged = try StoredRecords(layout).visit { place, line in
            guard let (letter, _) = DeadLetter.parse(line), includes(letter.key) else { return true }
            if letter.kind != .stored {
                places[letter.key] = nil
            } else if places.count < Self.countLimit || places[letter.key] != nil {
                places[letter.key] = place
            } else {
                isCut = true
            }
            return true
        }
        self.places = places
        self.isCut = isCut
    }

    public var count: Int { places.count }

    /// What they are about, by destination and index.
    public var keys: [DeadLetter.Key] {
        places.keys.sorted { ($0.destination, $0.index) < ($1.destination, $1.index) }
    }

    /// Calls `body` with each open letter and its original line, in the order in which they were stored.
    public func visit(_ body: (DeadLetter, _ original: [UInt8]) throws -> Void) throws {
        guard !places.isEmpty else { return }
        var left = places.count
        try StoredRecords(layout).visit { place, line in
            guard let (letter, original) = DeadLetter.parse(line), places[letter.key] == place else { return true }
            try body(letter, original.map { line.byte($0) })
            left -= 1
            return left > 0
        }
    }
}
