internal import OpenSSL

/// Why an origin, a key, a seal record or a stored state was refused. Two errors are equal if their codes are.
public struct SealError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of refusal it is.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The text is not an origin.
        case origin
        /// The text is not a verifier key of a log.
        case verifierKey
        /// The record has no `waxwing-seal` element.
        case notSeal
        /// PRI, version, APP-NAME or MSGID are not those of a seal, or HOSTNAME or PROCID are not as a relay writes
        /// them.
        case header
        /// TIMESTAMP is not UTC in milliseconds.
        case timestamp
        /// The identity element is not as it should be.
        case identity
        /// The `waxwing-seal` element has other parameters, another order or another spelling.
        case sealElement
        /// The `waxwing-sig` element has other parameters, another order or another spelling.
        case signatureElement
        /// Something stands behind the elements of the seal that does not belong there.
        case trailing
        /// The message does not say what was sealed, or something else.
        case message
        /// The numbers of a seal contradict each other.
        case inconsistent
        /// A seal does not continue the stream that was replayed up to it.
        case chain
        /// A note by which one key hands over to the next is not as it should be.
        case rekey
        /// A stored state does not decode.
        case state
        /// A ratchet's key of an earlier seal is asked for, which was erased.
        case ratchet
        /// The line does not fit where it is to be written.
        case noRoom
        /// OpenSSL could not sign or authenticate.
        case library
    }

    public let code: Code
    /// What was wrong, and what to do if anything can be done.
    public let reason: String

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    init(_ error: OpenSSLError) {
        self.init(.library, error.description)
    }

    public var description: String { reason }

    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
