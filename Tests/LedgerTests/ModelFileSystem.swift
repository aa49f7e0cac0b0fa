import Batch
import Ledger

/// A file system in memory that keeps apart what was written and what is durable, so that a test can pull the plug.
///
/// Names are durable at once, contents only when they were synced. A crash keeps a random prefix of each write that was
/// not synced.
final class ModelFileSystem: FileSystem {
    struct Node {
        var durable: [UInt8] = []
        var pending: [(offset: Int, bytes: [UInt8])] = []

        /// What a reader sees now.
        var current: [UInt8] {
            var bytes = durable
            for write in pending { Node.apply(write.bytes[...], at: write.offset, to: &bytes) }
            return bytes
        }

        static func apply(_ new: ArraySlice<UInt8>, at offset: Int, to bytes: inout [UInt8]) {
            if bytes.count < offset + new.count {
                bytes += [UInt8](repeating: 0, count: offset + new.count - bytes.count)
            }
            bytes.replaceSubrange(offset..<offset + new.count, with: new)
        }
    }

    struct State {
        var nodes: [Int: Node] = [:]
        var names: [String: Int] = [:]
        var nextNode = 0
        var calls = 0
        /// The call that fails, counted from 0.
        var failingCall: Int?
    }

    let state = Monitor(State())

    /// What the disk holds after the power went: of each write that was not synced, the first `kept(length)` bytes.
    func crashed(keeping kept: (Int) -> Int) -> ModelFileSystem {
        let after = ModelFileSystem()
        state.withLock { before in
            after.state.withLock { new in
                new.names = before.names
                new.nextNode = before.nextNode
                for (number, node) in before.nodes {
                    var durable = node.durable
                    for write in node.pending {
                        Node.apply(write.bytes.prefix(kept(write.bytes.count)), at: write.offset, to: &durable)
                    }
                    new.nodes[number] = Node(durable: durable)
                }
            }
        }
        return after
    }

    func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.names[path].flatMap { state.nodes[$0]?.current } }
    }

    fileprivate func call<Result>(
        _ operation: String, _ path: String, _ body: (inout State) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        try state.withLock { (state) throws(FileError) in
            defer { state.calls += 1 }
            guard state.calls != state.failingCall else { throw FileError(operation, path, code: 5) }
            return try body(&state)
        }
    }

    // MARK: FileSystem

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        try call("open", path) { (state) throws(FileError) in
            if let node = state.names[path] {
                guard mode != .create else { throw FileError("open", path, code: 17) }
                return ModelFile(self, path, node)
            }
            guard mode == .create || mode == .updateOrCreate else { throw FileError("open", path, code: 2) }
            state.names[path] = state.nextNode
            state.nodes[state.nextNode] = Node()
            state.nextNode += 1
            return ModelFile(self, path, state.nextNode - 1)
        }
    }

    func list(_ directory: String) throws(FileError) -> [String] {
        try call("list", directory) { state in
            state.names.keys.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(directory.count + 1)) }
                .filter { !$0.contains("/") }.sorted()
        }
    }

    func makeDirectory(_ path: String) throws(FileError) {}
    func exists(_ path: String) -> Bool { state.withLock { $0.names[path] != nil } }

    func rename(_ path: String, to new: String) throws(FileError) {
        try call("rename", path) { (state) throws(FileError) in
            guard let node = state.names.removeValue(forKey: path) else { throw FileError("rename", path, code: 2) }
            state.names[new] = node
        }
    }

    func remove(_ path: String) throws(FileError) {
        try call("remove", path) { state in state.names[path] = nil }
    }

    func syncDirectory(_ directory: String) throws(FileError) {
        try call("sync directory", directory) { _ in }
    }
}

private final class ModelFile: File {
    private let system: ModelFileSystem
    private let path: String
    private let node: Int

    init(_ system: ModelFileSystem, _ path: String, _ node: Int) {
        self.system = system
        self.path = path
        self.node = node
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(FileError) -> Int {
        let bytes = try system.call("read", path) { $0.nodes[node]?.current ?? [] }
        let available = bytes.dropFirst(Int(offset)).prefix(buffer.count)
        unsafe buffer.copyBytes(from: available)
        return available.count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(FileError) {
        let copy = unsafe Array(bytes)
        try system.call("write", path) { $0.nodes[node]?.pending.append((Int(offset), copy)) }
    }

    func sync() throws(FileError) {
        try system.call("sync", path) { state in
            guard let current = state.nodes[node]?.current else { return }
            state.nodes[node] = ModelFileSystem.Node(durable: current)
        }
    }

    func reserve(_ size: UInt64) throws(FileError) {
        try system.call("reserve", path) { _ in }
    }

    func truncate(to size: UInt64) throws(FileError) {
        try system.call("truncate", path) { state in
            let current = state.nodes[node]?.current ?? []
            state.nodes[node]?.durable = Array(current.prefix(Int(size)))
            state.nodes[node]?.pending = []
        }
    }

    func size() throws(FileError) -> UInt64 {
        try system.call("size", path) { UInt64($0.nodes[node]?.current.count ?? 0) }
    }

    func lock() throws(FileError) -> Bool { true }
}
