/// Writes JSON into memory.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// Whether a comma has to be in front of the next member or element.
    private var isBehindValue = false

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        bracket(UInt8(ascii: "{"), UInt8(ascii: "}"), members)
    }

    mutating func array<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
        bracket(UInt8(ascii: "["), UInt8(ascii: "]")) { json in
            for element in elements {
                json.separate()
                write(&json, element)
                json.isBehindValue = true
            }
        }
    }

    // MARK: - Members

    mutating func member(_ name: String, _ write: (inout JSONWriter) -> Void) {
        separate()
        append(quoted: name)
        bytes.append(UInt8(ascii: ":"))
        isBehindValue = false
        write(&self)
        isBehindValue = true
    }

    /// A member, unless its value is empty.
    mutating func member(_ name: String, _ value: String) {
        guard !value.isEmpty else { return }
        member(name) { $0.append(quoted: value) }
    }

    mutating func member(_ name: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        member(name) { json in json.array(values) { $0.append(quoted: $1) } }
    }

    mutating func member(_ name: String, _ value: (some BinaryInteger)?) {
        guard let value else { return }
        member(name) { $0.bytes.append(contentsOf: "\(value)".utf8) }
    }

    /// A member, unless it is false.
    mutating func member(_ name: String, _ value: Bool) {
        guard value else { return }
        member(name) { $0.bytes.append(contentsOf: "true".utf8) }
    }

    // MARK: - Characters

    mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x00..<0x20:
                let digits = String(byte, radix: 16)
                bytes.append(contentsOf: "\\u00\(digits.utf8.count < 2 ? "0" : "")\(digits)".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func separate() {
        if isBehindValue { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func bracket(_ opening: UInt8, _ closing: UInt8, _ content: (inout JSONWriter) -> Void) {
        bytes.append(opening)
        isBehindValue = false
        content(&self)
        bytes.append(closing)
        isBehindValue = true
    }
}
