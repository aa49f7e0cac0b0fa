// The kinds of values that are not of a type of their own: truth values, numbers, words, text and paths.

extension Kind where Value == Bool {
    /// `true` or `false`.
    static let boolean = Kind.scalar(
        "true or false", types: [.boolean], example: "true", schema: ["type": "boolean"]
    ) { text, _ throws(ScalarProblem) in
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default: throw ScalarProblem("is not a truth value", remedy: "write true or false")
        }
    } show: {
        .boolean($0)
    }
}

extension Kind where Value == Int {
    /// A decimal number within `range`.
    static func integer(_ range: ClosedRange<Int>) -> Kind {
        .scalar(
            "a whole number", types: [.integer], example: String(range.lowerBound),
            schema: ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
            limits: "\(range.lowerBound) to \(range.upperBound)."
        ) { text, _ throws(ScalarProblem) in
            guard ScalarType(plain: text) == .integer else {
                throw ScalarProblem(
                    "is not a whole number", remedy: "write a number from \(range.lowerBound) to \(range.upperBound)")
            }
            guard let value = Int(text), range.contains(value) else {
                throw ScalarProblem(
                    .outOfRange, "is not from \(range.lowerBound) to \(range.upperBound)",
                    remedy: "write a decimal number in that range")
            }
            return value
        } show: {
            .integer($0)
        }
    }
}

extension Kind where Value == String {
    /// One of `words`.
    static func word(_ words: [String]) -> Kind {
        .scalar(
            "one of \(words.joined(separator: ", "))", example: words.first ?? "",
            schema: ["enum": .list(words.map { .text($0) })]
        ) { text, _ throws(ScalarProblem) in
            guard words.contains(text) else {
                let suggestion = Suggestion.closest(to: text, among: words)
                throw ScalarProblem(
                    "is not one of \(words.joined(separator: ", "))",
                    remedy: suggestion.map { "did you mean \(quoted($0))?" } ?? "write one of them")
            }
            return text
        } show: {
            .text($0)
        }
    }

    /// Text of 1 to `limit` bytes out of `allowed` (as in a regular expression's brackets: `a-z0-9.`).
    /// `expected` is a noun phrase.
    static func text(_ expected: String, allowed: String, limit: Int, example: String) -> Kind {
        let members = CharacterRange.parse(allowed)
        return .scalar(
            expected, example: example,
            schema: ["type": "string", "pattern": .text(JSON.pattern("[\(allowed)]{1,\(limit)}"))]
        ) { text, _ throws(ScalarProblem) in
            let bytes = text.utf8
            guard !bytes.isEmpty, bytes.count <= limit,
                bytes.allSatisfy({ byte in members.contains { $0.contains(byte) } })
            else {
                throw ScalarProblem(
                    "is not \(expected)", remedy: "write 1 to \(limit) characters out of \(allowed), such as \(example)"
                )
            }
            return text
        } show: {
            .text($0)
        }
    }

    /// A path; relative ones start from the configuration file's folder.
    static func path(example: String) -> Kind {
        .scalar(
            "a path", example: example, name: "path", schema: ["type": "string", "minLength": 1]
        ) { text, decoding throws(ScalarProblem) in
            try Paths.resolve(text, from: decoding.baseDirectory)
        } show: {
            .text("./\($0)")
        }
    }
}

extension Kind where Value: RawRepresentable<String> & CaseIterable {
    /// One of the words an enumeration has.
    static var word: Kind {
        let words = Kind<String>.word(Value.allCases.map(\.rawValue))
        return Kind(shape: words.shape) { node, path, decoding in
            words.read(node, path, &decoding).flatMap { Value(rawValue: $0) }
        } show: {
            .text($0.rawValue)
        }
    }
}

/// The members of a bracket expression.
enum CharacterRange {
    static func parse(_ members: String) -> [ClosedRange<UInt8>] {
        var ranges: [ClosedRange<UInt8>] = []
        var rest = Array(members.utf8)[...]
        while let first = rest.popFirst() {
            if rest.count >= 2, rest.first == 0x2D, let last = rest.dropFirst().first {
                ranges.append(first...last)
                rest = rest.dropFirst(2)
            } else {
                ranges.append(first...first)
            }
        }
        return ranges
    }
}

extension JSON {
    /// A regular expression for a whole value that also lets variables through.
    static func pattern(_ expression: String) -> String { "^(?:\(expression))$|\\$\\{" }
}

/// Paths as they are written in the configuration.
enum Paths {
    /// Linux's PATH_MAX, less the NUL.
    static let lengthLimit = 4095

    /// `text` as a path that is absolute or starts from the working directory.
    static func resolve(_ text: String, from base: String) throws(ScalarProblem) -> String {
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw ScalarProblem("is not a path", remedy: "give a path, or remove the key")
        }
        guard text != "~", !text.hasPrefix("~/") else {
            throw ScalarProblem("begins with ~, which is not expanded", remedy: "write the full path, or ${HOME}/…")
        }
        var relative = text[...]
        while relative.hasPrefix("./") { relative = relative.dropFirst(2).drop { $0 == "/" } }
        if relative.isEmpty || relative == "." { relative = "" }
        let path: String
        if text.hasPrefix("/") {
            path = text
        } else if base.isEmpty {
            path = relative.isEmpty ? "." : String(relative)
        } else {
            path = relative.isEmpty ? base : base == "/" ? "/\(relative)" : "\(base)/\(relative)"
        }
        guard path.utf8.count <= lengthLimit else {
            throw ScalarProblem(.outOfRange, "is longer than \(lengthLimit) bytes", remedy: "use a shorter path")
        }
        return path
    }

    /// `path` without what makes no difference: empty and `.` components.
    static func plain(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return path.hasPrefix("/") ? "/\(parts)" : parts.isEmpty ? "." : parts
    }
}
