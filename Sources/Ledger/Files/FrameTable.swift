// The layout of a compressed segment, `X.segment.zst`: what `zstd -d` makes of it is `X.segment`. All numbers are
// little-endian.
//
//   frame, frame, …     Zstandard frames (RFC 8878) of about 1 MiB of the segment; each begins with a block, but for the
//                       first, which begins with the segment's header
//   skippable frame     0x184D2A5D: the index of the first record of each frame, 8 bytes each
//   skippable frame     0x184D2A5E: the seek table of Zstandard's seekable format: for each frame its length and that
//                       of its content, 4 bytes each; then their number, 4 bytes; 0; 0x8F92EAB1

/// Where the frames of a compressed segment are, and what they hold.
struct FrameTable: Equatable, Sendable {
    /// One frame.
    struct Frame: Equatable, Sendable {
        /// Where it begins in the file, and its bytes.
        var offset: UInt64
        var length: Int
        /// Where its content begins in the segment, and its bytes.
        var contentOffset: UInt64
        var contentLength: Int
        /// Index of the first record in it.
        var firstIndex: UInt64
    }

    /// Frames there may be: a segment has 4 GiB at most.
    static let frameLimit = 1 << 16
    /// Bytes of the segment in a frame at most.
    static let contentLimit = 2 << 20

    private static let indexMagic: UInt64 = 0x184D_2A5D
    private static let seekMagic: UInt64 = 0x184D_2A5E
    private static let footerMagic: UInt64 = 0x8F92_EAB1
    private static let frameHeader = 8
    private static let footer = 9

    private(set) var frames: [Frame] = []

    init() {}

    /// Bytes of the segment.
    var contentSize: UInt64 { frames.last.map { $0.contentOffset + UInt64($0.contentLength) } ?? 0 }
    /// Bytes of all frames.
    var size: UInt64 { frames.last.map { $0.offset + UInt64($0.length) } ?? 0 }

    /// Notes the next frame.
    mutating func append(length: Int, contentLength: Int, firstIndex: UInt64) {
        frames.append(
            Frame(
                offset: size, length: length, contentOffset: contentSize, contentLength: contentLength,
                firstIndex: firstIndex))
    }

    /// The number of the frame that has byte `offset` of the segment; nil behind its end.
    func number(at offset: UInt64) -> Int? {
        guard offset < contentSize else { return nil }
        return count { $0.contentOffset <= offset } - 1
    }

    /// Where in the segment the last frame begins whose first record is at `index` or before it.
    func blockOffset(before index: UInt64) -> UInt64? {
        let number = count { $0.firstIndex <= index } - 1
        return number > 0 ? frames[number].contentOffset : nil
    }

    /// How many of the first frames `isBefore` holds for; it holds for none behind one for which it does not.
    private func count(_ isBefore: (Frame) -> Bool) -> Int {
        var (low, high) = (0, frames.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(frames[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: - Bytes

    /// Bytes that ``encoded()`` gives for so many frames.
    private static func encodedLength(_ count: Int) -> Int { 2 * frameHeader + 16 * count + footer }

    /// The two skippable frames behind the others.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: UInt64, _ width: Int) {
            for byte in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(byte)))) }
        }
        append(Self.indexMagic, 4)
        append(UInt64(8 * frames.count), 4)
        for frame in frames { append(frame.firstIndex, 8) }
        append(Self.seekMagic, 4)
        append(UInt64(8 * frames.count + Self.footer), 4)
        for frame in frames {
            append(UInt64(frame.length), 4)
            append(UInt64(frame.contentLength), 4)
        }
        append(UInt64(frames.count), 4)
        append(0, 1)
        append(Self.footerMagic, 4)
        return bytes
    }

    /// Reads the table of `file`; nil if there is none that fits the file.
    init?(of file: any File) throws(FileError) {
        let fileSize = try file.size()
        guard fileSize >= UInt64(Self.encodedLength(0)) else { return nil }
        let footer = try file.bytes(at: fileSize - UInt64(Self.footer), count: Self.footer)
        guard footer.count == Self.footer, Self.number(footer, 5, 4) == Self.footerMagic, footer[4] == 0 else {
            return nil
        }
        let count = Int(Self.number(footer, 0, 4))
        guard (1...Self.frameLimit).contains(count), fileSize >= UInt64(Self.encodedLength(count)) else { return nil }
        let start = fileSize - UInt64(Self.encodedLength(count))
        let bytes = try file.bytes(at: start, count: Self.encodedLength(count))
        let seek = Self.frameHeader + 8 * count
        guard bytes.count == Self.encodedLength(count), Self.number(bytes, 0, 4) == Self.indexMagic,
            Self.number(bytes, 4, 4) == UInt64(8 * count), Self.number(bytes, seek, 4) == Self.seekMagic,
            Self.number(bytes, seek + 4, 4) == UInt64(8 * count + Self.footer)
        else { return nil }
        for number in 0..<count {
            let entry = seek + Self.frameHeader + 8 * number
            let contentLength = Int(Self.number(bytes, entry + 4, 4))
            guard (1...Self.contentLimit).contains(contentLength) else { return nil }
            append(
                length: Int(Self.number(bytes, entry, 4)), contentLength: contentLength,
                firstIndex: Self.number(bytes, Self.frameHeader + 8 * number, 8))
        }
        guard size == start else { return nil }
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
        bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
