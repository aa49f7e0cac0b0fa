/// Reads records framed by octet counting (RFC 6587 §3.4.1). A line end behind a frame is tolerated, since some writers
/// of files add one. Positions are the offset of the frame.
///
/// A segment of a ledger is read the same way: the headers of its blocks, where a frame could start, are passed over.
struct OctetCountedReader {
    /// Digits of a count at most. A frame beyond ``ExportReader/recordLimit`` is skipped, whatever its length.
    static let digitLimit = 9

    private let file: Int

    private let isLedger: Bool

    init(file: Int, isLedger: Bool = false) {
        self.file = file
        self.isLedger = isLedger
    }

    func read<Sink: RecordSink & ~Copyable>(
        _ window: inout ByteWindow, into sink: inout Sink
    ) throws(ExportError) {
        if isLedger { try pass(LedgerSegment.headerLength, &window) }
        while let byte = try window.peek() {
            if byte == 0x0A || byte == 0x0D {
                window.consume(1)
                continue
            }
            if isLedger, byte == LedgerSegment.blockMark {
                try pass(LedgerSegment.blockHeaderLength, &window)
                continue
            }
            let position = SourcePosition(file: file, number: window.offset)
            let length = try count(&window, at: position)
            if length > ExportReader.recordLimit {
                sink.skip(.oversize, at: position)
                try skip(length, &window, at: position)
                continue
            }
            while window.count < length {
                guard try window.fill() else {
                    throw lost("the file ends inside a frame of \(length) octets", position)
                }
            }
            if length > 0 { sink.take(window.bytes.extracting(0..<length), at: position) }
            window.consume(length)
        }
    }

    private func pass(_ length: Int, _ window: inout ByteWindow) throws(ExportError) {
        try skip(length, &window, at: SourcePosition(file: file, number: window.offset))
    }

    /// Consumes the count and the space behind it.
    private func count(_ window: inout ByteWindow, at position: SourcePosition) throws(ExportError) -> Int {
        var length = 0
        var digits = 0
        while let byte = try window.peek() {
            window.consume(1)
            switch byte {
            case 0x30...0x39 where digits < Self.digitLimit:
                length = length * 10 + Int(byte - 0x30)
                digits += 1
            case 0x20 where digits > 0:
                return length
            default:
                throw lost("no octet count where a frame should start", position)
            }
        }
        throw lost("the file ends inside an octet count", position)
    }

    private func skip(_ length: Int, _ window: inout ByteWindow, at position: SourcePosition) throws(ExportError) {
        var rest = length
        while rest > 0 {
            guard try window.peek() != nil else {
                throw lost("the file ends inside a frame of \(length) octets", position)
            }
            let step = min(rest, window.count)
            window.consume(step)
            rest -= step
        }
    }

    private func lost(_ reason: String, _ position: SourcePosition) -> ExportError {
        ExportError(.lostFraming, "\(reason); what follows cannot be told apart", at: position)
    }
}

/// What a reader needs to know of a ledger's segment files; `BlockFormat.swift` of the ledger has the whole of it.
enum LedgerSegment {
    static let headerLength = 8192
    static let blockHeaderLength = 32
    /// The first byte of a block's header, which no octet count starts with.
    static let blockMark = UInt8(ascii: "W")
    private static let mark = Array("WAXSEG01".utf8)

    static func begins(_ bytes: RawSpan) -> Bool {
        bytes.byteCount >= mark.count && mark.indices.allSatisfy { bytes[$0] == mark[$0] }
    }
}
