internal import Seal
internal import TransparencyLog

/// The keys that are trusted: the pinned one, and those that notes signed by both tie to it, before and after.
///
/// Each signs the sizes between two notes. What a note says is believed only if a key signed it that is trusted without
/// it, so a chain begins at the pinned key, wherever in the stream's history that is.
struct KeyChain {
    /// Changes of the key that are followed.
    static let linkLimit = 256
    /// Notes about keys unknown so far that wait for one that ties them to the pinned key.
    private static let waitingLimit = 256
    /// Notes whose signatures are checked.
    private static let checkLimit = 4096

    enum Verdict {
        /// It made another key trusted.
        case accepted
        /// It says what is known.
        case known
        /// It is about keys that nothing ties to the pinned one yet.
        case waiting
        /// It is not to be believed, for this reason.
        case refused(String)
    }

    let pinned: LogVerifier
    /// The trusted keys in the order in which they signed; each handed over to the next one by the note with the same
    /// place in ``notes``.
    private(set) var keys: [LogVerifier]
    private(set) var notes: [RekeyNote] = []
    private var waiting: [RekeyNote] = []
    private var checked = 0

    init(_ pinned: LogVerifier) {
        self.pinned = pinned
        keys = [pinned]
    }

    /// The trusted key with this ID.
    func key(_ keyID: UInt32) -> LogVerifier? { keys.first { $0.keyID == keyID } }

    /// The tree sizes that the key at `place` signs.
    func sizes(_ place: Int) -> ClosedRange<UInt64> {
        let first = place == 0 ? 1 : notes[place - 1].size + 1
        return first...max(first, place < notes.count ? notes[place].size : .max)
    }

    /// The tree sizes that the trusted key with this ID signs.
    func sizes(of keyID: UInt32) -> ClosedRange<UInt64>? {
        keys.firstIndex { $0.keyID == keyID }.map(sizes)
    }

    // MARK: - Notes

    /// Takes in a note that was read.
    mutating func admit(_ note: RekeyNote) -> Verdict {
        let verdict = link(note)
        guard case .accepted = verdict else { return verdict }
        // What waits may be tied now, and each that is may tie another.
        var isTied = true
        while isTied {
            let before = waiting
            waiting = []
            isTied = false
            for note in before {
                if case .accepted = link(note) { isTied = true }
            }
        }
        return verdict
    }

    private mutating func link(_ note: RekeyNote) -> Verdict {
        guard !notes.contains(where: { $0.note.text == note.note.text }) else { return .known }
        let (old, new) = (keys.firstIndex(of: note.old), keys.firstIndex(of: note.new))
        guard old != nil || new != nil else {
            if waiting.count < Self.waitingLimit, !waiting.contains(note) { waiting.append(note) }
            return .waiting
        }
        guard checked < Self.checkLimit else { return .refused("there are too many notes like it") }
        checked += 1
        guard note.isSigned else { return .refused("it is not signed by both keys") }
        guard keys.count <= Self.linkLimit else { return .refused("the key was replaced too often") }
        let isLast = old == keys.count - 1 && new == nil && key(note.new.keyID) == nil
        let isFirst = new == 0 && old == nil && key(note.old.keyID) == nil
        if isLast, notes.last.map({ $0.size < note.size }) ?? true {
            keys.append(note.new)
            notes.append(note)
        } else if isFirst, notes.first.map({ note.size < $0.size }) ?? true {
            keys.insert(note.old, at: 0)
            notes.insert(note, at: 0)
        } else {
            return .refused("it contradicts another note by the same keys")
        }
        return .accepted
    }
}
