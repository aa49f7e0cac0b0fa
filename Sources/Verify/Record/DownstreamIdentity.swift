/// Finds the identity that a relay further down gave a record it took over: `[waxwing-N@PEN l="…" i="…"]`, N ≥ 2.
enum DownstreamIdentity {
    /// The record of the stream whose identity parameters start with `mark`, if `line` has such an element.
    static func find(_ mark: [UInt8], in line: RawSpan) -> StreamRecord? {
        guard let start = StructuredData.start(in: line) else { return nil }
        var position = start
        while position < line.byteCount, line[position] == UInt8(ascii: "[") {
            guard let end = StructuredData.endOfElement(in: line, from: position) else { return nil }
            if let identity = Element(line, position..<end), identity.parametersStart(with: mark, in: line) {
                return record(identity, mark, line)
            }
            position = end
        }
        return nil
    }

    private static func record(_ identity: Element, _ mark: [UInt8], _ line: RawSpan) -> StreamRecord? {
        guard let index = identity.index(behind: mark.count, in: line) else { return nil }
        var hasIntruder = false
        var number = identity.number
        var end = identity.range.upperBound
        while end < line.byteCount, line[end] == UInt8(ascii: "[") {
            guard let next = StructuredData.endOfElement(in: line, from: end) else {
                hasIntruder = true
                end = line.byteCount
                break
            }
            if let relay = Element(line, end..<next), relay.number > number, relay.isWellFormed(in: line) {
                number = relay.number
            } else {
                hasIntruder = true
            }
            end = next
        }
        if end < line.byteCount, line[end] != 0x20 { hasIntruder = true }
        return StreamRecord(
            index: index, head: 0..<identity.range.upperBound, tail: end..<line.byteCount, isSeal: false,
            hasIntruder: hasIntruder)
    }

    /// An element named `waxwing-N@` and digits.
    private struct Element {
        let range: Range<Int>
        let number: UInt64
        /// Where its parameters start, behind the space.
        let parameters: Int

        init?(_ line: RawSpan, _ range: Range<Int>) {
            let name = Array("[waxwing-".utf8)
            var position = range.lowerBound + name.count
            guard range.count > name.count, name.indices.allSatisfy({ line[range.lowerBound + $0] == name[$0] }),
                let (number, digits) = Element.decimal(line, position, range.upperBound), number >= 2
            else { return nil }
            position += digits
            guard position < range.upperBound, line[position] == UInt8(ascii: "@") else { return nil }
            position += 1
            let first = position
            while position < range.upperBound, (0x30...0x39).contains(line[position]) { position += 1 }
            guard position > first, position < range.upperBound, line[position] == 0x20 else { return nil }
            self.range = range
            self.number = number
            parameters = position + 1
        }

        func parametersStart(with mark: [UInt8], in line: RawSpan) -> Bool {
            range.upperBound - parameters > mark.count && mark.indices.allSatisfy { line[parameters + $0] == mark[$0] }
        }

        /// The number in `i="…"`, which starts so many bytes into the parameters, if nothing but `trunc` follows.
        func index(behind offset: Int, in line: RawSpan) -> UInt64? {
            var position = parameters + offset
            guard let (index, digits) = Element.decimal(line, position, range.upperBound), index < 1 << 63 - 1 else {
                return nil
            }
            position += digits
            let trunc = Array("\" trunc=\"".utf8)
            if range.upperBound - position > trunc.count, trunc.indices.allSatisfy({ line[position + $0] == trunc[$0] })
            {
                position += trunc.count
                guard let (length, digits) = Element.decimal(line, position, range.upperBound), length > 0 else {
                    return nil
                }
                position += digits
            }
            guard position + 2 == range.upperBound, line[position] == UInt8(ascii: "\"") else { return nil }
            return index
        }

        /// Whether its parameters are `l` and `i`, and perhaps `trunc`, of any stream.
        func isWellFormed(in line: RawSpan) -> Bool {
            let shape = Array("l=\"00000000\" i=\"".utf8)
            guard range.upperBound - parameters > shape.count else { return false }
            for offset in shape.indices {
                let byte = line[parameters + offset]
                let isDigit = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
                guard shape[offset] == UInt8(ascii: "0") ? isDigit : byte == shape[offset] else { return false }
            }
            return index(behind: shape.count, in: line) != nil
        }

        /// A decimal number without leading zeros, and how many digits it has.
        private static func decimal(_ line: RawSpan, _ start: Int, _ end: Int) -> (UInt64, Int)? {
            var value: UInt64 = 0
            var position = start
            while position < end, position - start < 19, (0x30...0x39).contains(line[position]) {
                value = value * 10 + UInt64(line[position] - 0x30)
                position += 1
            }
            guard position > start, position == start + 1 || line[start] != 0x30 else { return nil }
            return (value, position - start)
        }
    }
}
