extension Message {
    /// Digits within `<` and `>` that are still taken for a PRI, if a wrong one.
    private static let digitsMax = 8

    /// Reads `<PRI>`, RFC 5424 section 6.2.1, and returns the offset behind it, or 0 when there is none.
    @inline(__always)
    mutating func readPriority(_ bytes: RawSpan) -> Int {
        // The usual case: two or three digits, no leading zero.
        if bytes.byteCount > 4, bytes.byte(0) == UInt8(ascii: "<"), let tens = bytes.twoDigits(1), tens >= 10 {
            let third = bytes.byte(3)
            if third == UInt8(ascii: ">") {
                priority = Priority(value: UInt8(tens))
                return 4
            }
            if third.isDigit, bytes.byte(4) == UInt8(ascii: ">"), tens * 10 + third.digitValue <= 191 {
                priority = Priority(value: UInt8(tens * 10 + third.digitValue))
                return 5
            }
        }
        return readUnusualPriority(bytes)
    }

    private mutating func readUnusualPriority(_ bytes: RawSpan) -> Int {
        var start = bytes.has("\u{FEFF}", at: 0) ? 3 : 0
        while start < bytes.byteCount, bytes.byte(start).isBlank { start += 1 }
        guard start < bytes.byteCount, bytes.byte(start) == UInt8(ascii: "<") else {
            problems.insert(.noPriority)
            return 0
        }
        let digits = start + 1
        var end = digits
        var value = 0
        while end < bytes.byteCount, end - digits < Self.digitsMax, bytes.byte(end).isDigit {
            value = value * 10 + bytes.byte(end).digitValue
            end += 1
        }
        guard end > digits, bytes.byteIfPresent(end) == UInt8(ascii: ">") else {
            problems.insert(.noPriority)
            return 0
        }
        if start > 0 { problems.insert(.leadingOctets) }
        if end - digits > 3 || (end - digits > 1 && bytes.byte(digits) == UInt8(ascii: "0")) {
            problems.insert(.priorityForm)
        }
        if value <= 191 {
            priority = Priority(value: UInt8(value))
        } else {
            problems.insert(.priorityOutOfRange)
            priorityText = Field(digits, end)
        }
        return end + 1
    }
}
