internal import Syslog

/// A line that was taken out of what is written around it, when that is not just in front of it. It may be made of the one
/// that it was before: that stays where it is until the next.
struct RewrittenLine: ~Copyable {
    private var text = Scratch()
    private var before = Scratch()

    /// The line.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { text.bytes }
    }

    /// Becomes `coloured` in `range` without its colours.
    mutating func removeColours(of coloured: RawSpan, _ range: Range<Int>) {
        swap(&text, &before)
        text.write { out in
            var at = range.lowerBound
            while at < range.upperBound {
                if let end = LineShape.colour(coloured, at) {
                    at = end
                } else {
                    out.append(coloured.byte(at))
                    at += 1
                }
            }
        }
    }

    /// Becomes what the string of JSON says whose contents begin at `range` of `quoted`. False if that outgrows a line,
    /// which says nothing that can be relied on.
    mutating func unquote(_ quoted: RawSpan, _ range: Range<Int>) -> Bool {
        let end = JSONLine.stringEnd(quoted, range.lowerBound, range.upperBound)
        swap(&text, &before)
        return text.write { $0.append(unescaped: quoted, range.lowerBound..<end) }
    }
}
