extension Settings {
    /// The SHA-256 of a certificate in DER form: `sha256:` and 64 hexadecimal digits, with or without colons between
    /// the bytes (RFC 5425, section 4.2.2).
    public struct Fingerprint: Sendable, Hashable, CustomStringConvertible {
        /// The 32 bytes.
        public let bytes: [UInt8]

        init?(_ text: String) {
            let prefix = "sha256:"
            guard text.lowercased().hasPrefix(prefix) else { return nil }
            let digits = Array(text.utf8.dropFirst(prefix.utf8.count))
            let step = digits.count == 64 ? 2 : 3
            guard digits.count == 32 * step - (step - 2) else { return nil }
            var bytes: [UInt8] = []
            for start in stride(from: 0, to: digits.count, by: step) {
                guard start == 0 || step == 2 || digits[start - 1] == 0x3A, isHexDigit(digits[start]),
                    isHexDigit(digits[start + 1]),
                    let byte = UInt8(String(decoding: digits[start..<(start + 2)], as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(byte)
            }
            self.bytes = bytes
        }

        /// `sha256:` and upper-case digits with colons, as `openssl x509 -fingerprint` prints them.
        public var description: String {
            let digits = bytes.map { byte in
                let text = String(byte, radix: 16, uppercase: true)
                return byte < 16 ? "0\(text)" : text
            }
            return "sha256:" + digits.joined(separator: ":")
        }
    }
}

extension Kind where Value == Settings.Fingerprint {
    static let fingerprint = Kind.scalar(
        "a fingerprint", example: "\"sha256:\(Array(repeating: "AB", count: 32).joined(separator: ":"))\"",
        name: "fingerprint",
        schema: [
            "type": "string",
            "pattern": .text(JSON.pattern("[Ss][Hh][Aa]256:(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31})")),
        ]
    ) { text, _ throws(ScalarProblem) in
        guard let fingerprint = Settings.Fingerprint(text) else {
            throw ScalarProblem(
                "is not the SHA-256 of a certificate",
                remedy: "write \"sha256:\" and what \"openssl x509 -noout -fingerprint -sha256\" prints behind \"=\"")
        }
        return fingerprint
    } show: {
        .text($0.description)
    }
}
