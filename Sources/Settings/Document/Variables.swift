/// `${NAME}`, `${NAME:-default}` and `$$` in values.
///
/// Substitution happens within one scalar, after the YAML was read, so a variable's value can never become structure.
/// What is put in is not looked at again. As in a shell, the default also stands in for an empty variable.
enum Variables {
    /// Bytes a value may have after substitution.
    static let lengthLimit = 64 << 10

    /// What is wrong with a reference.
    struct Problem: Error, Equatable {
        let code: SettingsError.Code
        let message: String
        let remedy: String
    }

    /// `text` with its references replaced, or nil if it has none (and no `$$` either).
    static func substitute(_ text: String, _ environment: [String: String]) throws(Problem) -> String? {
        guard text.utf8.contains(0x24) else { return nil }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let dollar = rest.firstIndex(of: 0x24) {
            result += rest[..<dollar]
            rest = rest[(dollar + 1)...]
            switch rest.first {
            case 0x24:
                result.append(0x24)
                rest.removeFirst()
            case 0x7B:
                guard let end = rest.firstIndex(of: 0x7D) else {
                    throw Problem(
                        code: .invalidValue, message: "\"${\" without \"}\"",
                        remedy: "close it, or write \"$${\" for a literal \"${\"")
                }
                result += try value(of: rest[(rest.startIndex + 1)..<end], environment).utf8
                rest = rest[(end + 1)...]
            default:
                result.append(0x24)
            }
            guard result.count <= lengthLimit else {
                throw Problem(
                    code: .tooLarge, message: "the value is longer than \(lengthLimit) bytes with its variables",
                    remedy: "check the variables' values")
            }
        }
        result += rest
        return String(decoding: result, as: UTF8.self)
    }

    private static func value(of reference: ArraySlice<UInt8>, _ environment: [String: String]) throws(Problem)
        -> String
    {
        let nameBytes = reference.prefix { isLetter($0) || isDigit($0) || $0 == 0x5F }
        let name = String(decoding: nameBytes, as: UTF8.self)
        let tail = reference.dropFirst(nameBytes.count)
        guard let first = nameBytes.first, !isDigit(first), tail.isEmpty || tail.starts(with: [0x3A, 0x2D]) else {
            throw Problem(
                code: .invalidValue,
                message: "\"${\(clipped(String(decoding: reference, as: UTF8.self)))}\" is not a variable",
                remedy: "write ${NAME} or ${NAME:-default}, or \"$${\" for a literal \"${\"")
        }
        let given = environment[name]
        if !tail.isEmpty {
            if let given, !given.isEmpty { return given }
            return String(decoding: tail.dropFirst(2), as: UTF8.self)
        }
        guard let given else {
            throw Problem(
                code: .undefinedVariable, message: "the environment variable \(clipped(name)) is not set",
                remedy: "set it, or give a default: ${\(clipped(name)):-value}")
        }
        return given
    }
}

// MARK: - Text in messages

/// `text` short enough for a message, on one line, control and format characters escaped.
func clipped(_ text: String, to limit: Int = 60) -> String {
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == limit { return result + "…" }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            result += scalar.escaped(asASCII: true)
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// `text`, clipped, in quotation marks.
func quoted(_ text: String) -> String { "\"\(clipped(text))\"" }
