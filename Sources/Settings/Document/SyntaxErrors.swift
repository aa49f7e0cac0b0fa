internal import Yams

/// Errors of the YAML parser, said in the form of every other error.
struct SyntaxErrors {
    let file: String
    let text: String

    func translate(_ error: any Error) -> SettingsError {
        guard let error = error as? YamlError else {
            return SettingsError(.syntax, at: FilePosition(file: file), "\(error)", remedy: "check the YAML syntax")
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return syntaxError(problem, context: context, mark: mark)
        case .reader(let problem, let offset, _, _):
            let (line, column) = TextPosition.lineAndColumn(ofCharacter: offset ?? 0, in: text)
            return SettingsError(
                .syntax, at: FilePosition(file: file, line: line, column: column), "not YAML: \(problem)",
                remedy: "remove the character")
        case .memory:
            return tooDeep(line: 1)
        default:
            return SettingsError(
                .syntax, at: FilePosition(file: file), "not YAML: \(error)", remedy: "check the YAML syntax")
        }
    }

    private func syntaxError(_ problem: String, context: YamlError.Context?, mark: Mark) -> SettingsError {
        if problem == "but found another document" {
            return SettingsError(
                .syntax, at: FilePosition(file: file, line: mark.line, column: mark.column), "a second YAML document",
                remedy: "keep one: remove \"---\" and what follows")
        }
        if problem.hasPrefix("Maximum nesting level") { return tooDeep(line: mark.line) }
        var during = context.map { " \($0.text)" } ?? ""
        var place = mark
        if let context, beginsEarlier(context, than: mark) {
            place = context.mark
        } else if let context, context.mark.line != mark.line {
            during += " that begins in line \(context.mark.line)"
        }
        // YAML counts a line feed at the end of the file that need not be there.
        let (line, column) =
            TextPosition.index(line: place.line, column: place.column, in: text) == nil
            ? TextPosition.lineAndColumn(ofCharacter: text.count, in: text) : (place.line, place.column)
        return SettingsError(
            .syntax, at: FilePosition(file: file, line: line, column: column), "not YAML: \(problem)\(during)",
            remedy: remedy(for: problem, at: mark))
    }

    /// Whether the user has to look where something began: a missing colon or quote is noticed only further down, a
    /// missing bracket at the end of the file.
    private func beginsEarlier(_ context: YamlError.Context, than mark: Mark) -> Bool {
        context.text == "while scanning a simple key" || context.text == "while scanning a quoted scalar"
            || TextPosition.isAtEnd(line: mark.line, column: mark.column, in: text)
    }

    private func tooDeep(line: Int) -> SettingsError {
        SettingsError(
            .tooLarge, at: FilePosition(file: file, line: line, column: 1), "lists and mappings are nested too deeply",
            remedy: "check the brackets and the indentation")
    }

    private func remedy(for problem: String, at mark: Mark) -> String {
        let character = TextPosition.scalar(line: mark.line, column: mark.column, in: text)
        switch problem {
        case "found character that cannot start any token" where character == "\t":
            return "indent with spaces instead of tabs"
        case "found character that cannot start any token":
            return "put the value in quotes"
        case "mapping values are not allowed in this context":
            return "check the indentation, and put a value with a colon and a space in quotes"
        case "could not find expected ':'":
            return "write it as \"key: value\""
        case "found undefined alias":
            return "put a value that begins with * in quotes"
        case "found unexpected end of stream":
            return "close the quote"
        case "did not find expected node content",
            "did not find expected key" where character == ":" || character == "]":
            return "put the value in quotes; addresses such as [::1]:5514 need them"
        case "did not find expected ',' or '}'", "did not find expected ',' or ']'":
            let hasVariable = TextPosition.line(mark.line, in: text).contains("${")
            return hasVariable
                ? "put ${…} between brackets in quotes" : "close the bracket, and put commas between values"
        default:
            return "check the indentation, quotes and brackets here and in the line above"
        }
    }
}
