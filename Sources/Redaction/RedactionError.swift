/// Why a redaction engine could not be built. Nothing that happens while records are redacted is reported this way: a
/// record that cannot be examined is replaced as a whole and counted.
public struct RedactionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Hashable, Sendable {
        private enum Base: Hashable, Sendable {
            case unsupportedProcessor, outOfMemory, badPattern, tooManyPatterns, engine
        }

        private let base: Base

        /// The processor lacks the instructions that the pattern engine needs.
        public static let unsupportedProcessor = Code(base: .unsupportedProcessor)
        /// Memory for the compiled patterns could not be had.
        public static let outOfMemory = Code(base: .outOfMemory)
        /// An engine does not take one of the patterns.
        public static let badPattern = Code(base: .badPattern)
        /// The rules have more patterns than ``RuleSet/patternLimit``.
        public static let tooManyPatterns = Code(base: .tooManyPatterns)
        /// The pattern engine failed for a reason of its own.
        public static let engine = Code(base: .engine)
    }

    public let code: Code
    /// What happened and what to do, for the operator.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    public static func == (left: RedactionError, right: RedactionError) -> Bool { left.code == right.code }
}
