/// Why verification could not start: what the caller asked for makes no sense. Two errors are equal if their codes are.
public struct VerificationError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The key is not a verifier key.
        case key
        /// The MAC key is not one.
        case macKey
        /// The head is not a checkpoint signed by the pinned key, or by one that is tied to it.
        case head
        /// The directory of leaf hashes does not open, or an option needs one.
        case hashes
        /// The file to write to does not open, or is one of the inputs.
        case output
        /// OpenSSL does not work.
        case library
    }

    public let code: Code
    /// What was wrong and what to do.
    public let reason: String

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { reason.printable }

    /// The exit code of the command: 64 for what was asked wrongly, 3 for a head that is not the log's.
    public var exitCode: Int32 {
        switch code {
        case .key, .macKey, .hashes, .output: 64
        case .head, .library: 3
        }
    }

    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
