/// Lines and columns as YAML counts them: columns in Unicode scalars, and CR, LF, CR LF, NEL, LS and PS end a line.
enum TextPosition {
    /// The index of the scalar at `line` and `column` (from 1), or nil if the text has no such place.
    static func index(line: Int, column: Int, in text: String) -> String.Index? {
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        var currentLine = 1
        while currentLine < line {
            guard index < scalars.endIndex else { return nil }
            let scalar = scalars[index]
            index = scalars.index(after: index)
            guard isLineBreak(scalar) else { continue }
            if scalar == "\r", index < scalars.endIndex, scalars[index] == "\n" { index = scalars.index(after: index) }
            currentLine += 1
        }
        return scalars.index(index, offsetBy: column - 1, limitedBy: scalars.endIndex)
    }

    /// The scalar at `line` and `column` (from 1).
    static func scalar(line: Int, column: Int, in text: String) -> Unicode.Scalar? {
        guard let index = index(line: line, column: column, in: text), index < text.endIndex else { return nil }
        return text.unicodeScalars[index]
    }

    /// Whether nothing but white space stands at `line` and `column` and behind it, or the text ends before.
    static func isAtEnd(line: Int, column: Int, in text: String) -> Bool {
        guard let index = index(line: line, column: column, in: text) else { return true }
        return text.unicodeScalars[index...].allSatisfy { $0.properties.isWhitespace }
    }

    /// The text of `line` (from 1), with its end.
    static func line(_ line: Int, in text: String) -> Substring {
        guard let start = index(line: line, column: 1, in: text) else { return "" }
        return text[start..<(index(line: line + 1, column: 1, in: text) ?? text.endIndex)]
    }

    /// Line and column (from 1) of the character number `offset` (from 0).
    static func lineAndColumn(ofCharacter offset: Int, in text: String) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for character in text.prefix(offset) {
            if character.unicodeScalars.contains(where: isLineBreak) {
                line += 1
                column = 1
            } else {
                column += character.unicodeScalars.count
            }
        }
        return (line, column)
    }

    private static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }
}
