/// What goes along while a document becomes a ``Settings``: where relative paths start, what `${NAME}` stands for, the
/// errors so far and the positions of all values.
struct Decoding {
    let environment: [String: String]
    /// The folder relative paths start from, without a slash at its end; empty for the working directory.
    let baseDirectory: String
    private(set) var errors: [SettingsError] = []
    private(set) var omittedCount = 0
    /// Position of the value of every key that was given, by its path (`listeners[0].tcp`).
    private(set) var positions: [String: FilePosition] = [:]

    init(environment: [String: String], baseDirectory: String) {
        self.environment = environment
        self.baseDirectory = baseDirectory
    }

    /// For ``position(of:)`` only.
    init(positions: [String: FilePosition]) {
        self.init(environment: [:], baseDirectory: "")
        self.positions = positions
    }

    /// Errors so far, reported ones and those above the limit.
    var errorCount: Int { errors.count + omittedCount }

    mutating func report(_ error: SettingsError) {
        if errors.count < SettingsErrors.limit {
            errors.append(error)
        } else {
            omittedCount += 1
        }
    }

    mutating func report(_ code: SettingsError.Code, at position: FilePosition, _ message: String, remedy: String) {
        report(SettingsError(code, at: position, message, remedy: remedy))
    }

    /// Remembers where the value of `path` stands.
    mutating func note(_ path: String, at position: FilePosition) {
        positions[path] = position
    }

    /// Where the value of `path` stands, or else that of the closest thing around it that was given.
    func position(of path: String) -> FilePosition {
        var path = path[...]
        while true {
            if let position = positions[String(path)] { return position }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            path = path[..<cut]
        }
        return positions[""] ?? .builtIn
    }

    // MARK: - Scalars

    /// The text of a scalar after substitution, and how it may be read. Reports what is wrong with its variables.
    mutating func scalar(_ text: String, isPlain: Bool, path: String, at position: FilePosition) -> Scalar? {
        do throws(Variables.Problem) {
            if let substituted = try Variables.substitute(text, environment) {
                return Scalar(
                    text: substituted, type: ScalarType(plain: substituted), source: text, isSubstituted: true)
            }
        } catch {
            report(error.code, at: position, "\(path): \(error.message)", remedy: error.remedy)
            return nil
        }
        return Scalar(text: text, type: isPlain ? ScalarType(plain: text) : .text, source: text, isSubstituted: false)
    }

    struct Scalar {
        let text: String
        let type: ScalarType
        /// The text in the file. Messages show this, so that no variable's value gets into them.
        let source: String
        let isSubstituted: Bool
    }
}

extension YAMLNode {
    /// What a message calls this value.
    var found: String {
        switch content {
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let text, let isPlain):
            switch isPlain ? ScalarType(plain: text) : .text {
            case .null: return "nothing"
            case .boolean: return clipped(text)
            case .integer, .number: return "the number \(clipped(text))"
            case .text: return "the text \(quoted(text))"
            }
        }
    }
}
