/// The holds on a ledger: files in its folder `holds`, made and removed by `waxwing ledger hold`, whether a relay runs or
/// not.
///
///     lock             held while holds are changed, and while the relay deletes
///     NAME.hold        a hold
///     NAME.sealed      exists once the relay has sealed that NAME was added
///     NAME.released    a hold that is none any more, until the relay has sealed that
public struct Holds: Sendable {
    /// Holds there may be at one time.
    public static let limit = 1000

    private let layout: Layout
    private let system: any FileSystem

    public init(_ layout: Layout, system: any FileSystem = DiskFileSystem()) {
        self.layout = layout
        self.system = system
    }

    /// Why a hold was not added or released.
    public enum Refusal: Error, Equatable, CustomStringConvertible {
        case exists(String)
        case unknown(String)
        case tooMany

        public var description: String {
            switch self {
            case .exists(let name): "there is a hold \(name) already: choose another name, or release that one"
            case .unknown(let name): "there is no hold \(name)"
            case .tooMany: "there are \(Holds.limit) holds already: release those that are not needed any more"
            }
        }
    }

    /// Runs `body` while nobody else changes holds or deletes what is not held. Returns nil if somebody does now.
    public func locked<Result>(_ body: () throws -> Result) throws -> Result? {
        if !system.exists(layout.holds) {
            try system.makeDirectory(layout.holds)
            try system.syncDirectory(layout.directory)
        }
        let lock = try system.open("\(layout.holds)/lock", .updateOrCreate)
        guard try lock.lock() else { return nil }
        return try body()
    }

    /// All holds, in the order of their names.
    public func all() throws(FileError) -> [Hold] { try holds(".hold") }

    /// Adds `hold`, durably. To be called locked.
    public func add(_ hold: Hold) throws {
        guard !system.exists(path(hold.name, ".hold")) else { throw Refusal.exists(hold.name) }
        guard try all().count < Self.limit else { throw Refusal.tooMany }
        try SmallFile.replace(path(hold.name, ".hold"), in: layout.holds, by: hold.lines, system)
    }

    /// Releases the hold called `name`, durably. To be called locked.
    public func release(_ name: String) throws {
        guard system.exists(path(name, ".hold")) else { throw Refusal.unknown(name) }
        try system.rename(path(name, ".hold"), to: path(name, ".released"))
        try system.syncDirectory(layout.holds)
    }

    // MARK: - For the keeper

    /// What happened to holds and is not sealed yet.
    func unsealed() throws(FileError) -> [(hold: Hold, event: Hold.Event)] {
        let added = try all().filter { !system.exists(path($0.name, ".sealed")) }
        let released = try holds(".released")
        return released.map { ($0, .released) } + added.map { ($0, .added) }
    }

    /// Notes that `event` has been sealed.
    func noteSealed(_ hold: Hold, _ event: Hold.Event) throws(FileError) {
        switch event {
        case .added:
            // It may have been released meanwhile; that is still to be sealed then.
            _ = try system.open(path(hold.name, ".sealed"), .updateOrCreate)
        case .released:
            for suffix in [".sealed", ".released"] where system.exists(path(hold.name, suffix)) {
                try system.remove(path(hold.name, suffix))
            }
        }
        try system.syncDirectory(layout.holds)
    }

    private func holds(_ suffix: String) throws(FileError) -> [Hold] {
        guard system.exists(layout.holds) else { return [] }
        var holds: [Hold] = []
        for file in try system.list(layout.holds) where file.hasSuffix(suffix) {
            let name = String(file.dropLast(suffix.count))
            holds.append(Hold(name: name, lines: try SmallFile.read(path(name, suffix), system)))
        }
        return holds
    }

    private func path(_ name: String, _ suffix: String) -> String { "\(layout.holds)/\(name)\(suffix)" }
}
