/// What a key's value may be: how it is read, how a default is shown, and how a schema describes it.
struct Kind<Value: Sendable>: Sendable {
    /// For the schema and the example.
    let shape: Shape
    /// Reads a value at a path. On failure it reports at least one error; it may still return what could be used.
    let read: @Sendable (YAMLNode, String, inout Decoding) -> Value?
    /// A default value as it would be written, or nil for none.
    let show: @Sendable (Value) -> JSON?
}

/// The untyped side of a ``Kind``.
indirect enum Shape: Sendable {
    /// A scalar. `name` is that of its definition in the schema, if it has one; `limits` ends its documentation.
    case scalar(name: String?, schema: JSON, example: String, limits: String)
    case list(Shape, count: ClosedRange<Int>)
    case object(Outline)
}

/// What is wrong with a scalar, without saying what it is.
struct ScalarProblem: Error {
    let code: SettingsError.Code
    /// A predicate: `is not a size`.
    let message: String
    let remedy: String
    /// Whether the value must not be shown.
    let isSecret: Bool

    init(_ code: SettingsError.Code, _ message: String, remedy: String, isSecret: Bool = false) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.isSecret = isSecret
    }

    /// A value of the right type that cannot be understood.
    init(_ message: String, remedy: String) {
        self.init(.invalidValue, message, remedy: remedy)
    }
}

extension Kind {
    /// A scalar of the given types. `expected` is a noun phrase; `parse` gets the text after substitution.
    static func scalar(
        _ expected: String, types: [ScalarType] = [.text], example: String, name: String? = nil, schema: JSON,
        limits: String = "", parse: @escaping @Sendable (String, Decoding) throws(ScalarProblem) -> Value,
        show: @escaping @Sendable (Value) -> JSON?
    ) -> Kind {
        Kind(shape: .scalar(name: name, schema: schema, example: example, limits: limits)) { node, path, decoding in
            guard case .scalar(let source, let isPlain) = node.content else {
                decoding.report(
                    .wrongType, at: node.position, "\(path): expected \(expected), found \(node.found)",
                    remedy: "write a single value, such as \(example)")
                return nil
            }
            guard let scalar = decoding.scalar(source, isPlain: isPlain, path: path, at: node.position) else {
                return nil
            }
            guard scalar.isSubstituted || types.contains(scalar.type) else {
                decoding.report(
                    .wrongType, at: node.position, "\(path): expected \(expected), found \(node.found)",
                    remedy: typeRemedy(scalar, types: types, example: example))
                return nil
            }
            do throws(ScalarProblem) {
                return try parse(scalar.text, decoding)
            } catch {
                let subject = error.isSecret ? "the value" : quoted(scalar.source)
                decoding.report(
                    error.code, at: node.position, "\(path): \(subject) \(error.message)", remedy: error.remedy)
                return nil
            }
        } show: {
            show($0)
        }
    }

    private static func typeRemedy(_ scalar: Decoding.Scalar, types: [ScalarType], example: String) -> String {
        switch scalar.type {
        case .null: "remove the line or give it a value, such as \(example)"
        case .text where types.contains(ScalarType(plain: scalar.text)): "remove the quotes"
        case .boolean where types.contains(.text), .integer where types.contains(.text),
            .number where types.contains(.text):
            "put it in quotes if it is meant, or write it like \(example)"
        default: types == [.boolean] ? "write true or false" : "write it like \(example)"
        }
    }
}

// MARK: - Lists and objects

extension Kind {
    /// A list with `count` elements. Elements that cannot be read are left out (and reported).
    static func list<Element: Sendable>(of element: Kind<Element>, _ count: ClosedRange<Int>) -> Kind
    where Value == [Element] {
        Kind(shape: .list(element.shape, count: count)) { node, path, decoding in
            guard case .sequence(let nodes) = node.content else {
                decoding.report(
                    .wrongType, at: node.position, "\(path): expected a list, found \(node.found)",
                    remedy: "begin each element with \"- \"")
                return nil
            }
            guard count.contains(nodes.count) else {
                decoding.report(
                    .outOfRange, at: node.position,
                    "\(path): the list \(nodes.isEmpty ? "is empty" : "has \(nodes.count) elements")",
                    remedy: nodes.count < count.lowerBound
                        ? "give at least \(count.lowerBound), or remove the key"
                        : "at most \(count.upperBound) are allowed")
                return nil
            }
            return nodes.enumerated().compactMap { index, node in
                let elementPath = "\(path)[\(index)]"
                decoding.note(elementPath, at: node.position)
                return element.read(node, elementPath, &decoding)
            }
        } show: { elements in
            elements.isEmpty && count.contains(0) ? [] : nil
        }
    }

    /// A mapping with keys of its own.
    static func object(_ object: Object<Value>) -> Kind {
        Kind(shape: .object(object.outline)) { node, path, decoding in
            object.read(node, path, &decoding)
        } show: { _ in
            nil
        }
    }
}
