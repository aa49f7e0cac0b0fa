/// An opening quotation mark, with the backslashes that escape it.
struct Quote: Equatable {
    /// `"`, `'` or a back quote.
    let mark: UInt8
    let backslashes: Int
    /// The offset behind the mark.
    let end: Int

    /// The mark at `offset`, if there is one before `limit`. Only `"` is ever escaped.
    init?(_ bytes: RawSpan, at offset: Int, limit: Int) {
        guard offset < limit else { return nil }
        backslashes = bytes.backslashes(from: offset, to: limit)
        let at = offset + backslashes
        guard at < limit else { return nil }
        mark = bytes.byte(at)
        end = at + 1
        let isSingle = mark == UInt8(ascii: "'") || mark == UInt8(ascii: "`")
        guard mark == UInt8(ascii: "\"") || (isSingle && backslashes == 0) else { return nil }
    }

    /// Where a quoted text ends.
    struct Close: Equatable {
        /// The end of the text inside.
        var contentEnd: Int
        /// The offset behind the closing mark; the limit if there is none.
        var end: Int
        var isFound: Bool
    }

    /// Finds the mark that closes this one.
    ///
    /// In a text that has been escaped once for each level, a mark of this level has `backslashes` before it, one of
    /// an outer level has fewer (and closes as well: the text was cut), and one that belongs to the content has more:
    /// *r* of the content's own backslashes, each written as `backslashes` + 1, come on top. It closes if *r* is
    /// even.
    func close(_ bytes: RawSpan, limit: Int) -> Close {
        guard mark == UInt8(ascii: "\"") else { return closeSingle(bytes, limit) }
        var at = end
        while true {
            at = bytes.first(mark, in: at..<limit)
            guard at < limit else { return Close(contentEnd: limit, end: limit, isFound: false) }
            let before = bytes.backslashes(before: at, from: end)
            if before < backslashes { return Close(contentEnd: at - before, end: at + 1, isFound: true) }
            let (own, rest) = (before - backslashes).quotientAndRemainder(dividingBy: backslashes + 1)
            if rest != 0 || own.isMultiple(of: 2) {
                return Close(contentEnd: at - backslashes, end: at + 1, isFound: true)
            }
            at += 1
        }
    }

    /// A single mark closes where no word goes on behind it, so that an apostrophe is none.
    private func closeSingle(_ bytes: RawSpan, _ limit: Int) -> Close {
        var at = end
        while true {
            at = bytes.first(mark, in: at..<limit)
            guard at < limit else { return Close(contentEnd: limit, end: limit, isFound: false) }
            if at + 1 == limit || !bytes.byte(at + 1).isWord {
                return Close(contentEnd: at, end: at + 1, isFound: true)
            }
            at += 1
        }
    }
}
