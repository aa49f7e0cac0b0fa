/// A JSON value, as a reader understands it that takes nothing but RFC 8259 and no name twice.
indirect enum StrictJSON: Equatable {
    case object([String: StrictJSON])
    case array([StrictJSON])
    case text(String)
    case number(Double)
    case boolean(Bool)
    case null

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// The value of a whole text.
    init(_ text: [UInt8]) throws {
        var reader = Reader(text: text)
        self = try reader.value()
        reader.skipBlanks()
        guard reader.position == text.count else { throw Malformed(description: "more at \(reader.position)") }
    }

    init(_ text: String) throws { try self.init(Array(text.utf8)) }

    /// The member at `path`, names with dots between them; nil if there is none.
    subscript(path: String) -> StrictJSON? {
        var value: StrictJSON? = self
        for name in path.split(separator: ".") {
            guard case .object(let members) = value else { return nil }
            value = members[String(name)]
        }
        return value
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Int? { if case .number(let number) = self { Int(number) } else { nil } }

    private struct Reader {
        let text: [UInt8]
        var position = 0

        mutating func skipBlanks() {
            while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
        }

        mutating func next() throws -> UInt8 {
            guard position < text.count else { throw Malformed(description: "an end") }
            defer { position += 1 }
            return text[position]
        }

        mutating func expect(_ word: String) throws {
            for byte in word.utf8 where try next() != byte { throw Malformed(description: "no \(word) at \(position)") }
        }

        mutating func value() throws -> StrictJSON {
            skipBlanks()
            guard position < text.count else { throw Malformed(description: "no value") }
            switch text[position] {
            case UInt8(ascii: "{"): return .object(try members())
            case UInt8(ascii: "["): return .array(try elements())
            case UInt8(ascii: "\""): return .text(try string())
            case UInt8(ascii: "t"):
                try expect("true")
                return .boolean(true)
            case UInt8(ascii: "f"):
                try expect("false")
                return .boolean(false)
            case UInt8(ascii: "n"):
                try expect("null")
                return .null
            default: return .number(try number())
            }
        }

        mutating func list(_ close: UInt8, _ element: (inout Reader) throws -> Void) throws {
            position += 1
            skipBlanks()
            if position < text.count, text[position] == close {
                position += 1
                return
            }
            while true {
                try element(&self)
                skipBlanks()
                let byte = try next()
                if byte == close { return }
                guard byte == UInt8(ascii: ",") else { throw Malformed(description: "no comma at \(position)") }
            }
        }

        mutating func members() throws -> [String: StrictJSON] {
            var members: [String: StrictJSON] = [:]
            try list(UInt8(ascii: "}")) { reader in
                reader.skipBlanks()
                let name = try reader.string()
                reader.skipBlanks()
                try reader.expect(":")
                guard members.updateValue(try reader.value(), forKey: name) == nil else {
                    throw Malformed(description: "\(name) twice")
                }
            }
            return members
        }

        mutating func elements() throws -> [StrictJSON] {
            var elements: [StrictJSON] = []
            try list(UInt8(ascii: "]")) { elements.append(try $0.value()) }
            return elements
        }

        mutating func number() throws -> Double {
            let start = position
            while position < text.count, "0123456789+-.eE".utf8.contains(text[position]) { position += 1 }
            let digits = String(decoding: text[start..<position], as: UTF8.self)
            let isPlain = digits.first != "0" || digits.utf8.count == 1 || digits.hasPrefix("0.")
            guard isPlain, let number = Double(digits) else { throw Malformed(description: "no number at \(start)") }
            return number
        }

        mutating func string() throws -> String {
            try expect("\"")
            var bytes: [UInt8] = []
            while true {
                let byte = try next()
                switch byte {
                case UInt8(ascii: "\""):
                    guard let string = String(validating: bytes, as: UTF8.self) else {
                        throw Malformed(description: "no UTF-8")
                    }
                    return string
                case UInt8(ascii: "\\"): bytes += try escape()
                case 0..<0x20: throw Malformed(description: "a control at \(position)")
                default: bytes.append(byte)
                }
            }
        }

        mutating func escape() throws -> [UInt8] {
            let byte = try next()
            if let plain = [
                "\"": "\"", "\\": "\\", "/": "/", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t",
            ][
                String(UnicodeScalar(byte))]
            {
                return Array(plain.utf8)
            }
            guard byte == UInt8(ascii: "u"), position + 4 <= text.count,
                let code = UInt32(String(decoding: text[position..<position + 4], as: UTF8.self), radix: 16),
                let scalar = UnicodeScalar(code)
            else { throw Malformed(description: "an escape at \(position)") }
            position += 4
            return Array(String(Character(scalar)).utf8)
        }
    }
}
