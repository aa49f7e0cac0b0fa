import Seal

/// Where the stream stood a short while ago, kept apart from the records: all a start needs to go on in the same tree when
/// records that were durable cannot be read any more.
///
/// Without it, a segment that is gone, was damaged or comes from an old copy would look like a shorter log, and its
/// indexes would be given a second time. Used by one thread at a time: at the start, then by the syncer's, and by the
/// writer's while that one rests.
final class DurableMark: @unchecked Sendable {
    private static let magic: UInt64 = 0x3145_5441_5453_5857  // "WXSTATE1"
    private static let slotSize = 8192

    private let layout: Layout
    private let system: any FileSystem
    private var slots: SlotFile
    /// The stream at the last record known to be durable; nil for a new ledger, or when neither slot can be read.
    private(set) var state: SealerState?

    /// Opens the ledger's mark, or makes a new one.
    init(_ layout: Layout, _ system: any FileSystem) throws(FileError) {
        self.layout = layout
        self.system = system
        let isNew = !system.exists(layout.durable)
        slots = try Self.open(layout.durable, system)
        if isNew { try system.syncDirectory(layout.directory) }
        state = slots.value.flatMap(Self.state)
    }

    private static func state(_ value: [UInt8]) -> SealerState? {
        try? SealerState(decoding: unsafe value.span.bytes)
    }

    /// Index behind the last record known to be durable.
    var nextIndex: UInt64 { state?.frontier.size ?? 0 }

    /// What the mark says for who only reads, while somebody else may be storing it; 0 if it says nothing.
    static func nextIndex(_ layout: Layout, _ system: any FileSystem) throws(FileError) -> UInt64 {
        guard system.exists(layout.durable) else { return 0 }
        let file = try system.open(layout.durable, .read)
        let newest = try SlotFile.newest(in: file, magic: magic, slotSize: slotSize)
        return newest.flatMap { state($0.value) }?.frontier.size ?? 0
    }

    /// Stores a new state, durably.
    func store(_ new: SealerState) throws(FileError) {
        guard new != state else { return }
        try slots.store(new.encoded())
        state = new
    }

    /// Puts a new file in the place of this one, after a call on it may have failed: a file whose sync has failed once
    /// is not to be trusted again.
    func replace() throws(FileError) {
        let temporary = layout.durable + ".new"
        if system.exists(temporary) { try system.remove(temporary) }
        var new = try Self.open(temporary, system)
        if let state { try new.store(state.encoded()) }
        try system.rename(temporary, to: layout.durable)
        try system.syncDirectory(layout.directory)
        slots = new
    }

    private static func open(_ path: String, _ system: any FileSystem) throws(FileError) -> SlotFile {
        try SlotFile(path, magic: magic, slotSize: slotSize, system)
    }
}
