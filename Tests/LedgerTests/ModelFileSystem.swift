import Batch
import Ledger
import OpenSSL

/// A file system in memory that keeps apart what programs see and what is on the disk, so that a test can pull the plug,
/// and that fails whichever call a test wants.
///
/// On the disk is the contents of a file as of its last sync, and the names in a directory as of its last sync. Of what
/// came after, a power failure keeps what it likes: each write whole, in part or not at all, and a first part of the
/// changes of names, which a journal keeps in order.
final class ModelFileSystem: FileSystem {
    /// One change of a file's contents.
    enum Change {
        case write(Int, [UInt8])
        case truncate(Int)

        func apply(to bytes: inout [UInt8]) {
            switch self {
            case .write(let offset, let new):
                bytes += [UInt8](repeating: 0, count: max(0, offset + new.count - bytes.count))
                bytes.replaceSubrange(offset..<offset + new.count, with: new)
            case .truncate(let size):
                bytes += [UInt8](repeating: 0, count: max(0, size - bytes.count))
                bytes.removeLast(bytes.count - size)
            }
        }
    }

    struct Node {
        var current: [UInt8] = []
        var durable: [UInt8] = []
        var unsynced: [Change] = []
        var isLocked = false
        /// A sync has failed: the pages are gone from memory, and later syncs prove nothing (fsyncgate).
        var isPoisoned = false

        mutating func change(_ change: Change) {
            change.apply(to: &current)
            unsynced.append(change)
        }

        mutating func sync() {
            guard !isPoisoned else { return }
            durable = current
            unsynced = []
        }
    }

    /// One change of the names in a directory; nil for a name that went. A rename is one change of two names.
    struct Naming {
        let directory: String
        let names: [String: Int?]
    }

    struct State {
        var nodes: [Node] = []
        /// All paths, of directories too, whose number is -1.
        var names: [String: Int] = ["/": -1]
        var durableNames: [String: Int] = ["/": -1]
        var unsynced: [Naming] = []
        /// Calls made so far.
        var calls = 0
        /// The calls that fail, counted from 0.
        var failingCalls: Range<Int> = 0..<0
        /// Files that are open.
        var openFiles = 0
        /// The names of the calls made.
        var trace: [String] = []
    }

    let state: Monitor<State>

    init() { state = Monitor(State()) }

    private init(_ new: State) { state = Monitor(new) }

    // MARK: - What a test does

    /// Fails `calls`, counted from now.
    func fail(_ calls: Range<Int>) {
        state.withLock { $0.failingCalls = $0.calls + calls.lowerBound..<$0.calls &+ min(calls.upperBound, 1 << 40) }
    }

    /// Files that are open.
    var openFileCount: Int { state.withLock { $0.openFiles } }

    var callCount: Int { state.withLock { $0.calls } }

    /// What the machine finds after a power failure. Of what was not synced, that is kept which `random` likes.
    func crashed(_ random: inout some RandomNumberGenerator) -> ModelFileSystem {
        let before = state.withLock { ($0.nodes, $0.durableNames, $0.unsynced) }
        var after = State()
        after.names = before.1
        for change in before.2.prefix(Int.random(in: 0...before.2.count, using: &random)) {
            Self.apply(change, to: &after.names)
        }
        after.nodes = before.0.map { node in
            var kept = node.durable
            let mood = Int.random(in: 0..<4, using: &random)
            for change in node.unsynced { Self.survive(change, mood, &random).map { $0.apply(to: &kept) } }
            return Node(current: kept, durable: kept)
        }
        Self.forgetOrphans(&after)
        after.durableNames = after.names
        return ModelFileSystem(after)
    }

    /// What the machine finds when nothing survived that was not synced.
    func crashed() -> ModelFileSystem {
        let (nodes, names) = state.withLock { ($0.nodes, $0.durableNames) }
        var after = State()
        after.names = names
        after.nodes = nodes.map { Node(current: $0.durable, durable: $0.durable) }
        Self.forgetOrphans(&after)
        after.durableNames = after.names
        return ModelFileSystem(after)
    }

