extension Settings {
    /// Text in which fields of a record stand in braces: `syslog:{app_name}`.
    public struct Template: Sendable, Hashable, CustomStringConvertible {
        public enum Part: Sendable, Hashable {
            case text(String)
            case field(Field)
        }

        /// A field of a record; empty for one that the record has not.
        public enum Field: String, Sendable, CaseIterable {
            case hostname
            case appName = "app_name"
            case procID = "procid"
            case msgID = "msgid"
            case facility, severity
        }

        public let parts: [Part]

        public var isEmpty: Bool { parts.isEmpty }

        /// As it is written in the configuration.
        public var description: String {
            parts.map { part in
                switch part {
                case .text(let text): text
                case .field(let field): "{\(field.rawValue)}"
                }
            }.joined()
        }
    }
}

extension Kind where Value == Settings.Template {
    /// A template; an empty one leaves out what it is for.
    static func template(example: String) -> Kind {
        .scalar(
            "text with {fields}", example: example, name: "template", schema: ["type": "string", "maxLength": 256]
        ) { text, _ throws(ScalarProblem) in
            try parse(text)
        } show: {
            .text($0.description)
        }
    }

    static func parse(_ text: String) throws(ScalarProblem) -> Value {
        guard text.utf8.count <= 256, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw ScalarProblem("is too long or has control characters", remedy: "write at most 256 octets")
        }
        var parts: [Value.Part] = []
        var rest = text[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
            let names = Value.Field.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
            guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}"),
                let field = Value.Field(rawValue: String(rest[rest.index(after: brace)..<end]))
            else { throw ScalarProblem("has braces around something else than a field", remedy: "there are \(names)") }
            parts.append(.field(field))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        return Value(parts: parts)
    }
}
