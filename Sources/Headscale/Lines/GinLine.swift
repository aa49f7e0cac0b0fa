/// Reads gin's access log, which Headscale had up to 0.15, and programs around it still have:
///
///     [GIN] 2021/10/07 - 02:54:07 | 200 |    1.115037ms |   192.0.2.4 | POST     "/machine/register"
enum GinLine {
    /// Reads the columns in `range`, which begins with the date, into `line`; false if they are not there.
    static func read(_ text: RawSpan, _ range: Range<Int>, into line: inout LogLine) -> Bool {
        var columns = InlineArray<4, Range<Int>>(repeating: 0..<0)
        var at = range.lowerBound
        for index in 0..<4 {
            guard let bar = text.first(" |", in: at..<range.upperBound) else { return false }
            columns[index] = trimmed(text, at..<bar)
            at = bar + 2
        }
        let request = trimmed(text, at..<range.upperBound)
        let method = request.lowerBound..<text.first(0x20, in: request)
        let quote = text.skippingBlanks(method.upperBound, request.upperBound)
        guard text.decimal(columns[1]) != nil, !method.isEmpty, text.has("\"", at: quote),
            quote + 1 < request.upperBound
        else { return false }
        line.set(.status, columns[1])
        line.set(.remote, columns[3])
        line.set(.method, method)
        line.set(.path, quote + 1..<text.first(UInt8(ascii: "\""), in: quote + 1..<request.upperBound))
        return true
    }

    private static func trimmed(_ text: RawSpan, _ range: Range<Int>) -> Range<Int> {
        let start = text.skippingBlanks(range.lowerBound, range.upperBound)
        var end = range.upperBound
        while end > start, text.byte(end - 1) == 0x20 { end -= 1 }
        return start..<end
    }
}
