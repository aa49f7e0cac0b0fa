internal import Glibc

/// Reads a segment of a relay's ledger: a header, then blocks of octet-counted frames, each with a header of its own;
/// `BlockFormat.swift` of the ledger has the whole of it. Positions are the offset of the frame.
///
/// A relay that runs may be in the middle of a write, and a power cut leaves a block short or full of zeros. So a last
/// block that is not whole is a cut, and its whole records still count; one with blocks behind it is damage. No record
/// of a ledger has a zero byte.
struct LedgerSegmentReader {
    private static let headerLength = 8192
    private static let blockHeaderLength = 32
    /// The longest payload of a block.
    private static let payloadLimit = 512 << 10
    private static let mark = Array("WAXSEG01".utf8)
    private static let blockMark = Array("WXB1".utf8)

    private let file: Int
    /// Where a block is not whole, if there was one that nothing was said of yet.
    private var broken: SourcePosition?

    init(file: Int) {
        self.file = file
    }

    /// Whether `bytes` are the start of a segment.
    static func begins(_ bytes: RawSpan) -> Bool { has(mark, bytes, at: 0) }

    mutating func read<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) {
        if try !load(Self.headerLength, &window) {
            return sink.cut(.block, at: SourcePosition(file: file, number: 0))
        }
        window.consume(Self.headerLength)
        while try window.peek() != nil {
            let position = SourcePosition(file: file, number: window.offset)
            guard try load(Self.blockHeaderLength, &window), let length = Self.payloadLength(window.bytes) else {
                broken = broken ?? position
                try seekBlock(&window)
                continue
            }
            reportDamage(to: &sink)
            let isWhole = try load(Self.blockHeaderLength + length, &window)
            let end = min(window.count, Self.blockHeaderLength + length)
            let isSound = takeFrames(window.bytes.extracting(0..<end), at: window.offset, into: &sink)
            if !isWhole || !isSound { broken = position }
            window.consume(end)
        }
        if let broken { sink.cut(.block, at: broken) }
    }

    /// Says that the block that was not whole was not the last one.
    private mutating func reportDamage<Sink: RecordSink & ~Copyable>(to sink: inout Sink) {
        guard let position = broken else { return }
        sink.skip(.damagedBlock, RawSpan(), at: position)
        broken = nil
    }

    /// Sees to it that so many bytes are in the window, which is larger than any block; false if there are fewer.
    private func load(_ count: Int, _ window: inout ByteWindow) throws(ExportError) -> Bool {
        while window.count < count {
            guard try window.fill() else { return false }
        }
        return true
    }

    /// Goes to the next block behind the byte that is next, or to the end.
    private func seekBlock(_ window: inout ByteWindow) throws(ExportError) {
        window.consume(1)
        while true {
            if let start = window.firstIndex(of: Self.blockMark[0], from: 0) {
                window.consume(start)
                guard try load(Self.blockHeaderLength, &window) else { break }
                if Self.payloadLength(window.bytes) != nil { return }
                window.consume(1)
            } else {
                window.consume(window.count)
                guard try window.fill() else { return }
            }
        }
        window.consume(window.count)
    }

    /// Takes the records of a block, header included, as far as they are there. Returns whether all are.
    private func takeFrames<Sink: RecordSink & ~Copyable>(
        _ block: RawSpan, at offset: UInt64, into sink: inout Sink
    ) -> Bool {
        var isSound = true
        var position = Self.blockHeaderLength
        while position < block.byteCount {
            guard let line = Self.frame(block, at: position) else { return false }
            let bytes = block.extracting(line)
            if bytes.hasZero {
                isSound = false
            } else {
                sink.take(bytes, at: SourcePosition(file: file, number: offset + UInt64(position)))
            }
            position = line.upperBound
        }
        return isSound
    }

    // MARK: - Format

    /// The payload's length in the block header that `bytes` start with, or nil if it is none.
    private static func payloadLength(_ bytes: RawSpan) -> Int? {
        guard bytes.byteCount >= blockHeaderLength, has(blockMark, bytes, at: 0) else { return nil }
        let length = (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[8 + $1]) }
        return (1...payloadLimit).contains(length) ? length : nil
    }

    /// Where the line of the frame at `start` is, or nil if it is not in `block`.
    private static func frame(_ block: RawSpan, at start: Int) -> Range<Int>? {
        var length = 0
        var position = start
        while position < block.byteCount, (0x30...0x39).contains(block[position]), length <= payloadLimit {
            length = length * 10 + Int(block[position] - 0x30)
            position += 1
        }
        guard position > start, position < block.byteCount, block[position] == 0x20, length > 0,
            length <= min(block.byteCount - position - 1, ExportReader.recordLimit)
        else { return nil }
        return position + 1..<position + 1 + length
    }

    private static func has(_ mark: [UInt8], _ bytes: RawSpan, at offset: Int) -> Bool {
        bytes.byteCount - offset >= mark.count && mark.indices.allSatisfy { bytes[offset + $0] == mark[$0] }
    }
}

extension RawSpan {
    /// Whether one of the bytes is zero.
    fileprivate var hasZero: Bool {
        // The search stays within the span.
        unsafe withUnsafeBytes { bytes in unsafe bytes.baseAddress.map { unsafe memchr($0, 0, bytes.count) != nil } }
            ?? false
    }
}
