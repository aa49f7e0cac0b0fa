import Seal
import TransparencyLog

/// Where a stream stands between two records, for who checks it: what a ``SealerState`` says, and goes on from there
/// without a key that signs.
struct StreamState: Equatable {
    /// The tree with all records so far.
    var frontier: CompactRange
    /// The tree at the last seal, that one included.
    private(set) var base: CompactRange
    /// The number of the next seal.
    private(set) var number: UInt64
    /// The leaf hash of the last seal.
    private(set) var previous: Hash?
    /// The time of the last seal.
    private(set) var time: SealTime

    init(_ state: SealerState) {
        (frontier, base) = (state.frontier, state.base)
        (number, previous, time) = (state.number, state.previous, state.time)
    }

    /// Whether `seal`, the next record, follows the last one of this stream, whatever its root is. Behind records that
    /// are gone, there may have been other seals; then the root has to tell.
    func isFollowed(by seal: SealRecord, isBehindGap: Bool) -> Bool {
        guard !isBehindGap else {
            return seal.number >= number && seal.from >= base.size && seal.index == frontier.size && seal.time >= time
        }
        return seal.number == number && seal.from == base.size && seal.frontier == base.hashes
            && seal.previous == previous
            && seal.index == frontier.size && seal.time >= time
    }

    /// Takes in `seal`, whose leaf `frontier` has.
    mutating func commit(_ seal: SealRecord, leaf: Hash) {
        base = frontier
        number = seal.number + 1
        previous = leaf
        time = seal.time
    }
}
