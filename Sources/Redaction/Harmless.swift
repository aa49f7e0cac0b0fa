/// Tells what stands where a secret would stand, and is none.
enum Harmless {
    /// Whether `range` holds something that must stay: a mask, a word for a state, a public key's short form, or a
    /// key of which another rule takes the secret part.
    static func contains(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        range.isEmpty || isMask(bytes, range) || isWord(bytes, range) || isShortKey(bytes, range)
            || isPointer(bytes, range) || isSmallNumber(bytes, range) || isPath(bytes, range)
            || isPrefixedKey(bytes, range)
    }

    private static let words: [StaticString] = [
        "true", "false", "null", "nil", "<nil>", "none", "yes", "no", "on", "off", "ok", "set", "unset", "empty",
        "invalid", "valid", "expired", "missing", "unknown", "undefined", "required", "optional", "enabled", "disabled",
        "present", "absent", "changed", "redacted", "<redacted>", "[redacted]", "(redacted)", "hidden", "<hidden>",
        "<secret>", "<set>", "masked", "<masked>", "bearer", "basic",
    ]

    private static func isWord(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count <= 10 else { return false }
        for word in words where bytes.isWord(word, range) { return true }
        return false
    }

    /// `***`, `xxxxx` (Go's), `••••`: one mark, again and again.
    private static func isMask(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        let first = bytes.byte(range.lowerBound)
        if first == 0xE2 { return isBullets(bytes, range) }
        let isMark = first == UInt8(ascii: "*") || first == UInt8(ascii: ".") || first == UInt8(ascii: "-")
        guard isMark || (first.lowercased == UInt8(ascii: "x") && range.count >= 3) else { return false }
        for at in range where bytes.byte(at) != first { return false }
        return true
    }

    private static func isBullets(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count.isMultiple(of: 3) else { return false }
        for at in stride(from: range.lowerBound, to: range.upperBound, by: 3)
        where !bytes.has("\u{2022}", at: at) && !bytes.has("\u{2026}", at: at) { return false }
        return true
    }

    /// `[AbCdE]`, or what is inside: the first five characters of a public key.
    private static func isShortKey(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var inside = range
        if range.count == 7, bytes.byte(range.lowerBound) == UInt8(ascii: "["),
            bytes.byte(range.upperBound - 1) == UInt8(ascii: "]")
        {
            inside = range.lowerBound + 1..<range.upperBound - 1
        } else if range.lowerBound == 0 || bytes.byte(range.lowerBound - 1) != UInt8(ascii: "[")
            || range.upperBound == bytes.byteCount || bytes.byte(range.upperBound) != UInt8(ascii: "]")
        {
            return false
        }
        guard inside.count == 5 else { return false }
        for at in inside {
            let byte = bytes.byte(at)
            guard byte.isLetter || byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") else {
                return false
            }
        }
        return true
    }

    /// `0xc000123456`: Go prints a pointer where the value is behind one.
    private static func isPointer(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count == 12, bytes.has("0xc0", at: range.lowerBound) else { return false }
        for at in range.lowerBound + 4..<range.upperBound where !bytes.byte(at).isHex { return false }
        return true
    }

    /// Up to three digits: a count.
    private static func isSmallNumber(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count <= 3 else { return false }
        for at in range where !bytes.byte(at).isDigit { return false }
        return true
    }

    /// `/var/…`: where a secret is kept.
    private static func isPath(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        guard bytes.byte(at) == UInt8(ascii: "/") else { return false }
        at += 1
        let word = at
        while at < range.upperBound, bytes.byte(at).isLower { at += 1 }
        return at - word >= 2 && at < range.upperBound && bytes.byte(at) == UInt8(ascii: "/")
    }

    /// What begins at the root or at a home directory, as the value of `PWD` does.
    static func isDirectory(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, case let first = bytes.byte(range.lowerBound) else { return false }
        return first == UInt8(ascii: "/") || first == UInt8(ascii: "~")
    }

    /// A key of Headscale or Tailscale whose secret part is masked, or is what another rule takes out.
    private static func isPrefixedKey(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count > 6 else { return false }
        let prefix: Int
        if bytes.has("hskey-", at: range.lowerBound) {
            let kind = range.lowerBound + 6
            let dash = bytes.first(UInt8(ascii: "-"), in: kind..<range.upperBound)
            guard isKind(bytes, kind..<dash) else { return false }
            prefix = dash + 13
            guard prefix < range.upperBound, isKeyText(bytes, dash + 1..<prefix) else { return false }
        } else if bytes.has("tskey-", at: range.lowerBound) {
            let kind = range.lowerBound + 6
            let dash = bytes.first(UInt8(ascii: "-"), in: kind..<range.upperBound)
            guard 2...7 ~= dash - kind, isLower(bytes, kind..<dash), dash < range.upperBound else { return false }
            prefix = bytes.first(UInt8(ascii: "-"), in: dash + 1..<range.upperBound)
            guard prefix > dash + 1, isAlphanumeric(bytes, dash + 1..<prefix) else { return false }
        } else {
            return false
        }
        guard prefix + 1 < range.upperBound, bytes.byte(prefix) == UInt8(ascii: "-") else { return false }
        let secret = prefix + 1..<range.upperBound
        return bytes.isWord("<redacted>", secret) || bytes.isWord("***", secret) || isKeyText(bytes, secret)
    }

    private static func isKind(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        switch range.count {
        case 3: bytes.has("api", at: range.lowerBound)
        case 4: bytes.has("auth", at: range.lowerBound)
        case 6: bytes.has("client", at: range.lowerBound)
        case 8: bytes.has("oauthtok", at: range.lowerBound)
        default: false
        }
    }

    private static func isKeyText(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        for at in range where !(bytes.byte(at).isWord || bytes.byte(at) == UInt8(ascii: "-")) { return false }
        return true
    }

    private static func isLower(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        for at in range where !bytes.byte(at).isLower { return false }
        return true
    }

    private static func isAlphanumeric(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        for at in range where !(bytes.byte(at).isLetter || bytes.byte(at).isDigit) { return false }
        return true
    }

    // MARK: - Random or not

    /// Whether the bytes of `range` do not look like a word: letters and digits, capitals inside, or six digits and
    /// more.
    static func isRandom(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var letters = false
        var digits = 0
        for at in range {
            let byte = bytes.byte(at)
            if byte.isDigit { digits += 1 }
            if byte.isLetter { letters = true }
            if at > range.lowerBound, byte.isUpper, bytes.byte(at - 1).isLower { return true }
            if digits > 0, letters { return true }
        }
        return digits >= 6 && digits == range.count
    }
}
