import NIOSSL

/// Says in words what a failed TLS connection means and what to look at. The library's own text stays behind it.
public enum TLSFailure {
    /// What each error of the library means, by a word in its text; the first that fits counts.
    private static let meanings: [(word: String, meaning: String)] = [
        (
            "CERTIFICATE_VERIFY_FAILED",
            "the peer's certificate was refused: it is expired, not valid yet, not by an authority in the CA file, or not "
                + "one of the fingerprints; look at it with `openssl s_client -showcerts`"
        ),
        (
            "PEER_DID_NOT_RETURN_A_CERTIFICATE",
            "the sender shows no certificate: give it one by an authority in `client_ca_file`, or set "
                + "`client_authentication: none`"
        ),
        (
            "ALERT_CERTIFICATE_REQUIRED",
            "the collector wants a certificate from this relay: set `certificate_file` and `key_file`"
        ),
        (
            "UNSUPPORTED_PROTOCOL",
            "the peer offers no TLS version from 1.2 on: bring its TLS library or its settings up to date"
        ),
        (
            "PROTOCOL_VERSION",
            "the peer refuses TLS 1.2 and 1.3: bring its TLS library or its settings up to date"
        ),
        ("WRONG_VERSION_NUMBER", notTLS), ("HTTP_REQUEST", notTLS), ("HTTPS_PROXY_REQUEST", notTLS),
        ("UNKNOWN_CA", ownRefused), ("BAD_CERTIFICATE", ownRefused), ("CERTIFICATE_EXPIRED", ownRefused),
        ("CERTIFICATE_UNKNOWN", ownRefused), ("UNSUPPORTED_CERTIFICATE", ownRefused),
        ("CERTIFICATE_REVOKED", ownRefused), ("ACCESS_DENIED", ownRefused),
        (
            "eofDuringHandshake",
            "the peer closed the connection during the TLS handshake: its log says why; often it does not speak TLS on "
                + "this port, or refuses this side's certificate"
        ),
        ("uncleanShutdown", "the peer went away without ending TLS (close_notify): its last records may be missing"),
    ]
    private static let notTLS =
        "the peer does not speak TLS: turn TLS on at the peer, or correct the port (plain syslog has usually another)"
    private static let ownRefused =
        "the peer refuses the certificate of this side: it has to be by an authority that the peer trusts, valid now, "
        + "and for this use"

    /// Whether the error says no more than that the peer ended the connection without ending TLS.
    public static func isMereEnd(_ error: any Error) -> Bool {
        error as? NIOSSLError == .uncleanShutdown || error is NIOSSLCloseTimedOutError
    }

    public static func describe(_ error: any Error) -> String {
        let text = "\(error)"
        guard let known = meanings.first(where: { text.contains($0.word) }) else { return text }
        return "\(known.meaning) (\(text))"
    }
}
