internal import Glibc

/// What ``RecentLeaves`` forgets, in a file without a name: for input that cannot be read a second time, so that copies
/// of a record however far apart can still be compared. 64 bytes a record.
@safe
final class LeafSpool {
    typealias Entry = RecentLeaves.Entry

    /// Records kept, the newest of them: 4 GiB of disk.
    static let capacity: UInt64 = 1 << 26
    private static let bufferCapacity = 1024

    private var descriptor: Int32
    private let buffer: UnsafeMutablePointer<Entry>
    private var bufferedSlot: UInt64 = 0
    private var buffered = 0

    /// A spool; nil if no file can be made for it.
    init?() {
        descriptor = UnnamedFile.open()
        guard descriptor >= 0 else { return nil }
        unsafe buffer = .allocate(capacity: Self.bufferCapacity)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        unsafe buffer.deallocate()
    }

    @inline(__always)
    private static func slot(_ key: UInt64) -> UInt64 { (key &- 1) % capacity }

    func keep(_ entry: Entry) {
        let slot = Self.slot(entry.key)
        if buffered == Self.bufferCapacity || slot != bufferedSlot + UInt64(buffered) {
            flush()
            bufferedSlot = slot
        }
        // The buffer has room after a flush.
        unsafe (buffer + buffered).initialize(to: entry)
        buffered += 1
    }

    func find(_ index: UInt64) -> KnownLeaf? {
        let slot = Self.slot(index + 1)
        var entry: Entry?
        if slot >= bufferedSlot, slot < bufferedSlot + UInt64(buffered) {
            entry = unsafe buffer[Int(slot - bufferedSlot)]
        } else {
            entry = read(slot)
        }
        return entry.flatMap { $0.key == index + 1 ? $0.known : nil }
    }

    private func read(_ slot: UInt64) -> Entry? {
        guard descriptor >= 0 else { return nil }
        let size = MemoryLayout<Entry>.stride
        // Every bit pattern is an entry, and one that was not written is zeros, the key of none.
        return unsafe withUnsafeTemporaryAllocation(of: Entry.self, capacity: 1) { target in
            let count = unsafe pread(descriptor, target.baseAddress, size, Int(slot) * size)
            return unsafe count == size ? target[0] : nil
        }
    }

    /// Writes what is in the buffer. A disk that is full ends the spooling, and nothing is found any more.
    private func flush() {
        let size = MemoryLayout<Entry>.stride
        var done = 0
        while done < buffered * size, descriptor >= 0 {
            let start = unsafe UnsafeRawPointer(buffer) + done
            let count = unsafe pwrite(descriptor, start, buffered * size - done, Int(bufferedSlot) * size + done)
            if count < 0, errno == EINTR { continue }
            if count <= 0 {
                close(descriptor)
                descriptor = -1
            }
            done += count
        }
        buffered = 0
    }
}
