import NIOSSL

/// Says in words what a failed TLS connection means and what to look at. The library's own text stays behind it.
public enum TLSFailure {
    public static func describe(_ error: any Error) -> String {
        let text = "\(error)"
        if error as? NIOSSLExtraError == .failedToValidateHostname {
            return "the peer's certificate bears another name (\(text)): correct `server_name`, or the certificate"
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
            return "the peer's certificate was refused: it is expired, not valid yet, or not by an authority in the CA "
                + "file; look at it with `openssl s_client -showcerts` (\(text))"
        }
        return text
    }
}
