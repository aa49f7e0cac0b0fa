@testable import Headscale

/// A record as zerolog writes it: an independent writer, by what its documentation and its output say.
struct Rendered {
    let bytes: [UInt8]
    /// Where the text to be matched lies: the whole message of JSON, or all behind the level of console text.
    let range: Range<Int>
    /// Where the message ends.
    let messageEnd: Int

    /// The text of a JSON member `message`.
    static func json(message: String) -> Rendered {
        let text = Array(jsonEscaped(message).utf8)
        let head = Array(#"{"level":"info","time":1784700370,"message":""#.utf8)
        return Rendered(
            bytes: head + text + Array("\"}".utf8), range: head.count..<head.count + text.count,
            messageEnd: head.count + text.count)
    }

    /// Console text: the message as it is, then the fields in order of their names, `error` in front.
    static func console(message: String, fields: [(name: String, value: FieldContent)]) -> Rendered {
        let head = Array("2026-07-22T06:06:10Z INF".utf8)
        var bytes = head
        if !message.isEmpty { bytes += Array(" \(message)".utf8) }
        let messageEnd = message.isEmpty ? head.count + 1 : bytes.count
        let sorted = fields.sorted {
            ($0.name == "error" ? 0 : 1, $0.name) < ($1.name == "error" ? 0 : 1, $1.name)
        }
        for field in sorted { bytes += Array(" \(field.name)=\(field.value.console)".utf8) }
        let start = min(head.count + 1, bytes.count)
        return Rendered(bytes: bytes, range: start..<bytes.count, messageEnd: min(messageEnd, bytes.count))
    }

    private static func jsonEscaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// The value of a field.
enum FieldContent {
    case string(String)
    case number(Int)
    case list([String])

    /// As the console writer has it: strings with anything beyond printable ASCII in the quotes of Go.
    var console: String {
        switch self {
        case .number(let number): return "\(number)"
        case .list(let texts): return "[" + texts.map(Self.quoted).joined(separator: ",") + "]"
        case .string(let text):
            let needsQuotes = text.unicodeScalars.contains {
                $0.value < 0x20 || $0.value > 0x7E || $0 == " " || $0 == "\\" || $0 == "\""
            }
            return needsQuotes ? Self.quoted(text) : text
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// Values that are meant to confuse.
enum Values {
    static let text = [
        "web-01", "alice@example.com", "", "two words", #"say "hello""#, "[1,2] {x}", "line\nbreak", "tab\there",
        "größe 🤮 我的电脑", "10.1.2.3:4711", "[2001:db8::1]:80", "a: b: c", "100%", "%s", "C:\\temp", "x=1", "x y=1 z",
        "x error=1",
        "node connected", "http request", String(repeating: "lorem ipsum ", count: 342),
        String(repeating: "[", count: 4096),
    ]

    /// The value of the field `name` in the `round`-th rendering.
    static func field(_ name: String, _ round: Int) -> FieldContent {
        switch name {
        case _ where name.hasSuffix("id") || name == "status" || name == "code" || name == "bytes": .number(round)
        case _ where name.hasSuffix("tags"): .list([text[round % text.count], "tag:ci"])
        default: .string(text[(round &+ name.utf8.count) % text.count])
        }
    }

    /// The fields that `names` of the catalogue stand for.
    static func fields(_ names: String, _ round: Int) -> [(name: String, value: FieldContent)] {
        let node = "node.id node.name machine.key node.key node.is_tagged node.expired node.online node.tags user.name"
        let all = names.replacing("@node", with: node).split(separator: " ").map { String($0) }
        return all.filter { $0 != "-" }.map { ($0, field($0, round)) }
    }
}
