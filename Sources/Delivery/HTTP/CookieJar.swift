import NIOHTTP1

/// The cookies that a load balancer in front of a server has set, so that what belongs together comes to one server.
/// Bounded; attributes are not looked at, since all requests go to the address that set them.
struct CookieJar {
    private static let countLimit = 16
    private static let octetLimit = 4_096
    private var cookies: [(name: String, value: String)] = []

    /// The value of the `Cookie` field, nil if there are none.
    var field: String? {
        cookies.isEmpty ? nil : cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    }

    /// Takes what the server sets; what is too long or one too many is left out.
    mutating func take(_ headers: HTTPHeaders) {
        for field in headers[canonicalForm: "set-cookie"] {
            guard let pair = field.split(separator: ";", maxSplits: 1).first, let equals = pair.firstIndex(of: "=")
            else {
                continue
            }
            let (name, value) = (Self.trimmed(pair[..<equals]), Self.trimmed(pair[pair.index(after: equals)...]))
            guard !name.isEmpty else { continue }
            cookies.removeAll { $0.name == name }
            let octets = cookies.reduce(name.utf8.count + value.utf8.count) {
                $0 + $1.name.utf8.count + $1.value.utf8.count
            }
            if cookies.count < Self.countLimit, octets <= Self.octetLimit { cookies.append((name, value)) }
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
