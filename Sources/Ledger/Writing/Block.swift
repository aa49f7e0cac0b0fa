import Batch
import Seal
import TransparencyLog

/// The memory of one block: filled by the ``BlockBuilder``, written to the segment, and kept until it is durable, so that
/// it can be written again elsewhere. Then it is filled anew.
@safe
final class Block {
    /// Header and payload, and room for the longest.
    let memory: UnsafeMutableRawBufferPointer
    /// Bytes of header and payload, once it is finished.
    var length = 0
    /// The hashes of its records' leaves.
    var leaves: [Hash] = []
    /// Index behind its last record.
    var nextIndex: UInt64 = 0

    init() {
        unsafe memory = .allocate(byteCount: BlockHeader.size + BlockHeader.payloadLimit, alignment: 64)
        leaves.reserveCapacity(BlockBuilder.recordLimit)
    }

    deinit { unsafe memory.deallocate() }

    /// Header and payload.
    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<length]) }
}

/// The blocks that are written and not yet known to be durable, and where the stream stood before the first of them.
///
/// Whatever happens to the file they were written to, these and ``base`` are enough to write them once more to another.
struct UnsyncedBlocks: ~Copyable {
    /// Blocks at most, 16 MiB of memory; the writer waits for a sync when it has so many.
    static let limit = 32

    /// The stream's state at the last record known to be durable.
    private(set) var base: SealerState
    private(set) var blocks: [Block] = []
    /// Where the stream stood at each sync that was asked for, in order.
    private var requested: [SealerState] = []
    private var spare: [Block] = []

    init(_ base: SealerState) { self.base = base }

    var isFull: Bool { blocks.count >= Self.limit }

    mutating func append(_ block: Block) { blocks.append(block) }

    /// Notes that a sync was asked for with the stream at `state`.
    mutating func noteRequest(_ state: SealerState) {
        if requested.last?.frontier.size != state.frontier.size { requested.append(state) }
    }

    /// Lets go of everything before `index`, which is durable: one of those at which a sync was asked for.
    mutating func release(upTo index: UInt64) {
        guard index > base.frontier.size else { return }
        let synced = requested.prefix { $0.frontier.size <= index }
        guard let newest = synced.last else { preconditionFailure("a sync was asked for before the horizon moved") }
        base = newest
        requested.removeFirst(synced.count)
        let done = blocks.prefix { $0.nextIndex <= index }.count
        spare += blocks[..<done]
        blocks.removeFirst(done)
    }

    /// A block to fill.
    mutating func takeEmpty() -> Block { spare.popLast() ?? Block() }
}
