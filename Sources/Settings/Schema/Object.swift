/// One key of an object: the line from which its decoding, default, documentation and schema come.
struct Field<Root: Sendable>: Sendable {
    /// The key's outline, its default taken from a prototype.
    let describe: @Sendable (Root) -> FieldOutline
    /// Reads the value at a path into the root.
    let read: @Sendable (YAMLNode, String, inout Root, inout Decoding) -> Void

    /// A key for the property at `keyPath`. Its default is what the object's prototype has there, unless it is
    /// `required`. What the example file shows is `example`, or else the default.
    init<Value>(
        _ keyPath: any WritableKeyPath<Root, Value> & Sendable, _ name: String, _ kind: Kind<Value>,
        required: Bool = false,
        example: String? = nil, _ documentation: String
    ) {
        describe = { prototype in
            FieldOutline(
                name: name, documentation: documentation, isRequired: required,
                defaultValue: required ? nil : kind.show(prototype[keyPath: keyPath]), example: example,
                shape: kind.shape)
        }
        read = { node, path, root, decoding in
            if let value = kind.read(node, path, &decoding) { root[keyPath: keyPath] = value }
        }
    }

    /// A key for a property that is nil unless the key is given.
    init<Value>(
        optional keyPath: any WritableKeyPath<Root, Value?> & Sendable, _ name: String, _ kind: Kind<Value>,
        example: String? = nil, _ documentation: String
    ) {
        describe = { _ in
            FieldOutline(
                name: name, documentation: documentation, isRequired: false, isOptional: true, defaultValue: nil,
                example: example, shape: kind.shape)
        }
        read = { node, path, root, decoding in
            if let value = kind.read(node, path, &decoding) { root[keyPath: keyPath] = value }
        }
    }

    /// `field` of a part of the root: its key is one of the root's mapping.
    init<Part>(_ part: any WritableKeyPath<Root, Part> & Sendable, _ field: Field<Part>) {
        describe = { field.describe($0[keyPath: part]) }
        read = { node, path, root, decoding in field.read(node, path, &root[keyPath: part], &decoding) }
    }
}

/// A mapping with named keys that becomes a `Value`.
struct Object<Value: Sendable>: Sendable {
    let outline: Outline
    private let prototype: Value
    private let keepPosition: @Sendable (inout Value, FilePosition) -> Void
    fileprivate let fields: [Field<Value>]
    private let choice: Choice<Value>?
    fileprivate let check: @Sendable (Value, String, inout Decoding) -> Void

    /// - Parameters:
    ///   - noun: What one of it is called in messages.
    ///   - prototype: Where the defaults come from.
    ///   - fields: Its keys.
    ///   - choice: Its variants, each with further keys.
    ///   - rules: Conditions on which keys are given.
    ///   - keepPosition: Puts the object's position in the file into it.
    ///   - check: Conditions on values; called with the object's path if there was no error in it so far.
    init(
        _ noun: String, _ prototype: Value, fields: [Field<Value>], choice: Choice<Value>? = nil, rules: [Rule] = [],
        keepPosition: @escaping @Sendable (inout Value, FilePosition) -> Void = { _, _ in },
        check: @escaping @Sendable (Value, String, inout Decoding) -> Void = { _, _, _ in }
    ) {
        self.prototype = prototype
        self.keepPosition = keepPosition
        self.fields = fields
        self.choice = choice
        self.check = check
        outline = Outline(
            noun: noun, fields: fields.map { $0.describe(prototype) }, choice: choice?.outline(prototype), rules: rules)
    }

    /// The value of a mapping, or nil if there was any error in it.
    func read(_ node: YAMLNode, _ path: String, _ decoding: inout Decoding) -> Value? {
        let errorCount = decoding.errorCount
        let value = decode(node, path, &decoding)
        return decoding.errorCount == errorCount ? value : nil
    }

