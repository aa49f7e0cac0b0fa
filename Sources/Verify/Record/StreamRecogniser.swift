internal import Seal

/// What one line of an export is to the stream that is verified.
enum StreamLine {
    /// It has no identity, or that of another stream, and no trace of this one.
    case foreign
    /// It has an identity that no relay writes, or one that comes so close to this stream's that it was damaged.
    case damaged
    /// It claims to be a record of the stream.
    case record(StreamRecord)
}

/// A line that claims to be a record of the stream.
struct StreamRecord {
    /// The leaf index it claims.
    var index: UInt64
    /// The leaf's bytes: two pieces of the line.
    var head: Range<Int>
    var tail: Range<Int>
    /// Whether it is a seal of the stream.
    var isSeal: Bool
    /// Whether it carries a note by which the stream replaces its key.
    var isRekey = false
    /// Whether something stands behind its identity that no relay writes there. It is not part of the leaf, so a reader
    /// is shown what was never sealed.
    var hasIntruder: Bool
}

/// Recognises the lines of one stream.
///
/// The stream's own relay marks them `waxwing@PEN`. A relay that takes over records of another one marks them
/// `waxwing-N@PEN`, N ≥ 2, behind what was there: to its stream everything up to that mark is leaf.
struct StreamRecogniser {
    private let tag: LogTag
    /// `l="XXXXXXXX" i="`, how the stream's identities start.
    let mark: [UInt8]
    /// The eight digits in it, as they lie in memory.
    private let digits: UInt64

    init(_ tag: LogTag) {
        self.tag = tag
        mark = Array("l=\"\(tag)\" i=\"".utf8)
        digits = tag.description.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    func read(_ line: RawSpan) -> StreamLine {
        let shape = CanonicalLine(line)
        if let index = shape.index, shape.log == tag {
            return .record(
                StreamRecord(
                    index: index, head: shape.leafHead, tail: shape.leafTail, isSeal: shape.kind == .seal,
                    isRekey: shape.isRekey, hasIntruder: shape.violation != nil))
        }
        return readOther(line, shape)
    }

    /// A line that is not marked as the stream's own relay marks it.
    private func readOther(_ line: RawSpan, _ shape: CanonicalLine) -> StreamLine {
        if hasTag(line), let record = DownstreamIdentity.find(mark, in: line) { return .record(record) }
        switch shape.kind {
        case .foreign:
            return hasRemains(line) ? .damaged : .foreign
        case .record, .seal:
            // Another stream's tag differs from this one in one digit of eight only by damage.
            guard shape.index != nil, (shape.log.rawValue ^ tag.rawValue).differingDigits > 1 else { return .damaged }
            // An identity of this stream behind another one is one that no longer counts.
            return hasTag(line) && hasIdentity(line) ? .damaged : .foreign
        }
    }

    /// Whether the tag stands in an element of a relay's name.
    private func hasIdentity(_ line: RawSpan) -> Bool {
        let name = Array("[waxwing".utf8)
        guard var start = StructuredData.start(in: line) else { return false }
        while let end = StructuredData.endOfElement(in: line, from: start) {
            let element = line.extracting(start..<end)
            if end - start > name.count, name.indices.allSatisfy({ element[$0] == name[$0] }), hasTag(element) {
                return true
            }
            start = end
            guard start < line.byteCount, line[start] == UInt8(ascii: "[") else { return false }
        }
        return false
    }

    /// Whether a line without an identity looks as if it had had one of this stream: its tag stands in the structured
    /// data, or anywhere in an RFC 5424 line whose structured data does not parse. In a message it means nothing.
    private func hasRemains(_ line: RawSpan) -> Bool {
        guard hasTag(line) else { return false }
        guard let elements = StructuredData.range(in: line) else { return StructuredData.isCurrentSyslog(line) }
        return hasTag(line.extracting(elements))
    }

    /// Whether the eight digits of the stream stand anywhere in `bytes`.
    func hasTag(_ bytes: RawSpan) -> Bool {
        var offset = 0
        while offset &+ 8 <= bytes.byteCount {
            // Eight bytes from here are there, and any eight are an integer.
            let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            if UInt64(littleEndian: word) == digits { return true }
            offset &+= 1
        }
        return false
    }
}

extension UInt32 {
    /// How many of its eight hexadecimal digits are not zero.
    fileprivate var differingDigits: Int {
        (0..<8).reduce(0) { $0 + (self >> UInt32($1 * 4) & 0xF != 0 ? 1 : 0) }
    }
}
