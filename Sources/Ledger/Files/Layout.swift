import TransparencyLog

/// Where things lie in the ledger's directory.
///
///     lock                                held by the running relay
///     origin                              the name of the log and its public key, a line each
///     durable                             where the stream stood at a durable record, at most a second ago
///     ratchet                             the HMAC ratchet's state, if the stream has one
///     segments/NNNNNNNNNNNNNNNNNNNN.segment   records; named by the first one's index
///     segments/NNNNNNNNNNNNNNNNNNNN.segment.zst   the same, compressed: a segment that is closed and delivered
///     segments/NNNNNNNNNNNNNNNNNNNN.leaves    their leaf hashes, 32 bytes each
///     segments/NNNNNNNNNNNNNNNNNNNN.SECONDS.leaves    the same, of records that were deleted at that time
///     deleted                             which records, and which leaf hashes, were deleted on purpose
///     losses                              which records are lost to damage, and whether that is sealed
///     holds/NAME.hold                     records that are not deleted whatever the configuration says
///     damaged/…                           files that were set aside
///     cursors/NAME.cursor                 how far each destination has got
///     keys/log.pem, keys/log.vkey         the default key of the log and its public part
///     keys/rekey.note                     a change of the key that is not finished
///     keys/NNNNNNNNNNNNNNNNNNNN.rekey     the notes of earlier changes; named by the size at which they took place
///     headscale/                          what the watcher of Headscale keeps; not of the ledger
///     deadletters/                        a ledger of its own: what destinations will never take
///     deadletters/requests/*.request      what is to be done with dead letters, for the running relay
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
    public var cursors: String { "\(directory)/cursors" }
    public var deleted: String { "\(directory)/deleted" }
    public var losses: String { "\(directory)/losses" }
    public var holds: String { "\(directory)/holds" }
    public var damaged: String { "\(directory)/damaged" }
    public var keys: String { "\(directory)/keys" }
    public var privateKey: String { "\(keys)/log.pem" }
    public var publicKey: String { "\(keys)/log.vkey" }
    public var rekeyNote: String { "\(keys)/rekey.note" }
    public func rekeyNote(_ size: UInt64) -> String { "\(keys)/\(Self.name(size)).rekey" }
    /// The ledger of the dead letters, which has a layout of its own.
    public var deadLetters: Layout { Layout("\(directory)/deadletters") }
    /// Where requests about dead letters are put, in the layout of these.
    public var requests: String { "\(directory)/requests" }

    public func segment(_ firstIndex: UInt64) -> String { "\(segments)/\(Self.name(firstIndex)).segment" }
    public func compressedSegment(_ firstIndex: UInt64) -> String { segment(firstIndex) + ".zst" }
    public func leaves(_ firstIndex: UInt64) -> String { "\(segments)/\(Self.name(firstIndex)).leaves" }
    public func cursor(_ destination: String) -> String { "\(cursors)/\(destination).cursor" }

    /// Twenty digits, so that names sort as numbers do.
    static func name(_ index: UInt64) -> String {
        let digits = String(index)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }

    /// First indexes of the segments that are there, compressed or not, in order.
    public func segmentIndexes(_ files: any FileSystem) throws(FileError) -> [UInt64] {
        var indexes: [UInt64] = []
        for name in try files.list(segments) {
            guard let index = Self.index(name, ".segment") ?? Self.index(name, ".segment.zst") else { continue }
            if indexes.last != index { indexes.append(index) }
        }
        return indexes
    }

    /// Opens a segment to read it, compressed or not.
    public func openSegment(_ firstIndex: UInt64, _ files: any FileSystem) throws(FileError) -> any File {
        do throws(FileError) {
            return try files.open(segment(firstIndex), .read)
        } catch {
            let path = compressedSegment(firstIndex)
            guard files.exists(path) else { throw error }
            return try CompressedFile(try files.open(path, .read), path)
        }
    }

    /// A path under `damaged`, which no file has, for the file of the folder of segments at `path`.
    func unusedDamaged(_ path: String, _ files: any FileSystem) -> String {
        let place = "\(damaged)/\(path.dropFirst(segments.count + 1))"
        guard files.exists(place) else { return place }
        var number = 2
        while files.exists("\(place).\(number)") { number += 1 }
        return "\(place).\(number)"
    }

    /// The index in a name of twenty digits and `suffix`.
    static func index(_ name: String, _ suffix: String) -> UInt64? {
        guard name.utf8.count == 20 + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
        let digits = name.prefix(20)
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let index = UInt64(digits) else { return nil }
        // No ledger comes so far: it is not the ledger's file.
        return index < CompactRange.sizeLimit ? index : nil
    }

    /// The directory that the file or directory at `path` is in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    func makeDirectories(_ files: any FileSystem) throws(FileError) {
        if !files.exists(directory) {
            try files.makeDirectory(directory)
            try files.syncDirectory(Self.folder(of: directory))
        }
        for folder in [segments, cursors, keys] { try files.makeDirectory(folder) }
        try files.syncDirectory(directory)
    }
}
