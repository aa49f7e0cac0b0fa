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
    /// Octets of a common message that is looked for behind a prefix: a shorter one is just the end of something else.
    static let leastBehindPrefix = 14

    /// A way to write a message.
    private struct Spelling {
        let message: UInt16
        let isGeneric: Bool
        let literalCount: Int
        /// Its parts behind the beginning, in `parts`.
        let parts: Range<Int>
        /// The names of its fields, in `names`.
        let names: Range<Int>
    }

    private let spellings: [Spelling]
    /// Where the parts stand in `literals`, and the names of fields; all of it in lower case.
    private let parts: [Range<Int>]
    private let names: [Range<Int>]
    private let literals: [UInt8]
    private let tree: LiteralTree

    /// What a matcher is made of: a message, the ways to write it, and the names of the fields behind it.
    struct Message {
        let templates: [MessageTemplate]
        let isGeneric: Bool
        var fields: [FixedText]
    }

    /// A matcher of `messages`, whose numbers are their places.
    init(_ messages: [Message]) {
        var spellings: [Spelling] = []
        var parts: [Range<Int>] = []
        var names: [Range<Int>] = []
        var literals: [UInt8] = []
        func add(_ text: some Collection<UInt8>) -> Range<Int> {
            literals += text
            return literals.count - text.count..<literals.count
        }
        for (number, message) in messages.enumerated() {
            names += message.fields.map { add($0.string.utf8.map(\.lowercased)) }
            for template in message.templates {
                parts += template.parts.dropFirst().map { add($0) }
                spellings.append(
                    Spelling(
                        message: UInt16(number), isGeneric: message.isGeneric, literalCount: template.literalCount,
                        parts: parts.count - template.parts.count + 1..<parts.count,
                        names: names.count - message.fields.count..<names.count))
            }
        }
        self.spellings = spellings
        self.parts = parts
        self.names = names
        self.literals = literals
        tree = LiteralTree(messages.flatMap(\.templates))
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
            if let (number, end) = find(text, at..<range.upperBound, mode), isFoundBehindPrefix(spellings[number]) {
                return CatalogueMatch(message: spellings[number].message, end: end)
            }
        }
        return nil
    }

    private func isFoundBehindPrefix(_ spelling: Spelling) -> Bool {
        !spelling.isGeneric || (spelling.parts.isEmpty && spelling.literalCount >= Self.leastBehindPrefix)
    }

    // MARK: - From one place

    /// The best spelling from the start of `range` on, and where it ends.
    private func find(_ text: RawSpan, _ range: Range<Int>, _ mode: Mode) -> (number: Int, end: Int)? {
        var best: Candidate?
        // Nodes that beginnings of templates with a wildcard lead to; of more than four on one way the last four.
        var open = InlineArray<4, (node: Int, at: Int)>(repeating: (0, 0))
        var openCount = 0
        var number = 0
        var at = range.lowerBound
        while let (next, nextAt) = tree.step(tree.nodes[number], text, at, range.upperBound) {
            (number, at) = (next, nextAt)
            let node = tree.nodes[number]
            if node.exact != LiteralTree.none, let end = Self.end(text, at, range.upperBound, mode) {
                best = Candidate(number: Int(node.exact), end: end, literalCount: at - range.lowerBound)
            }
            if node.openCount > 0 {
                open[openCount & 3] = (number, at)
                openCount += 1
            }
        }
        var index = openCount
        while index > max(0, openCount - 4) {
            index -= 1
            let (node, at) = open[index & 3]
            // What is behind a message and the space after it are fields, and not the beginning of a longer message.
            if let best, best.end < at, hasOwnField(best.number, text, best.end + 1..<range.upperBound) { continue }
            improve(&best, with: tree.nodes[node], text, at..<range.upperBound, mode)
        }
        // Templates that begin with a wildcard fit anywhere, and so come last.
        if best == nil { improve(&best, with: tree.nodes[0], text, range, mode) }
        if let best { return (best.number, best.end) }
        return empty(text, range, mode)
    }

    /// A spelling that fits.
    private struct Candidate: Equatable {
        let number: Int
        let end: Int
        let literalCount: Int
    }

    /// Tries the templates whose beginnings end at `node` and at the start of `rest`; one with more literal text than
    /// `best` takes its place.
    private func improve(
        _ best: inout Candidate?, with node: LiteralTree.Node, _ text: RawSpan, _ rest: Range<Int>, _ mode: Mode
    ) {
        for place in Int(node.firstOpen)..<Int(node.firstOpen) + Int(node.openCount) {
            let number = Int(tree.open[place])
            let literalCount = spellings[number].literalCount
            guard literalCount > best?.literalCount ?? -1, let end = end(of: spellings[number], text, rest, mode)
            else { continue }
            best = Candidate(number: number, end: end, literalCount: literalCount)
        }
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
        let last = spelling.parts.upperBound - 1
        var at = rest.lowerBound
        for index in spelling.parts.lowerBound..<last {
            guard let found = first(parts[index], text, at..<rest.upperBound) else { return nil }
            at = found + parts[index].count
        }
        if parts[last].isEmpty {
            return mode == .whole ? rest.upperBound : fieldsStart(of: spelling, text, at..<rest.upperBound)
        }
        while let found = first(parts[last], text, at..<rest.upperBound) {
            if let end = Self.end(text, found + parts[last].count, rest.upperBound, mode) { return end }
            at = found + 1
        }
        return nil
    }

    /// The space in front of the first field in `range`, where a wildcard at the end of `spelling` ends; the end if there
    /// is none. Only the names of the message's own fields count, and `error`: what looks like another one is part of
    /// the value, which may be anybody's text.
    private func fieldsStart(of spelling: Spelling, _ text: RawSpan, _ range: Range<Int>) -> Int {
        var at = range.lowerBound
        while true {
            at = text.first(UInt8(ascii: "="), in: at..<range.upperBound)
            guard at < range.upperBound else { return at }
            var name = at
            while name > range.lowerBound, at - name <= 64, text.byte(name - 1).isFieldName { name -= 1 }
            if name > range.lowerBound, text.byte(name - 1) == 0x20, isField(of: spelling, text, name..<at) {
                return name - 1
            }
            at += 1
        }
    }

    /// Whether `range` begins with a field of that spelling's message.
    private func hasOwnField(_ number: Int, _ text: RawSpan, _ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        while at < range.upperBound, text.byte(at).isFieldName { at += 1 }
        return isField(of: spellings[number], text, range.lowerBound..<at)
    }

    private func isField(of spelling: Spelling, _ text: RawSpan, _ name: Range<Int>) -> Bool {
        if text.isWord("error", name) { return true }
        let literals = unsafe literals.span.bytes
        return names[spelling.names].contains {
            $0.count == name.count
                && text.equalsLowercase(name.lowerBound, literals, $0.lowerBound, count: name.count)
        }
    }

    /// The first offset in `range` at which the literal `part` stands; nil if there is none.
    private func first(_ part: Range<Int>, _ text: RawSpan, _ range: Range<Int>) -> Int? {
        let literals = unsafe literals.span.bytes
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

    /// Where a message ends whose text ends at `at`, white space behind it included, escaped or not; nil if it cannot end
    /// there.
    @inline(__always)
    private static func end(_ text: RawSpan, _ at: Int, _ limit: Int, _ mode: Mode) -> Int? {
        if at == limit { return at }
        let end = text.byte(at) == 0x20 ? at : skippingWhiteSpace(text, at, limit)
        if end == limit { return end }
        return mode == .prefix && text.byte(end) == 0x20 && isField(text, end + 1, limit) ? end : nil
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