    /// The value of a mapping, with defaults in place of what could not be read.
    func decode(_ node: YAMLNode, _ path: String, _ decoding: inout Decoding) -> Value {
        var value = prototype
        let errorCount = decoding.errorCount
        keepPosition(&value, node.position)
        guard case .mapping(let entries) = node.content else {
            let subject = path.isEmpty ? "" : "\(path): "
            decoding.report(
                .wrongType, at: node.position, "\(subject)expected a mapping of keys to values, found \(node.found)",
                remedy: "write \"\(outline.firstKey): …\"")
            return value
        }
        let mapping = Mapping(entries: entries, path: path, position: node.position)
        for entry in entries { decoding.note(mapping.path(of: entry.key), at: entry.value.position) }
        let variant = choice?.select(mapping, noun: outline.noun, &decoding)
        mapping.checkKeys(outline, variant: variant?.outline(prototype), &decoding)
        mapping.read(fields, outline.fields, into: &value, &decoding)
        mapping.check(outline.rules, &decoding)
        variant?.read(mapping, &value, &decoding)
        if decoding.errorCount == errorCount { check(value, path, &decoding) }
        return value
    }
}

/// The variants of an object.
struct Choice<Root: Sendable>: Sendable {
    let selector: Selector
    let variants: [Variant<Root>]

    func outline(_ prototype: Root) -> ChoiceOutline {
        ChoiceOutline(selector: selector, variants: variants.map { $0.outline(prototype) })
    }

    /// The variant that `mapping` is, or nil after reporting why there is none.
    func select(_ mapping: Mapping, noun: String, _ decoding: inout Decoding) -> Variant<Root>? {
        let names = variants.map(\.name)
        switch selector {
        case .key:
            let given = mapping.entries.filter { names.contains($0.key) }
            guard let first = given.first else {
                decoding.report(
                    .missingKey, at: mapping.position,
                    "\(mapping.path): the \(noun) has none of \(names.joined(separator: ", "))",
                    remedy: "give exactly one of them")
                return nil
            }
            guard given.count == 1 else {
                decoding.report(
                    .conflict, at: given[1].keyPosition,
                    "\(mapping.path): the \(noun) has both \(quoted(first.key)) and \(quoted(given[1].key))",
                    remedy: "make two \(noun)s of them")
                return nil
            }
            return variants.first { $0.name == first.key }
        case .value(let key, _):
            guard let entry = mapping[key] else {
                decoding.report(
                    .missingKey, at: mapping.position, "\(mapping.path): the \(noun) has no \(quoted(key))",
                    remedy: "add \(names.map { "\"\(key): \($0)\"" }.joined(separator: " or "))")
                return nil
            }
            let name = Kind<String>.word(names).read(entry.value, mapping.path(of: key), &decoding)
            return variants.first { $0.name == name }
        }
    }
}

/// One variant of a `Root`: keys of the root that only this variant has, and those of a payload.
struct Variant<Root: Sendable>: Sendable {
    let name: String
    let outline: @Sendable (Root) -> VariantOutline
    let read: @Sendable (Mapping, inout Root, inout Decoding) -> Void

    /// - Parameters:
    ///   - fields: Keys that are the root's own properties.
    ///   - payload: The rest; its keys stand in the same mapping.
    ///   - embed: Puts the payload into the root.
    init<Payload>(
        _ name: String, _ documentation: String, fields: [Field<Root>], payload: Object<Payload>,
        embed: @escaping @Sendable (inout Root, Payload) -> Void
    ) {
        self.name = name
        outline = { prototype in
            VariantOutline(
                name: name, documentation: documentation,
                fields: fields.map { $0.describe(prototype) } + payload.outline.fields, rules: payload.outline.rules)
        }
        read = { mapping, root, decoding in
            mapping.read(fields, fields.map { $0.describe(root) }, into: &root, &decoding)
            embed(&root, payload.decode(variant: mapping, &decoding))
        }
    }
}

extension Object {
    /// The value of those keys of `mapping` that are this object's; others are not looked at.
    fileprivate func decode(variant mapping: Mapping, _ decoding: inout Decoding) -> Value {
        var value = prototype
        let errorCount = decoding.errorCount
        mapping.read(fields, outline.fields, into: &value, &decoding)
        mapping.check(outline.rules, &decoding)
        if decoding.errorCount == errorCount { check(value, mapping.path, &decoding) }
        return value
    }
}
