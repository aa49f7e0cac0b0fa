/// What an ``Object`` says of itself to the schema and the example: the same definitions, without their types.
struct Outline: Sendable {
    /// What one of it is called (`listener`).
    let noun: String
    let fields: [FieldOutline]
    let choice: ChoiceOutline?
    let rules: [Rule]

    /// A key to begin with.
    var firstKey: String {
        if case .key = choice?.selector { return choice?.variants.first?.name ?? "key" }
        return fields.first?.name ?? "key"
    }
}

struct FieldOutline: Sendable {
    let name: String
    let documentation: String
    let isRequired: Bool
    /// Whether leaving the key out is a value of its own, which no default stands for.
    var isOptional = false
    let defaultValue: JSON?
    /// YAML text for the example file; without it and without a default the key is shown commented out.
    let example: String?
    let shape: Shape
}

struct ChoiceOutline: Sendable {
    let selector: Selector
    let variants: [VariantOutline]
}

struct VariantOutline: Sendable {
    let name: String
    let documentation: String
    let fields: [FieldOutline]
    let rules: [Rule]
}

/// How a mapping says which variant it is.
enum Selector: Sendable {
    /// By having a key of the variant's name.
    case key
    /// By the value of this key.
    case value(of: String, documentation: String)
}

/// A condition on which keys are given, which a schema can express.
enum Rule: Sendable {
    /// Both or none.
    case together(String, String)
    /// One of them, or none.
    case exclusive(String, String)
    /// At least one of `keys`, unless `exception` has that value.
    case some(of: [String], exception: (key: String, value: String)?, reason: String)
}
