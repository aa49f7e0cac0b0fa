internal import Batch
internal import Syslog

/// Writes a record with one more element.
enum RecognisedLine {
    /// The longest line that is written, with the rest left for the identity element.
    private static let lineLimit = Batch.lineLimit - CanonicalEncoder.identityReserve

    /// Writes the record `line`, whose head ends at `split`, with the element that `element` appends at the end of the
    /// head, or without it if it would not fit. Returns where the new head ends, and false if the MSG was cut because
    /// the line would have grown too long.
    static func write(
        _ line: RawSpan, split: Int, into out: inout ByteWriter, _ element: (inout ByteWriter) -> Void
    ) -> (split: Int, isWhole: Bool) {
        let start = out.count
        out.append(line, 0..<split)
        let head = out.count
        element(&out)
        if out.overflowed || out.count - start > lineLimit || out.count - head > HeadscaleElement.lengthLimit {
            out.truncate(to: head)
        }
        let newSplit = out.count - start
        let end = min(line.byteCount, split + lineLimit - newSplit)
        // Without the element the line is as long as it was, which may be as long as a trusted relay's.
        guard newSplit > split, end < line.byteCount else {
            out.append(line, split..<line.byteCount)
            return (newSplit, true)
        }
        out.append(line, split..<line.endOfText(split, end))
        return (newSplit, false)
    }
}

extension RawSpan {
    /// `end`, moved to the front of a character that it cuts through, and of blanks before it.
    fileprivate func endOfText(_ start: Int, _ end: Int) -> Int {
        var end = end
        while end > start, byte(end) & 0xC0 == 0x80 { end -= 1 }
        while end > start, byte(end - 1) == 0x20 || byte(end - 1) == 0x09 { end -= 1 }
        return end
    }
}
