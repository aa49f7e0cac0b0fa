/// A value of a YAML document and where it stands: what the rest of the module knows of YAML.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    /// One key of a mapping with its value. Keys are unique within a mapping.
    struct Entry: Sendable {
        let key: String
        let keyPosition: FilePosition
        let value: YAMLNode
    }

    let content: Content
    let position: FilePosition
}

/// What a plain (unquoted) scalar stands for in YAML 1.2's core schema, which is also what editors make of it.
/// `yes`, `no`, `on` and `off` are text there.
enum ScalarType: Sendable {
    case null, boolean, integer, number, text

    /// The type of a plain scalar.
    init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE", "false", "False", "FALSE": self = .boolean
        default:
            if Self.isInteger(text) {
                self = .integer
            } else {
                self = Self.isNumber(text) ? .number : .text
            }
        }
    }

    private static func isInteger(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        switch bytes.prefix(2) {
        case [0x30, 0x78]:  // 0x
            return bytes.count > 2 && bytes.dropFirst(2).allSatisfy { isHexDigit($0) }
        case [0x30, 0x6F]:  // 0o
            return bytes.count > 2 && bytes.dropFirst(2).allSatisfy { $0 >= 0x30 && $0 <= 0x37 }
        default:
            let digits = bytes.first == 0x2B || bytes.first == 0x2D ? bytes.dropFirst() : bytes[...]
            return !digits.isEmpty && digits.allSatisfy { isDigit($0) }
        }
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, or an infinity, or not a number.
    private static func isNumber(_ text: String) -> Bool {
        let special = [".inf", ".Inf", ".INF"]
        if [".nan", ".NaN", ".NAN"].contains(text) { return true }
        var rest = Array(text.utf8)[...]
        if rest.first == 0x2B || rest.first == 0x2D { rest.removeFirst() }
        if special.contains(String(decoding: rest, as: UTF8.self)) { return true }
        let whole = rest.prefix { isDigit($0) }
        rest = rest.dropFirst(whole.count)
        var fractionDigits = 0
        if rest.first == 0x2E {
            let fraction = rest.dropFirst().prefix { isDigit($0) }
            fractionDigits = fraction.count
            rest = rest.dropFirst(1 + fractionDigits)
        }
        guard whole.count + fractionDigits > 0 else { return false }
        guard rest.first == 0x65 || rest.first == 0x45 else { return rest.isEmpty }
        rest = rest.dropFirst()
        if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy { isDigit($0) }
    }
}

func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66) }

func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
