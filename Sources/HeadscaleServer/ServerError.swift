/// Why something could not be learned from a Headscale server.
public struct ServerError: Error, Equatable, CustomStringConvertible {
    /// What is wrong and what to do, in one line, without a secret.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
