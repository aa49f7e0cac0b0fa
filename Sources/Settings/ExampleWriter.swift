/// Writes a configuration file that shows every key of an outline.
struct ExampleWriter {
    private var lines: [String] = []
    /// Comments that are not said twice within one list.
    private var said: Set<String> = []

    static func write(_ outline: Outline) -> String {
        var writer = ExampleWriter()
        writer.lines = [
            "# yaml-language-server: $schema=waxwing.schema.json",
            "#",
            "# Every key of waxwing.yaml, with its default or an example; lines that are commented out show keys that",
            "# have no default. A file needs only what differs. Values may contain ${NAME} and ${NAME:-default} for",
            "# environment variables (in quotes between brackets; $$ is a dollar sign); paths start from this file's folder.",
            "# Check a file with:",
            "#   waxwing check --config waxwing.yaml",
        ]
        for field in outline.fields {
            writer.lines.append("")
            writer.said = []
            writer.write(field, indent: "")
        }
        return writer.lines.joined(separator: "\n") + "\n"
    }

    private mutating func write(_ field: FieldOutline, indent: String) {
        comment(field.fullDocumentation, indent: indent)
        switch field.shape {
        case .object(let outline):
            lines.append("\(indent)\(field.name):")
            for inner in outline.fields { write(inner, indent: indent + "  ") }
        case .list(.object(let outline), _) where outline.choice != nil:
            lines.append("\(indent)\(field.name):")
            writeElements(outline, indent: indent + "  ")
        case .list, .scalar:
            if let text = field.example ?? field.defaultText {
                lines.append("\(indent)\(field.name): \(text)")
            } else {
                lines.append("\(indent)# \(field.name): \(field.shape.example)")
            }
        }
    }

    /// One element of each variant.
    private mutating func writeElements(_ outline: Outline, indent: String) {
        for variant in outline.choice?.variants ?? [] {
            comment(variant.documentation, indent: indent)
            let start = lines.count
            switch outline.choice?.selector {
            case .value(let key, let documentation):
                // Names have to be unique, and the variants' are.
                for field in outline.fields { write(field.showing(variant.name, if: "name"), indent: indent + "  ") }
                comment(documentation, indent: indent + "  ")
                lines.append("\(indent)  \(key): \(variant.name)")
                for field in variant.fields { write(field, indent: indent + "  ") }
            case .key, nil:
                for field in variant.fields + outline.fields { write(field, indent: indent + "  ") }
            }
            beginElement(at: start, indent: indent)
        }
    }

    /// Puts the dash of a list element in front of its first key, and comments before that above it.
    private mutating func beginElement(at start: Int, indent: String) {
        guard let first = lines[start...].firstIndex(where: { !$0.hasPrefix("\(indent)  #") }) else { return }
        for index in start..<first { lines[index] = String(lines[index].dropFirst(2)) }
        lines[first] = "\(indent)- \(lines[first].dropFirst(indent.count + 2))"
    }

    private mutating func comment(_ text: String, indent: String) {
        guard said.insert(text).inserted else { return }
        var line = "\(indent)#"
        for word in text.split(separator: " ") {
            if line.count + 1 + word.count > 118 {
                lines.append(line)
                line = "\(indent)#"
            }
            line += " \(word)"
        }
        lines.append(line)
    }
}

extension FieldOutline {
    /// This field with another example, if it is the one called `name`.
    fileprivate func showing(_ example: String, if name: String) -> FieldOutline {
        guard self.name == name else { return self }
        return FieldOutline(
            name: name, documentation: documentation, isRequired: isRequired, defaultValue: defaultValue,
            example: example,
            shape: shape)
    }

    /// The default as YAML.
    fileprivate var defaultText: String? {
        switch defaultValue {
        case .text(let text): ScalarType(plain: text) == .text ? text : text == "0" ? "0" : "\"\(text)\""
        case .integer(let value): String(value)
        case .boolean(let value): String(value)
        case .list, .object, nil: nil
        }
    }
}
