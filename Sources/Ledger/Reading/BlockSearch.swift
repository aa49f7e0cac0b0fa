import Glibc

/// Finds whole blocks in a segment that is damaged, where one block does not lead to the next.
///
/// What looks like a block is one only if its CRC is right, so that neither damage nor what a record says is taken for
/// one. Reads the file a window at a time.
enum BlockSearch {
    private static let longestBlock = BlockHeader.size + BlockHeader.payloadLimit

    /// The first intact block of `file` between the offsets `start` and `end` that has a record from `index` on, and
    /// its offset; nil if there is none. `end` may be beyond the end of the file.
    static func first(
        in file: any File, from start: UInt64, to end: UInt64, with index: UInt64
    ) throws(FileError) -> (block: BlockHeader, offset: UInt64)? {
        var offset = start
        while offset < end {
            let window = try file.bytes(at: offset, count: Int(min(UInt64(2 * longestBlock), end - offset)))
            guard !window.isEmpty else { return nil }
            // What begins in the first half, is whole in the window.
            var position = 0
            while position < min(longestBlock, window.count) {
                guard let block = block(in: window, at: position) else {
                    position = candidate(in: window, from: position + 1)
                    continue
                }
                if block.nextIndex > index { return (block, offset + UInt64(position)) }
                position += BlockHeader.size + block.payloadLength
            }
            offset += UInt64(position)
        }
        return nil
    }

    /// The intact block at `position`, if there is one.
    private static func block(in window: [UInt8], at position: Int) -> BlockHeader? {
        unsafe window.withUnsafeBytes { window in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: window[position...])
            guard let block = unsafe BlockHeader(rest), BlockHeader.size + block.payloadLength <= rest.count else {
                return nil
            }
            let size = BlockHeader.size + block.payloadLength
            return unsafe BlockHeader.isIntact(UnsafeRawBufferPointer(rebasing: rest[..<size])) ? block : nil
        }
    }

    /// Where the first byte that a block begins with is, from `position` on; the end if it is nowhere.
    private static func candidate(in window: [UInt8], from position: Int) -> Int {
        guard position < window.count else { return window.count }
        return unsafe window.withUnsafeBytes { window in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: window[position...])
            let found = unsafe rest.baseAddress.flatMap { unsafe memchr($0, BlockHeader.firstByte, rest.count) }
            return unsafe found.map { unsafe UnsafeRawPointer($0) - window.baseAddress! } ?? window.count
        }
    }
}
