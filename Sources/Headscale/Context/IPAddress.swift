/// An IP address as 16 octets: IPv6, or IPv4 mapped into it (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so that one table
/// holds both.
public struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    /// The octets as two numbers, the first octet the most significant of ``high``.
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The IPv4 address whose four octets are `number`, the first the most significant.
    public init(v4 number: UInt32) {
        high = 0
        low = Self.mappedPrefix | UInt64(number)
    }

    public var isV4: Bool { high == 0 && low >> 32 == Self.mappedPrefix >> 32 }

    private static let mappedPrefix: UInt64 = 0xFFFF << 32
}

// MARK: - Reading text

extension IPAddress {
    /// The address that `text` spells: dotted decimals, or the forms of RFC 4291 §2.2. A zone (`%eth0`), a port and
    /// brackets are none of its business.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(unsafe bytes.span.bytes, 0..<bytes.count)
    }

    /// The same for the octets of `range`. Allocates nothing; linear in the text, which is refused beyond 45 octets.
    public init?(_ bytes: RawSpan, _ range: Range<Int>) {
        guard (2...45).contains(range.count) else { return nil }
        if let number = Self.dotted(bytes, range) {
            self.init(v4: number)
        } else {
            self.init(colons: bytes, range)
        }
    }

    private static func dotted(_ bytes: RawSpan, _ range: Range<Int>) -> UInt32? {
        var (number, octet, digits, dots) = (UInt32(0), UInt32(0), 0, 0)
        for at in range {
            let byte = bytes.byte(at)
            if byte.isDigit {
                guard digits < 3, digits == 0 || octet > 0 else { return nil }
                octet = octet * 10 + UInt32(byte &- 0x30)
                digits += 1
            } else {
                guard byte == UInt8(ascii: "."), digits > 0, octet < 256, dots < 3 else { return nil }
                number = number << 8 | octet
                (octet, digits, dots) = (0, 0, dots + 1)
            }
        }
        guard dots == 3, digits > 0, octet < 256 else { return nil }
        return number << 8 | octet
    }

    /// Groups of four hexadecimal digits; `::` stands once for as many zeros as are missing, and the last two groups may
    /// be dotted decimals.
    private init?(colons bytes: RawSpan, _ range: Range<Int>) {
        var groups = Groups()
        var at = range.lowerBound
        while at < range.upperBound {
            if bytes.byte(at) == UInt8(ascii: ":") {
                guard at + 1 < range.upperBound, bytes.byte(at + 1) == UInt8(ascii: ":"), groups.markGap() else {
                    return nil
                }
                at += 2
                continue
            }
            let end = bytes.first(UInt8(ascii: ":"), in: at..<range.upperBound)
            if end == range.upperBound, let number = Self.dotted(bytes, at..<end) {
                guard groups.append(number >> 16), groups.append(number & 0xFFFF) else { return nil }
                break
            }
            guard let group = Self.group(bytes, at..<end), groups.append(group) else { return nil }
            at = end
            if at + 1 == range.upperBound { return nil }
            if at < range.upperBound, bytes.byte(at + 1) != UInt8(ascii: ":") { at += 1 }
        }
        guard let address = groups.address else { return nil }
        self = address
    }

    private static func group(_ bytes: RawSpan, _ range: Range<Int>) -> UInt32? {
        guard (1...4).contains(range.count) else { return nil }
        var value: UInt32 = 0
        for at in range {
            let byte = bytes.byte(at)
            guard byte.isHex else { return nil }
            value = value << 4 | UInt32(byte.isDigit ? byte &- 0x30 : (byte | 0x20) &- 0x57)
        }
        return value
    }

    /// The groups of 16 bits that were read, those behind the gap counted apart.
    private struct Groups {
        private var front = (high: UInt64(0), low: UInt64(0))
        private var back = (high: UInt64(0), low: UInt64(0))
        private var count = 0
        private var backCount: Int?

        mutating func append(_ group: UInt32) -> Bool {
            guard count < 8 else { return false }
            count += 1
            if let behind = backCount {
                back = (back.high << 16 | back.low >> 48, back.low << 16 | UInt64(group))
                backCount = behind + 1
            } else {
                front = (front.high << 16 | front.low >> 48, front.low << 16 | UInt64(group))
            }
            return true
        }

        mutating func markGap() -> Bool {
            guard backCount == nil else { return false }
            backCount = 0
            return true
        }

        var address: IPAddress? {
            guard let backCount else {
                return count == 8 ? IPAddress(high: front.high, low: front.low) : nil
            }
            guard count < 8 else { return nil }
            var (high, low) = front
            for _ in 0..<8 - (count - backCount) { (high, low) = (high << 16 | low >> 48, low << 16) }
            return IPAddress(high: high | back.high, low: low | back.low)
        }
    }
}

// MARK: - Writing text

extension IPAddress: CustomStringConvertible {
    /// Dotted decimals, or the one form of RFC 5952.
    public var description: String {
        guard !isV4 else {
            return [24, 16, 8, 0].map { shift -> String in String(low >> shift & 0xFF) }.joined(separator: ".")
        }
        let groups = [high, low].flatMap { half in [48, 32, 16, 0].map { shift -> UInt64 in half >> shift & 0xFFFF } }
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        let gap = Self.longestZeros(groups)
        return gap.count < 2 ? text(0..<8) : "\(text(0..<gap.lowerBound))::\(text(gap.upperBound..<8))"
    }

    private static func longestZeros(_ groups: [UInt64]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        return longest
    }
}
