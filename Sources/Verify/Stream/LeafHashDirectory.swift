internal import Glibc
internal import TransparencyLog

/// The leaf hashes a relay keeps: files named `<20-digit first index>.leaves`, each the 32-byte hashes of consecutive
/// leaves one after another; those of records that were deleted have the time of that in their name, too
/// (`<20 digits>.<seconds>.leaves`). They are believed only once they make a signed root.
@safe
final class LeafHashDirectory {
    private struct File {
        var path: String
        var first: UInt64
        var count: UInt64
        var range: Range<UInt64> { first..<first + count }
    }

    /// Files a directory may have.
    static let fileLimit = 1 << 20
    private static let chunkLength = 4096
    private static let nameLength = 20
    private static let suffix = ".leaves"

    private var files: [File] = []
    private var openFile = -1
    private var descriptor: Int32 = -1
    private var chunk = [Hash](repeating: Hash(), count: chunkLength)

    /// The files in `path`, or else in its folder `segments`, where a relay's data folder has them.
    init(path: String) throws(VerificationError) {
        try add(path)
        if files.isEmpty, unsafe access("\(path)/segments", F_OK) == 0 { try add("\(path)/segments") }
        files.sort { $0.first < $1.first }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    private func add(_ path: String) throws(VerificationError) {
        guard let directory = unsafe opendir(path) else {
            throw VerificationError(.hashes, "the directory of leaf hashes \(path) does not open: \(systemError())")
        }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let first = Self.first(in: name) else { continue }
            guard files.count < Self.fileLimit else {
                throw VerificationError(
                    .hashes, "there are more than \(Self.fileLimit) files of leaf hashes in \(path)")
            }
            var status = stat()
            guard unsafe stat("\(path)/\(name)", &status) == 0 else { continue }
            let count = UInt64(max(0, status.st_size)) / UInt64(Hash.byteCount)
            guard count > 0, first <= CompactRange.sizeLimit - count else { continue }
            files.append(File(path: "\(path)/\(name)", first: first, count: count))
        }
    }

    /// Hands the hashes of the leaves in `range` to `body`, some thousand at a time, with the index of the first.
    /// Returns false if some are not there, or could not be read; others may then have been handed on.
    func read(_ range: Range<UInt64>, _ body: (UInt64, Span<Hash>) -> Void) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            guard let place = files.lastIndex(where: { $0.range.contains(index) }) else { return false }
            let file = files[place]
            let count = Int(min(UInt64(Self.chunkLength), file.range.upperBound - index, range.upperBound - index))
            guard open(place), load(count, from: index - file.first) else { return false }
            body(index, chunk.span.extracting(0..<count))
            index += UInt64(count)
        }
        return true
    }

    private func open(_ place: Int) -> Bool {
        if openFile == place { return true }
        if descriptor >= 0 { close(descriptor) }
        descriptor = unsafe Glibc.open(files[place].path, O_RDONLY | O_CLOEXEC)
        openFile = descriptor >= 0 ? place : -1
        return descriptor >= 0
    }

    private func load(_ count: Int, from place: UInt64) -> Bool {
        let descriptor = descriptor
        return unsafe chunk.withUnsafeMutableBytes { target in
            var loaded = 0
            let length = count * Hash.byteCount
            while loaded < length {
                let offset = Int(place) * Hash.byteCount + loaded
                let read = unsafe pread(
                    descriptor, target.baseAddress.unsafelyUnwrapped + loaded, length - loaded, offset)
                if read < 0, errno == EINTR { continue }
                guard read > 0 else { return false }
                loaded += read
            }
            return true
        }
    }

    private static func first(in name: String) -> UInt64? {
        guard name.utf8.count >= nameLength + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
        let digits = name.prefix(nameLength)
        let middle = name.dropFirst(nameLength).dropLast(suffix.count)
        guard middle.isEmpty || (middle.first == "." && middle.count > 1 && middle.dropFirst().allSatisfy(\.isNumber))
        else { return nil }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(digits)
    }
}
