/// Puts a JSON text together (RFC 8259): members in the order in which they are added.
public struct JSONText {
    public private(set) var text = ""
    private var needsComma = false

    public init() {}

    public mutating func object(_ name: String? = nil, _ members: (inout JSONText) -> Void) {
        container(name, "{", "}", members)
    }
    public mutating func array(_ name: String?, _ elements: (inout JSONText) -> Void) {
        container(name, "[", "]", elements)
    }

    public mutating func add(_ name: String?, _ value: String) { raw(name, Self.quoted(value)) }
    public mutating func add(_ name: String?, _ value: some BinaryInteger) { raw(name, String(value)) }
    public mutating func add(_ name: String?, _ value: Bool) { raw(name, value ? "true" : "false") }
    public mutating func addNull(_ name: String?) { raw(name, "null") }

    private mutating func container(
        _ name: String?, _ opening: String, _ closing: String, _ body: (inout JSONText) -> Void
    ) {
        raw(name, opening)
        needsComma = false
        body(&self)
        text += closing
        needsComma = true
    }

    private mutating func raw(_ name: String?, _ value: String) {
        if needsComma { text += "," }
        if let name { text += Self.quoted(name) + ":" }
        text += value
        needsComma = true
    }

    private static func quoted(_ value: String) -> String {
        var quoted = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
