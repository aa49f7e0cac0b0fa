/// Random UUIDs (RFC 9562 §5.4), in lower case.
enum RandomUUID {
    static func make() -> String {
        var digits = Array(hexadecimal(.random(in: .min ... .max)) + hexadecimal(.random(in: .min ... .max)))
        digits[12] = "4"
        digits[16] = ["8", "9", "a", "b"].randomElement() ?? "8"
        for place in [20, 16, 12, 8] { digits.insert("-", at: place) }
        return String(digits)
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
