/// Where a message of the catalogue was found.
struct CatalogueMatch: BitwiseCopyable, Equatable {
    /// The message's number in the catalogue.
    let message: UInt16
    /// The offset at which the message ends: that of the space in front of the first field, or the end of the text.
    let end: Int
}

/// Finds the message of the catalogue that a text is, or begins with.
///
/// A walk along a radix tree finds the messages without a wildcard, and the beginnings of those with one; the rest of
/// the latter is searched for from the front, part by part: if there is any place for the parts, there is one with each
/// of them as far to the front as it goes. So nothing is ever tried twice, and the costs are linear in the text.
struct MessageMatcher: Sendable {
    /// How far a message reaches.
    enum Mode: BitwiseCopyable {
        /// The text is the message, as in JSON.
        case whole
        /// The message is followed by fields, ` key=value`, or nothing, as zerolog's console writer has it.
        case prefix
    }

    /// How many prefixes `something: ` are looked behind.
    static let prefixes = 4

    /// A way to write a message.
    private struct Spelling: BitwiseCopyable {
        let message: UInt16
        let isGeneric: Bool
        let literalCount: Int
        /// Its parts behind the beginning, in `parts`.
        let firstPart: Int
        let partCount: Int
    }

    private let spellings: [Spelling]
    /// Where the parts stand in `literals`.
    private let parts: [Range<Int>]
    private let literals: [UInt8]
    private let tree: LiteralTree

    /// A matcher of `templates`, each of which is a way to write the message of that number.
    init(_ templates: [(template: MessageTemplate, message: Int, isGeneric: Bool)]) {
        var spellings: [Spelling] = []
        var parts: [Range<Int>] = []
        var literals: [UInt8] = []
        for (template, message, isGeneric) in templates {
            spellings.append(
                Spelling(
                    message: UInt16(message), isGeneric: isGeneric, literalCount: template.literalCount,
                    firstPart: parts.count, partCount: template.parts.count - 1))
            for part in template.parts.dropFirst() {
                parts.append(literals.count..<literals.count + part.count)
                literals += part
            }
        }
        self.spellings = spellings
        self.parts = parts
        self.literals = literals
        tree = LiteralTree(templates.map(\.template))
    }

    /// The message in `range`, or behind one of the first prefixes in it. Of several that fit it is the one with the most
    /// literal text.
    func match(_ text: RawSpan, _ range: Range<Int>, _ mode: Mode) -> CatalogueMatch? {
        if let (number, end) = find(text, range, mode) {
            return CatalogueMatch(message: spellings[number].message, end: end)
        }
        let limit = mode == .whole ? range.upperBound : ConsoleLine.fieldsStart(text, range)
        var at = range.lowerBound
        for _ in 0..<Self.prefixes {
            guard let colon = text.first(": ", in: at..<limit) else { break }
            at = colon + 2
            if let (number, end) = find(text, at..<range.upperBound, mode), !spellings[number].isGeneric {
                return CatalogueMatch(message: spellings[number].message, end: end)
            }
        }
        return nil
    }

    // MARK: - From one place

    /// The best spelling from the start of `range` on, and where it ends.
    private func find(_ text: RawSpan, _ range: Range<Int>, _ mode: Mode) -> (number: Int, end: Int)? {
        var best: (number: Int, end: Int, literal: Int)?
        // Nodes that beginnings of templates with a wildcard lead to; of more than four on one way the last four.
        var open = InlineArray<4, (node: LiteralTree.Node, at: Int)>(repeating: (LiteralTree.Node(), 0))
        var openCount = 0
        var node = tree.nodes[0]
        var at = range.lowerBound
        while true {
            if node.openCount > 0 {
                open[openCount & 3] = (node, at)
                openCount += 1
            }
            guard let (next, nextAt) = tree.step(node, text, at, range.upperBound) else { break }
            (node, at) = (next, nextAt)
            if node.exact != LiteralTree.none, isEnd(text, at, range.upperBound, mode) {
                best = (Int(node.exact), at, at - range.lowerBound)
            }
        }
        var index = openCount
        while index > max(0, openCount - 4) {
            index -= 1
            let (node, at) = open[index & 3]
            for place in Int(node.firstOpen)..<Int(node.firstOpen) + Int(node.openCount) {
                let number = Int(tree.open[place])
                let spelling = spellings[number]
                guard spelling.literalCount > best?.literal ?? -1,
                    let end = end(of: spelling, text, at..<range.upperBound, mode)
                else { continue }
                best = (number, end, spelling.literalCount)
            }
        }
        if let best { return (best.number, best.end) }
        return empty(text, range, mode)
    }

