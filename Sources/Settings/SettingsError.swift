/// A place in a configuration file, for error messages.
public struct FilePosition: Sendable, Hashable, CustomStringConvertible {
    /// The file's path as it was given by the user, or what stands in for it.
    public let file: String
    /// Line, counted from 1; 0 where the position is the file as a whole.
    public let line: Int
    /// Column, counted from 1 in Unicode scalars; 0 where the position is the file as a whole.
    public let column: Int

    /// A position in `file`; without line and column it means the whole file.
    public init(file: String, line: Int = 0, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// Where a value comes from that no file gives.
    public static let builtIn = FilePosition(file: "built-in defaults")

    /// `file:line:column`, or `file` alone.
    public var description: String { line > 0 ? "\(file):\(line):\(column)" : file }
}

/// One thing that is wrong with a configuration, where, and what to do about it.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What sort of error it is.
    public enum Code: String, Sendable, CaseIterable {
        /// A file cannot be opened or read, or is not a regular file.
        case unreadable
        /// A file, a list or a nesting is larger than its limit.
        case tooLarge
        /// The text is not UTF-8 or not YAML.
        case syntax
        /// A key that the format does not have.
        case unknownKey
        /// A key that the format has, but not for the kind of listener or destination at hand.
        case misplacedKey
        /// A key that is given twice in one mapping.
        case duplicateKey
        /// A key that has to be there.
        case missingKey
        /// A value of another type than the key takes.
        case wrongType
        /// A value of the right type that cannot be understood.
        case invalidValue
        /// A number, size or duration outside its limits.
        case outOfRange
        /// Two values that contradict each other.
        case conflict
        /// `${NAME}` without a value or a default.
        case undefinedVariable
    }

    /// What sort of error it is.
    public let code: Code
    /// Where it is.
    public let position: FilePosition
    /// What is wrong. Values are shown as they stand in the file, without what their variables stand for, and the
    /// content of secret files never.
    public let message: String
    /// What to do about it.
    public let remedy: String

    public init(_ code: Code, at position: FilePosition, _ message: String, remedy: String) {
        self.code = code
        self.position = position
        self.message = message
        self.remedy = remedy
    }

    /// `file:line:column: message; remedy`, on one line.
    public var description: String { "\(position): \(message); \(remedy)" }
}

/// Everything that is wrong with a configuration, in the order of the file.
public struct SettingsErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// At most this many errors are kept.
    public static let limit = 50

    /// The errors, at least one and at most ``limit``.
    public let errors: [SettingsError]
    /// How many more there were.
    public let omittedCount: Int

    init(_ errors: [SettingsError], omittedCount: Int = 0) {
        let inFileOrder = errors.enumerated().sorted {
            ($0.element.position.line, $0.element.position.column, $0.offset)
                < ($1.element.position.line, $1.element.position.column, $1.offset)
        }
        self.errors = inFileOrder.prefix(Self.limit).map(\.element)
        self.omittedCount = omittedCount + max(0, errors.count - Self.limit)
    }

    /// One error a line, and a last line that counts those left out.
    public var description: String {
        var lines = errors.map(\.description)
        if omittedCount > 0 { lines.append("… and \(omittedCount) more errors") }
        return lines.joined(separator: "\n")
    }
}
