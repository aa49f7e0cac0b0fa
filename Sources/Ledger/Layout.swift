/// Where things lie in the ledger's directory.
///
///     lock                                held by the running relay
///     origin                              the name of the log and its public key, a line each
///     durable                             where the stream stood at a durable record, at most a second ago
///     ratchet                             the HMAC ratchet's state, if the stream has one
///     segments/NNNNNNNNNNNNNNNNNNNN.segment   records; named by the first one's index
///     segments/NNNNNNNNNNNNNNNNNNNN.leaves    their leaf hashes, 32 bytes each
///     damaged/                            segments of which no record can be read, set aside under their names
///     cursors/NAME.cursor                 how far each destination has got
///     keys/log.pem, keys/log.vkey         the default key of the log and its public part
public struct Layout: Sendable {
    public let directory: String

    public init(_ directory: String) {
        self.directory = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
    }

    public var lock: String { "\(directory)/lock" }
    public var origin: String { "\(directory)/origin" }
    public var durable: String { "\(directory)/durable" }
    public var ratchet: String { "\(directory)/ratchet" }
    public var segments: String { "\(directory)/segments" }
    public var damaged: String { "\(directory)/damaged" }
    public var cursors: String { "\(directory)/cursors" }
    public var keys: String { "\(directory)/keys" }
    public var privateKey: String { "\(keys)/log.pem" }
    public var publicKey: String { "\(keys)/log.vkey" }

    public func segment(_ firstIndex: UInt64) -> String { "\(segments)/\(Self.name(firstIndex)).segment" }
    public func leaves(_ firstIndex: UInt64) -> String { "\(segments)/\(Self.name(firstIndex)).leaves" }
    public func cursor(_ destination: String) -> String { "\(cursors)/\(destination).cursor" }

    /// Twenty digits, so that names sort as numbers do.
    static func name(_ index: UInt64) -> String {
        let digits = String(index)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }

    /// First indexes of the segments that are there, in order.
    public func segmentIndexes(_ files: any FileSystem) throws(FileError) -> [UInt64] {
        let suffix = ".segment"
        var indexes: [UInt64] = []
        for name in try files.list(segments) where name.count == 20 + suffix.count && name.hasSuffix(suffix) {
            if let index = UInt64(name.dropLast(suffix.count)) { indexes.append(index) }
        }
        return indexes.sorted()
    }

    /// The directory that ``directory`` is in.
    private var parent: String {
        guard let slash = directory.lastIndex(of: "/") else { return "." }
        return slash == directory.startIndex ? "/" : String(directory[..<slash])
    }

    func makeDirectories(_ files: any FileSystem) throws(FileError) {
        if !files.exists(directory) {
            try files.makeDirectory(directory)
            try files.syncDirectory(parent)
        }
        for folder in [segments, cursors, keys] { try files.makeDirectory(folder) }
        try files.syncDirectory(directory)
    }
}
