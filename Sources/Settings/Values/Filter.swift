public import Filter

extension Settings {
    /// Which records a destination gets: those for which everything holds that is given.
    public struct Filter: Sendable, Hashable {
        /// The least severe severity, 0 to 7.
        public internal(set) var severity: Int?
        /// The facilities, 0 to 23; empty for all.
        public internal(set) var facilities: [Int] = []
        /// APP-NAMEs, HOSTNAMEs and events of Headscale; empty for all.
        public internal(set) var applications: [Pattern] = []
        public internal(set) var hosts: [Pattern] = []
        public internal(set) var headscaleEvents: [Pattern] = []
        /// What else has to hold.
        public internal(set) var expression: Condition?

        /// All of it as one.
        public var record: RecordFilter {
            var conditions: [Condition] = []
            if let severity { conditions.append(.atLeast(severity: severity)) }
            let choices: [[Condition]] = [
                facilities.map { .facility($0) }, applications.map { .field(.application, $0) },
                hosts.map { .field(.host, $0) },
                headscaleEvents.map {
                    .parameter(element: Array("headscale".utf8), name: Array("event".utf8), $0.escaped)
                },
            ]
            for choice in choices where !choice.isEmpty { conditions.append(.any(choice)) }
            if let expression { conditions.append(expression) }
            return RecordFilter(.all(conditions))
        }

        var isEmpty: Bool { self == Filter() }
    }
}

extension Kind where Value == Int {
    /// The name of a severity.
    static let severity = named(Condition.severityNames, "a severity", example: "warning") {
        Condition.severity(named: $0)
    }
    /// The name of a facility.
    static let facility = named(Condition.facilityNames, "a facility", example: "auth") {
        Condition.facility(named: $0)
    }

    private static func named(
        _ names: [String], _ expected: String, example: String, _ number: @escaping @Sendable (String) -> Int?
    ) -> Kind {
        .scalar(expected, example: example, schema: ["enum": .list(names.map { .text($0) })]) {
            text, _ throws(ScalarProblem) in
            guard let value = number(text) else {
                let suggestion = Suggestion.closest(to: text, among: names)
                throw ScalarProblem(
                    "is not \(expected)",
                    remedy: suggestion.map { "did you mean \(quoted($0))?" }
                        ?? "there are \(names.joined(separator: ", "))")
            }
            return value
        } show: {
            .text(names[$0])
        }
    }
}

extension Kind where Value == Pattern {
    /// Text in which `*` stands for anything.
    static func pattern(example: String) -> Kind {
        .scalar(
            "text, perhaps with *", example: example, name: "pattern",
            schema: ["type": "string", "minLength": 1, "maxLength": .integer(Pattern.lengthLimit)]
        ) { text, _ throws(ScalarProblem) in
            guard !text.isEmpty, let pattern = Pattern(text) else {
                throw ScalarProblem(
                    .outOfRange, "is empty or longer than \(Pattern.lengthLimit) octets",
                    remedy: "write it like \(example)")
            }
            return pattern
        } show: { _ in
            nil
        }
    }
}

extension Kind where Value == Condition {
    /// An expression. What is wrong with it is reported where it is wrong.
    static let expression = Kind(
        shape: .scalar(
            name: "expression",
            schema: ["type": "string", "minLength": 1, "maxLength": .integer(Expression.lengthLimit)],
            example: "app = headscale or severity >= error", limits: "")
    ) { node, path, decoding in
        guard case .scalar(let source, let isPlain) = node.content else {
            decoding.report(
                .wrongType, at: node.position, "\(path): expected an expression, found \(node.found)",
                remedy: "write it like app = headscale or severity >= error")
            return nil
        }
        guard let scalar = decoding.scalar(source, isPlain: isPlain, path: path, at: node.position) else { return nil }
        do throws(ExpressionError) {
            return try Expression.parse(scalar.text)
        } catch {
            decoding.report(
                .invalidValue, at: position(of: error, node, scalar, isPlain: isPlain), "\(path): \(error.message)",
                remedy: error.remedy)
            return nil
        }
    } show: { _ in
        nil
    }

    /// Where the mistake is. In text over several lines, or with variables or escapes in it, only where that begins.
    private static func position(
        of error: ExpressionError, _ node: YAMLNode, _ scalar: Decoding.Scalar, isPlain: Bool
    ) -> FilePosition {
        let isOnOneLine = !scalar.text.contains { "\n\"'\\".contains($0) } || isPlain
        guard !scalar.isSubstituted, isOnOneLine else { return node.position }
        return FilePosition(
            file: node.position.file, line: node.position.line,
            column: node.position.column + error.offset + (isPlain ? 0 : 1))
    }
}
