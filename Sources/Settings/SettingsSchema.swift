/// The configuration format for other programs and for people, made of the definitions that ``Settings`` is read by.
public enum SettingsSchema {
    /// A JSON Schema (draft 2020-12) of `waxwing.yaml`, from which editors complete and check it.
    /// The text is the same for the same definitions; it ends in a line feed.
    public static func json() -> String {
        var writer = SchemaWriter()
        let root = writer.object(Object<Settings>.settings.outline)
        let schema = root.merging([
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "waxwing.yaml",
            "description": "Configuration of the Waxwing syslog relay.",
            "$defs": .object(writer.definitions),
        ])
        return schema.formatted + "\n"
    }

    /// A configuration file that has every key with its documentation, and loads. It ends in a line feed.
    public static func example() -> String {
        ExampleWriter.write(Object<Settings>.settings.outline)
    }
}

/// Turns outlines into JSON Schema.
private struct SchemaWriter {
    /// Schemas that are used in several places.
    var definitions: [String: JSON] = [
        "variable": [
            "description": "An environment variable: ${NAME} or ${NAME:-default}.", "type": "string",
            "pattern": "\\$\\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\\}",
        ]
    ]

    mutating func object(_ outline: Outline) -> JSON {
        guard let choice = outline.choice else {
            return plainObject(outline.fields, required: [:], rules: outline.rules)
        }
        let variants: [JSON] = choice.variants.map { variant in
            var schema = plainObject(
                outline.fields + variant.fields, required: selectorProperties(choice.selector, variant.name),
                rules: outline.rules + variant.rules)
            schema = schema.merging(["title": .text("\(variant.name) \(outline.noun)")])
            return schema.merging(["description": .text(variant.documentation)])
        }
        return ["oneOf": .list(variants)]
    }

    private func selectorProperties(_ selector: Selector, _ name: String) -> [String: JSON] {
        guard case .value(let key, let documentation) = selector else { return [:] }
        return [key: ["const": .text(name), "description": .text(documentation)]]
    }

    /// An object with `fields`, the properties `required` besides, and `rules`.
    private mutating func plainObject(_ fields: [FieldOutline], required: [String: JSON], rules: [Rule]) -> JSON {
        var properties = required
        var requiredNames = Array(required.keys)
        for field in fields {
            properties[field.name] = property(field)
            if field.isRequired { requiredNames.append(field.name) }
        }
        var schema: [String: JSON] = [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
        ]
        if !requiredNames.isEmpty { schema["required"] = .list(requiredNames.sorted().map { .text($0) }) }
        var dependencies: [String: JSON] = [:]
        var exclusions: [JSON] = []
        for rule in rules {
            switch rule {
            case .together(let first, let second):
                dependencies[first] = [.text(second)]
                dependencies[second] = [.text(first)]
            case .exclusive(let first, let second):
                exclusions.append(["required": [.text(first), .text(second)]])
            case .some(let keys, let exception, _):
                var alternatives: [JSON] = keys.map { ["required": [.text($0)]] }
                if let exception {
                    alternatives.append([
                        "required": [.text(exception.key)],
                        "properties": .object([exception.key: ["const": .text(exception.value)]]),
                    ])
                }
                schema["anyOf"] = .list(alternatives)
            }
        }
        if !exclusions.isEmpty { schema["not"] = ["anyOf": .list(exclusions)] }
        if !dependencies.isEmpty { schema["dependentRequired"] = .object(dependencies) }
        return .object(schema)
    }

    private mutating func property(_ field: FieldOutline) -> JSON {
        var members: [String: JSON] = ["description": .text(field.fullDocumentation)]
        if let value = field.defaultValue { members["default"] = value }
        return value(field.shape).merging(members)
    }

    private mutating func value(_ shape: Shape) -> JSON {
        switch shape {
        case .object(let outline):
            return object(outline)
        case .list(let element, let count):
            return [
                "type": "array", "items": value(element), "minItems": .integer(count.lowerBound),
                "maxItems": .integer(count.upperBound),
            ]
        case .scalar(let name?, let schema, _, _):
            definitions[name] = schema
            return ["$ref": .text("#/$defs/\(name)")]
        case .scalar(nil, let schema, _, _):
            guard case .object(let members) = schema, members["pattern"] == nil else { return schema }
            return ["anyOf": [schema, ["$ref": "#/$defs/variable"]]]
        }
    }
}

extension FieldOutline {
    /// The documentation with the limits of the value.
    var fullDocumentation: String {
        guard case .scalar(_, _, _, let limits) = shape, !limits.isEmpty else { return documentation }
        return "\(documentation) \(limits)"
    }
}
