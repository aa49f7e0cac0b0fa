public import Ledger

/// What is to be done with dead letters. A command leaves it in a file, for the relay: only one process writes a ledger.
///
///     waxwing-deadletters/v1
///     resend
///     destination siem
///     index 4711
///     index 4712
public struct DeadLetterRequest: Equatable, Sendable {
    public enum Action: String, Sendable {
        case resend, drop
    }

    public var action: Action
    /// nil: all destinations.
    public var destination: String?
    /// Empty: all records.
    public var indexes: Set<UInt64> = []

    /// Octets of a request's file at most.
    static let octetLimit = 1 << 20
    private static let version = "waxwing-deadletters/v1"
    static let suffix = ".request"

    public init(_ action: Action, destination: String? = nil, indexes: Set<UInt64> = []) {
        self.action = action
        self.destination = destination
        self.indexes = indexes
    }

    /// Whether the request is about the letter.
    public func includes(_ key: DeadLetter.Key) -> Bool {
        (destination == nil || destination == key.destination) && (indexes.isEmpty || indexes.contains(key.index))
    }

    // MARK: - The file

    var text: String {
        var lines = [Self.version, action.rawValue]
        if let destination { lines.append("destination \(destination)") }
        lines += indexes.sorted().map { "index \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The request that `text` is, nil if it is none.
    init?(_ text: String) {
        let lines = text.split(separator: "\n")
        guard lines.count >= 2, lines[0] == Self.version, let action = Action(rawValue: String(lines[1])) else {
            return nil
        }
        self.init(action)
        for line in lines.dropFirst(2) {
            let words = line.split(separator: " ", maxSplits: 1)
            switch words.first {
            case "destination" where words.count == 2: destination = String(words[1])
            case "index" where words.count == 2:
                guard let index = UInt64(words[1]) else { return nil }
                indexes.insert(index)
            default: return nil
            }
        }
    }

    /// Leaves the request for the relay whose dead letters have `layout`. Durable when this returns.
    public func leave(_ layout: Layout, system: any FileSystem = DiskFileSystem()) throws(FileError) {
        try system.makeDirectory(layout.requests)
        let name = "\(layout.requests)/\(RandomUUID.make())"
        let file = try system.open(name, .create)
        try file.write(Array(text.utf8), at: 0)
        try file.sync()
        try system.rename(name, to: name + Self.suffix)
        try system.syncDirectory(layout.requests)
    }
}
