import Glibc
import Synchronization

/// Reads around what a disk cannot read any more.
///
/// A bad sector is damage as a flipped bit is: what lies there is zeros, so that its checksum is wrong, the record of it
/// is lost, counted and sealed, and all else goes on. A disk that is away as a whole is another matter: as long as it
/// takes no writes either, a failure to read is a failure, and is tried again.
enum UnreadableSectors {
    /// Octets that are given up together.
    static let pieceSize = 4096
    /// How often, and how many microseconds apart, pieces are tried again before they are given up: about a second.
    private static let tries = 5
    private static let pause: UInt32 = 200_000

    private static let octets = Atomic<UInt64>(0)

    /// Octets that were given up by this process, each time they were asked for.
    static var count: UInt64 { octets.load(ordering: .relaxed) }

    /// Fills `buffer` with what `read` gives of the file from `offset` on, piece by piece, and with zeros where it fails
    /// with EIO. The whole range must be within the file.
    static func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, wait: () -> Void = { usleep(pause) },
        _ read: (UnsafeMutableRawBufferPointer, UInt64) throws(FileError) -> Void
    ) throws(FileError) {
        var pieces: [Range<Int>] = []
        var start = 0
        while start < buffer.count {
            let end = min(buffer.count, start + pieceSize - Int((offset + UInt64(start)) % UInt64(pieceSize)))
            pieces.append(start..<end)
            start = end
        }
        for attempt in 0..<tries where !pieces.isEmpty {
            if attempt > 0 { wait() }
            var failed: [Range<Int>] = []
            for piece in pieces {
                do throws(FileError) {
                    unsafe try read(
                        UnsafeMutableRawBufferPointer(rebasing: buffer[piece]), offset + UInt64(piece.lowerBound))
                } catch {
                    guard error.code == EIO else { throw error }
                    failed.append(piece)
                }
            }
            pieces = failed
        }
        for piece in pieces {
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[piece]).initializeMemory(as: UInt8.self, repeating: 0)
            octets.add(UInt64(piece.count), ordering: .relaxed)
        }
    }

    /// Whether the disk below `folder` takes a write: into a file without a name, which is gone when it is closed.
    static func takesWrites(_ folder: String) -> Bool {
        let descriptor = unsafe open(folder, O_RDWR | Int32(__O_TMPFILE) | O_DIRECTORY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = [UInt8](repeating: 0xA5, count: pieceSize)
        return unsafe write(descriptor, bytes, bytes.count) == bytes.count && fdatasync(descriptor) == 0
    }
}
