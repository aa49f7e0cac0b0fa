/// A mapping while it is decoded: its entries, its path and the conditions on its keys.
struct Mapping: Sendable {
    let entries: [YAMLNode.Entry]
    /// Where it is in the document (`listeners[0]`); empty for the root.
    let path: String
    let position: FilePosition

    subscript(key: String) -> YAMLNode.Entry? { entries.first { $0.key == key } }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private var place: String { path.isEmpty ? "" : " in \(path)" }

    // MARK: - Values

    /// Reads the values of `fields`, whose outlines are `outlines`, into `value`, and reports required keys that are
    /// missing.
    func read<Value>(
        _ fields: [Field<Value>], _ outlines: [FieldOutline], into value: inout Value, _ decoding: inout Decoding
    ) {
        for (field, outline) in zip(fields, outlines) {
            if let entry = self[outline.name] {
                field.read(entry.value, path(of: outline.name), &value, &decoding)
            } else if outline.isRequired {
                decoding.report(
                    .missingKey, at: position, "the key \(quoted(outline.name)) is missing\(place)",
                    remedy: "add \"\(outline.name): \(outline.example ?? outline.shape.example)\"")
            }
        }
    }

    // MARK: - Keys

    /// Reports keys that the object does not have, or does not have as this variant. Without a variant (there was an
    /// error) those of all variants are let through.
    func checkKeys(_ outline: Outline, variant: VariantOutline?, _ decoding: inout Decoding) {
        var allowed = outline.fields.map(\.name)
        if case .value(let key, _) = outline.choice?.selector { allowed.append(key) }
        let variants = outline.choice?.variants ?? []
        allowed += (variant.map { [$0] } ?? variants).flatMap { $0.fields.map(\.name) }
        for entry in entries where !allowed.contains(entry.key) {
            let owners = variants.filter { $0.fields.contains { $0.name == entry.key } }.map(\.name)
            if let variant, !owners.isEmpty {
                decoding.report(
                    .misplacedKey, at: entry.keyPosition,
                    "the key \(quoted(entry.key))\(place) does not belong to a \(variant.name) \(outline.noun)",
                    remedy: "remove it: only a \(owners.joined(separator: " or ")) \(outline.noun) has it")
            } else {
                reportUnknown(entry, allowed: allowed, &decoding)
            }
        }
    }

    private func reportUnknown(_ entry: YAMLNode.Entry, allowed: [String], _ decoding: inout Decoding) {
        let suggestion = Suggestion.closest(to: entry.key, among: allowed)
        decoding.report(
            .unknownKey, at: entry.keyPosition, "unknown key \(quoted(entry.key))\(place)",
            remedy: suggestion.map { "did you mean \(quoted($0))?" }
                ?? "the keys here are \(allowed.joined(separator: ", "))")
    }

    /// Reports rules that the given keys break.
    func check(_ rules: [Rule], _ decoding: inout Decoding) {
        for rule in rules {
            switch rule {
            case .together(let first, let second):
                guard (self[first] == nil) != (self[second] == nil), let given = self[first] ?? self[second] else {
                    continue
                }
                let missing = given.key == first ? second : first
                decoding.report(
                    .missingKey, at: given.keyPosition, "\(path(of: given.key)) is given without \(quoted(missing))",
                    remedy: "give both or none")
            case .exclusive(let first, let second):
                let given = entries.filter { $0.key == first || $0.key == second }
                guard given.count == 2 else { continue }
                decoding.report(
                    .conflict, at: given[1].keyPosition,
                    "\(path): has both \(quoted(first)) and \(quoted(second))",
                    remedy: "give one of them")
            case .some(let keys, let exception, let reason):
                if let exception, text(of: exception.key, decoding) == exception.value { continue }
                guard !keys.contains(where: { self[$0] != nil }) else { continue }
                decoding.report(
                    .missingKey, at: position, "\(path): neither \(keys.joined(separator: " nor ")) is given",
                    remedy: reason)
            }
        }
    }

    /// The text of a scalar with its variables replaced; nil if there is none.
    private func text(of key: String, _ decoding: Decoding) -> String? {
        guard case .scalar(let text, _)? = self[key]?.value.content else { return nil }
        return (try? Variables.substitute(text, decoding.environment)) ?? text
    }
}

extension Shape {
    /// A value as it could be written.
    var example: String {
        switch self {
        case .scalar(_, _, let example, _): example
        case .list(let element, _): "[\(element.example)]"
        case .object(let outline):
            "{\(outline.fields.compactMap { field in field.example.map { "\(field.name): \($0)" } }.joined(separator: ", "))}"
        }
    }
}
