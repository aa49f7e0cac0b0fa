internal import Yams

/// Turns YAML text into a ``YAMLNode`` tree, within limits. The only place that knows Yams.
///
/// Yams ends at the first duplicate key and names the first of the two. To report all of them, and the rest of the
/// file's errors with them, that key is masked with private-use characters (which keep every line and column) and the
/// text is read again; the duplicates are then found here, with both positions.
struct YAMLReader {
    /// Values in a document, aliases expanded.
    static let nodeLimit = 20_000
    /// Mappings and lists within each other.
    static let depthLimit = 32
    /// What a document may cost, in bytes that Yams hashes (see ``checkCost(_:)``).
    static let costLimit = 64 << 20
    /// Duplicate keys that are looked for, in documents of at most ``maskingLimit`` bytes; in others the first ends it.
    static let duplicateLimit = 20
    static let maskingLimit = 64 << 10

    private let file: String
    private var names: [String: String] = [:]
    private var nodeCount = 0
    /// Errors found on the way that leave the rest of the document readable.
    private(set) var errors: [SettingsError] = []

    init(file: String) {
        self.file = file
    }

    /// The document's root, or nil if it is empty.
    mutating func read(_ text: String) throws(SettingsError) -> YAMLNode? {
        try checkCost(text)
        var masked = text
        while true {
            do {
                let parser = try Parser(yaml: masked, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot(), !isEmpty(root) else { return nil }
                return try convert(root, depth: 0)
            } catch let error as SettingsError {
                throw error
            } catch let YamlError.duplicatedKeysInMapping(keys, context) {
                guard mask(keys.first ?? "", at: context.mark, in: &masked) else {
                    throw SettingsError(
                        .duplicateKey, at: position(context.mark), "the key \(quoted(keys.first ?? "")) is given twice",
                        remedy: "keep one of them")
                }
            } catch {
                throw SyntaxErrors(file: file, text: text).translate(error)
            }
        }
    }

    // MARK: - Limits

    /// Yams hashes every key of a mapping, and a key may be a whole tree with aliases in it. Before it gets the text,
    /// this bounds what that can cost: `n` aliases repeat text at most 3^(n/3) times (the largest product of numbers
    /// whose sum is n), and a key within a key, which is hashed once more, takes a bracket or `?`.
    private func checkCost(_ text: String) throws(SettingsError) {
        var previous: UInt8 = 0
        var aliasCount = 0
        var bracketCount = 0
        for byte in text.utf8 {
            if previous == 0x2A, isDigit(byte) || isLetter(byte) || byte == 0x2D || byte == 0x5F { aliasCount += 1 }
            if byte == 0x5B || byte == 0x7B || byte == 0x3F { bracketCount += 1 }
            previous = byte
        }
        var cost = text.utf8.count
        for _ in stride(from: 0, to: aliasCount, by: 3) where cost <= Self.costLimit { cost *= 3 }
        if cost > Self.costLimit || cost * (1 + bracketCount) > Self.costLimit {
            throw SettingsError(
                .tooLarge, at: FilePosition(file: file),
                "\(aliasCount) aliases (*name) and \(bracketCount) brackets are too many for \(text.utf8.count) bytes",
                remedy: "write values out instead of using aliases, and lists and mappings without brackets")
        }
    }

    // MARK: - Tree

    /// Whether there is nothing behind `---`.
    private func isEmpty(_ root: Node) -> Bool {
        guard case .scalar(let scalar) = root else { return false }
        return scalar.style == .plain && scalar.string.isEmpty
    }

    private mutating func convert(_ node: Node, depth: Int) throws(SettingsError) -> YAMLNode {
        let place = position(node.mark)
        nodeCount += 1
        guard nodeCount <= Self.nodeLimit else {
            throw SettingsError(
                .tooLarge, at: place, "more than \(Self.nodeLimit) values (aliases expanded)",
                remedy: "use fewer aliases and shorter lists")
        }
        guard depth <= Self.depthLimit else {
            throw SettingsError(
                .tooLarge, at: place, "more than \(Self.depthLimit) levels of nesting",
                remedy: "nothing here is that deep")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain && scalar.tag.rawValue.isEmpty
            checkTag(scalar.tag, at: place)
            return YAMLNode(content: .scalar(scalar.string, isPlain: isPlain), position: place)
        case .sequence(let sequence):
            checkTag(sequence.tag, at: place)
            var items: [YAMLNode] = []
            for item in sequence { items.append(try convert(item, depth: depth + 1)) }
            return YAMLNode(content: .sequence(items), position: place)
        case .mapping(let mapping):
            checkTag(mapping.tag, at: place)
            return YAMLNode(content: .mapping(try entries(of: mapping, depth: depth)), position: place)
        case .alias:
            throw SettingsError(.syntax, at: place, "an alias without an anchor", remedy: "write the value out")
        }
    }

    private mutating func entries(of mapping: Node.Mapping, depth: Int) throws(SettingsError) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var lines: [String: Int] = [:]
        for (keyNode, valueNode) in mapping {
            let place = position(keyNode.mark)
            guard case .scalar(let scalar) = keyNode else {
                errors.append(
                    SettingsError(
                        .wrongType, at: place, "expected a key, found a list or mapping", remedy: "use text as key"))
                continue
            }
            let key = names["\(place.line):\(place.column)"] ?? scalar.string
            let value = try convert(valueNode, depth: depth + 1)
            if key == "<<" {
                errors.append(
                    SettingsError(
                        .unknownKey, at: place, "merge keys (<<) are not supported", remedy: "write the keys out"))
            } else if let line = lines.updateValue(lines[key] ?? place.line, forKey: key) {
                errors.append(
                    SettingsError(
                        .duplicateKey, at: place, "the key \(quoted(key)) is given twice, first in line \(line)",
                        remedy: "keep one of them"))
            } else {
                entries.append(.init(key: key, keyPosition: place, value: value))
            }
        }
        return entries
    }

    private mutating func checkTag(_ tag: Tag, at place: FilePosition) {
        let known: [Tag.Name] = [.implicit, .nonSpecific, .str, .seq, .map]
        guard !known.contains(where: { $0.rawValue == tag.rawValue }) else { return }
        errors.append(
            SettingsError(
                .syntax, at: place, "the tag \(quoted(tag.rawValue)) is not supported", remedy: "remove the tag"))
    }

    private func position(_ mark: Mark?) -> FilePosition {
        FilePosition(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0)
    }

    // MARK: - Duplicate keys

    /// Replaces the key `name` that stands at `mark` by as many private-use characters, which no other key has.
    /// False if it is not there literally (escaped, tagged, anchored or empty) or if there are too many.
    private mutating func mask(_ name: String, at mark: Mark, in text: inout String) -> Bool {
        guard names.count < Self.duplicateLimit, !name.isEmpty, text.utf8.count <= Self.maskingLimit,
            let filler = Unicode.Scalar(0xE000 + UInt32(names.count)),
            var start = TextPosition.index(line: mark.line, column: mark.column, in: text)
        else { return false }
        let scalars = text.unicodeScalars
        if start < scalars.endIndex, scalars[start] == "\"" || scalars[start] == "'" {
            start = scalars.index(after: start)
        }
        guard scalars[start...].starts(with: name.unicodeScalars) else { return false }
        let count = name.unicodeScalars.count
        let end = scalars.index(start, offsetBy: count)
        text.unicodeScalars.replaceSubrange(start..<end, with: repeatElement(filler, count: count))
        names["\(mark.line):\(mark.column)"] = name
        return true
    }
}
