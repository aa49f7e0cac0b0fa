/// A piece of an expression.
struct Token {
    enum Kind {
        case word, text, sign
    }

    var kind: Kind
    /// Without its quotation marks.
    var text: String
    /// Unicode scalars in front of it.
    var offset: Int
}

/// The pieces of an expression, from left to right.
struct Tokens {
    private var rest: ArraySlice<Token>
    private let end: Int

    init(_ text: String) throws(ExpressionError) {
        let scalars = Array(text.unicodeScalars)
        var tokens: [Token] = []
        var position = 0
        while position < scalars.count {
            if scalars[position].properties.isWhitespace {
                position += 1
                continue
            }
            let token = try Self.token(scalars, &position)
            tokens.append(token)
        }
        rest = tokens[...]
        end = scalars.count
    }

    var next: Token? { rest.first }
    /// Where the next piece begins, or the end.
    var offset: Int { rest.first?.offset ?? end }

    // MARK: - Taking

    mutating func takes(word: String) -> Bool { takes(.word, word) }
    mutating func takes(sign: String) -> Bool { takes(.sign, sign) }

    private mutating func takes(_ kind: Token.Kind, _ text: String) -> Bool {
        guard let next, next.kind == kind, next.text == text else { return false }
        rest.removeFirst()
        return true
    }

    mutating func takeWord() -> Token? { take { $0.kind == .word } }
    /// A word, or text in quotation marks.
    mutating func takeValue() -> Token? { take { $0.kind != .sign } }
    mutating func takeComparison() -> Token? { take { $0.kind == .sign && !"()".contains($0.text) } }

    private mutating func take(_ isWanted: (Token) -> Bool) -> Token? {
        guard let next, isWanted(next) else { return nil }
        return rest.removeFirst()
    }

    // MARK: - Reading

    private static func token(_ scalars: [Unicode.Scalar], _ position: inout Int) throws(ExpressionError) -> Token {
        let start = position
        switch scalars[start] {
        case "\"": return Token(kind: .text, text: try text(scalars, &position), offset: start)
        case "(", ")", "=":
            position += 1
            return Token(kind: .sign, text: String(scalars[start]), offset: start)
        case "!", "<", ">":
            let hasEquals = start + 1 < scalars.count && scalars[start + 1] == "="
            guard hasEquals || scalars[start] != "!" else {
                throw ExpressionError(offset: start, message: "there is no ! alone", remedy: "write != or not")
            }
            position += hasEquals ? 2 : 1
            return Token(kind: .sign, text: String(scalars[start]) + (hasEquals ? "=" : ""), offset: start)
        default:
            while position < scalars.count, isOfWord(scalars[position]) { position += 1 }
            guard position > start else {
                throw ExpressionError(
                    offset: start, message: "\(scalars[start]) is not expected here",
                    remedy: "put text with such characters in quotation marks")
            }
            return Token(kind: .word, text: String(String.UnicodeScalarView(scalars[start..<position])), offset: start)
        }
    }

    /// Text in quotation marks, in which `\` stands in front of a quotation mark or another `\`.
    private static func text(_ scalars: [Unicode.Scalar], _ position: inout Int) throws(ExpressionError) -> String {
        let start = position
        var text = String.UnicodeScalarView()
        position += 1
        while position < scalars.count, scalars[position] != "\"" {
            if scalars[position] == "\\" { position += 1 }
            guard position < scalars.count else { break }
            text.append(scalars[position])
            position += 1
        }
        guard position < scalars.count else {
            throw ExpressionError(
                offset: start, message: "the quotation mark is not closed", remedy: "write another one behind the text")
        }
        position += 1
        return String(text)
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", "*", "@", ":", "/": true
        default: false
        }
    }
}