    private static func survive(
        _ change: Change, _ mood: Int, _ random: inout some RandomNumberGenerator
    ) -> Change? {
        guard mood > 0 else { return nil }
        guard mood > 1 else { return change }
        switch (change, Int.random(in: 0..<3, using: &random)) {
        case (_, 0): return nil
        case (.write(let offset, let bytes), 1):
            return .write(offset, Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
        default: return change
        }
    }

    /// What lies in a directory goes with it.
    private static func forgetOrphans(_ state: inout State) {
        while let orphan = state.names.keys.first(where: { $0 != "/" && state.names[parent(of: $0)] == nil }) {
            state.names[orphan] = nil
        }
    }

    private static func apply(_ change: Naming, to names: inout [String: Int]) {
        for (name, node) in change.names { names[name] = node }
    }

    static func parent(of path: String) -> String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.names[path].map { state.nodes[$0].current } }
    }

    /// Changes a file behind everybody's back.
    func damage(_ path: String, _ body: (inout [UInt8]) -> Void) {
        state.withLock { state in
            guard let node = state.names[path] else { return }
            body(&state.nodes[node].current)
            state.nodes[node].sync()
        }
    }

    // MARK: - FileSystem

    fileprivate func call<Result>(
        _ operation: String, _ path: String, _ body: (inout State) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        try state.withLock { (state) throws(FileError) in
            defer { state.calls += 1 }
            state.trace.append("\(operation) \(path)")
            guard !state.failingCalls.contains(state.calls) else { throw FileError(operation, path, code: 5) }
            return try body(&state)
        }
    }

    private static func rename(_ state: inout State, _ path: String, _ names: [String: Int?]) {
        let change = Naming(directory: parent(of: path), names: names)
        apply(change, to: &state.names)
        state.unsynced.append(change)
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        try call("open", path) { (state) throws(FileError) in
            if let node = state.names[path] {
                guard mode != .create, node >= 0 else { throw FileError("open", path, code: 17) }
                state.openFiles += 1
                return ModelFile(self, path, node)
            }
            guard mode == .create || mode == .updateOrCreate, state.names[Self.parent(of: path)] == -1 else {
                throw FileError("open", path, code: 2)
            }
            state.nodes.append(Node())
            Self.rename(&state, path, [path: state.nodes.count - 1])
            state.openFiles += 1
            return ModelFile(self, path, state.nodes.count - 1)
        }
    }

    func list(_ directory: String) throws(FileError) -> [String] {
        try call("list", directory) { (state) throws(FileError) in
            guard state.names[directory] == -1 else { throw FileError("list", directory, code: 2) }
            return state.names.keys.filter { $0 != "/" && Self.parent(of: $0) == directory }
                .map { String($0.dropFirst(directory.count + 1)) }.sorted()
        }
    }

    func makeDirectory(_ path: String) throws(FileError) {
        try call("make directory", path) { (state) throws(FileError) in
            guard state.names[Self.parent(of: path)] == -1 else { throw FileError("make directory", path, code: 2) }
            if state.names[path] == nil { Self.rename(&state, path, [path: -1]) }
        }
    }

    func exists(_ path: String) -> Bool { state.withLock { $0.names[path] != nil } }

    func rename(_ path: String, to new: String) throws(FileError) {
        try call("rename", path) { (state) throws(FileError) in
            guard let node = state.names[path] else { throw FileError("rename", path, code: 2) }
            Self.rename(&state, path, [path: nil, new: node])
        }
    }

    func remove(_ path: String) throws(FileError) {
        try call("remove", path) { (state) throws(FileError) in
            guard state.names[path] != nil else { throw FileError("remove", path, code: 2) }
            Self.rename(&state, path, [path: nil])
        }
    }

    func syncDirectory(_ directory: String) throws(FileError) {
        try call("sync directory", directory) { state in
            for change in state.unsynced where change.directory == directory {
                Self.apply(change, to: &state.durableNames)
            }
            state.unsynced.removeAll { $0.directory == directory }
        }
    }

    func replaceSecret(_ path: String, _ secret: SecretBytes) throws(FileError) {
        try call("replace secret", path) { state in
            var node = Node(current: unsafe secret.bytes.withUnsafeBytes { unsafe Array($0) })
            node.sync()
            state.nodes.append(node)
            Self.rename(&state, path, [path: state.nodes.count - 1])
            for change in state.unsynced where change.names.keys.contains(path) {
                Self.apply(change, to: &state.durableNames)
            }
            state.unsynced.removeAll { $0.names.keys.contains(path) }
        }
    }
}

private final class ModelFile: File {
    private let system: ModelFileSystem
    private let path: String
    private let node: Int
    private let holdsLock = Monitor(false)

    init(_ system: ModelFileSystem, _ path: String, _ node: Int) {
        self.system = system
        self.path = path
        self.node = node
    }

    deinit {
        let (node, heldLock) = (node, holdsLock.withLock { $0 })
        system.state.withLock { state in
            state.openFiles -= 1
            if heldLock { state.nodes[node].isLocked = false }
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        let count = buffer.count
        let bytes = try system.call("read", path) { $0.nodes[node].current.dropFirst(Int(offset)).prefix(count) }
        unsafe buffer.copyBytes(from: bytes)
        return bytes.count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
        let copy = unsafe Array(bytes)
        try system.call("write", path) { $0.nodes[node].change(.write(Int(offset), copy)) }
    }

    func sync() throws(FileError) {
        do throws(FileError) {
            try system.call("sync", path) { $0.nodes[node].sync() }
        } catch {
            system.state.withLock { $0.nodes[node].isPoisoned = true }
            throw error
        }
    }

    func reserve(_ size: UInt64) throws(FileError) {
        try system.call("reserve", path) { _ in }
    }

    func truncate(to size: UInt64) throws(FileError) {
        try system.call("truncate", path) { $0.nodes[node].change(.truncate(Int(size))) }
    }

    func size() throws(FileError) -> UInt64 {
        try system.call("size", path) { UInt64($0.nodes[node].current.count) }
    }

    func lock() throws(FileError) -> Bool {
        let isMine = holdsLock.withLock { $0 }
        let granted = try system.call("lock", path) { state in
            defer { state.nodes[node].isLocked = true }
            return isMine || !state.nodes[node].isLocked
        }
        if granted { holdsLock.withLock { $0 = true } }
        return granted
    }
}
