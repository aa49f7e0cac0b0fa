import Glibc

// Values of other types than text.

extension RawSpan {
    /// The number in `range`, in decimal without leading zeros and at most `limit`; nil if that is not what it is.
    func number(_ range: Range<Int>, upTo limit: UInt64) -> UInt64? {
        guard (1...18).contains(range.count), range.count == 1 || byte(range.lowerBound) != 0x30 else { return nil }
        var value: UInt64 = 0
        for offset in range {
            guard byte(offset).isDigit else { return nil }
            value = value * 10 + UInt64(byte(offset) - 0x30)
        }
        return value <= limit ? value : nil
    }

    /// The milliseconds in `range`, with or without a fraction, as nanoseconds; nil if that is not what it is.
    func nanoseconds(ofMilliseconds range: Range<Int>) -> UInt64? {
        let point = range.first { byte($0) == UInt8(ascii: ".") } ?? range.upperBound
        guard let whole = number(range.lowerBound..<point, upTo: 1_000_000_000_000) else { return nil }
        var nanoseconds = whole * 1_000_000
        var unit: UInt64 = 100_000
        for offset in range.dropFirst(point + 1 - range.lowerBound) {
            guard byte(offset).isDigit else { return nil }
            nanoseconds += UInt64(byte(offset) - 0x30) * unit
            unit /= 10
        }
        return nanoseconds
    }

    /// Whether all in `range` are capital letters.
    func isUppercase(_ range: Range<Int>) -> Bool {
        range.allSatisfy { byte($0) &- UInt8(ascii: "A") < 26 }
    }

    /// Whether an IPv4 or IPv6 address is what stands in `range`.
    func isAddress(_ range: Range<Int>) -> Bool {
        guard range.count < Int(INET6_ADDRSTRLEN) else { return false }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            for (index, offset) in range.enumerated() { unsafe text[index] = CChar(bitPattern: byte(offset)) }
            unsafe text[range.count] = 0
            var address = in6_addr()
            // The address is as large as the larger of the two families needs.
            return unsafe inet_pton(AF_INET, text.baseAddress, &address) == 1
                || inet_pton(AF_INET6, text.baseAddress, &address) == 1
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 0x30 < 10 }
}