    /// The empty message, if there is nothing but fields.
    private func empty(_ text: RawSpan, _ range: Range<Int>, _ mode: Mode) -> (number: Int, end: Int)? {
        let exact = tree.nodes[0].exact
        guard exact != LiteralTree.none else { return nil }
        let isEmpty = range.isEmpty || mode == .prefix && Self.isField(text, range.lowerBound, range.upperBound)
        return isEmpty ? (Int(exact), range.lowerBound) : nil
    }

    /// Where `spelling` ends, whose beginning ends at the start of `rest`; nil if the rest is not its own.
    private func end(of spelling: Spelling, _ text: RawSpan, _ rest: Range<Int>, _ mode: Mode) -> Int? {
        let last = spelling.firstPart + spelling.partCount - 1
        var at = rest.lowerBound
        for index in spelling.firstPart..<last {
            guard let found = first(parts[index], text, at..<rest.upperBound) else { return nil }
            at = found + parts[index].count
        }
        if parts[last].isEmpty {
            return mode == .whole ? rest.upperBound : ConsoleLine.fieldsStart(text, at..<rest.upperBound)
        }
        while let found = first(parts[last], text, at..<rest.upperBound) {
            let end = found + parts[last].count
            if isEnd(text, end, rest.upperBound, mode) { return end }
            at = found + 1
        }
        return nil
    }

    /// The first offset in `range` at which the literal `part` stands; nil if there is none.
    private func first(_ part: Range<Int>, _ text: RawSpan, _ range: Range<Int>) -> Int? {
        let literals = literals.span.bytes
        let initial = literals.byte(part.lowerBound)
        let last = range.upperBound - part.count
        var at = range.lowerBound
        while at <= last {
            if text.byte(at).lowercased == initial,
                text.equalsLowercase(at, literals, part.lowerBound, count: part.count)
            {
                return at
            }
            at += 1
        }
        return nil
    }

    // MARK: - Ends

    /// Whether a message may end at `at`. White space that it had at its end does not matter, escaped or not.
    @inline(__always)
    private func isEnd(_ text: RawSpan, _ at: Int, _ limit: Int, _ mode: Mode) -> Bool {
        if at == limit { return true }
        var at = at
        if text.byte(at) != 0x20 {
            at = Self.skippingWhiteSpace(text, at, limit)
            if at == limit { return true }
        }
        return mode == .prefix && text.byte(at) == 0x20 && Self.isField(text, at + 1, limit)
    }

    /// Whether a field, `key=`, begins at `start`.
    private static func isField(_ text: RawSpan, _ start: Int, _ limit: Int) -> Bool {
        guard start < limit, text.byte(start).isLetter || text.byte(start) == UInt8(ascii: "_") else { return false }
        var at = start + 1
        let end = min(limit, start + 64)
        while at < end, text.byte(at).isFieldName { at += 1 }
        return at < limit && text.byte(at) == UInt8(ascii: "=")
    }

    /// The first byte from `start` on that is not part of a line feed, a tab or their escapes.
    private static func skippingWhiteSpace(_ text: RawSpan, _ start: Int, _ limit: Int) -> Int {
        var at = start
        while at < limit {
            if text.byte(at) == 0x0A || text.byte(at) == 0x09 || text.byte(at) == 0x0D {
                at += 1
            } else if text.has("\\n", at: at) || text.has("\\t", at: at) {
                at += 2
            } else if text.has("#012", at: at) || text.has("#011", at: at) {
                at += 4
            } else {
                break
            }
        }
        return min(at, limit)
    }
}
