import Glibc

/// The throw-away certificates that `Certs/make-certs.sh` makes, made once for a run of tests. Its head says what each
/// of them is.
public struct TestCertificates: Sendable {
    public static let shared = TestCertificates()

    /// Nothing that is static goes by itself at the end of the process.
    private let folder = TemporaryDirectory()

    private var directory: String { folder.path }

    private init() {
        atexit { TemporaryDirectory.remove(TestCertificates.shared.directory) }
        let script = #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Certs/make-certs.sh"
        precondition(unsafe system("'/\(script)' '\(directory)' >/dev/null 2>&1") == 0, "make-certs.sh failed")
        let digest = "openssl x509 -in $file -noout -fingerprint -sha256 >${file%.pem}.digest || exit 1"
        let command = "cd '\(directory)' && for file in *.pem; do \(digest); done"
        precondition(unsafe system(command) == 0, "openssl failed")
    }

    /// The path of a certificate.
    public func certificate(_ name: String) -> String { "\(directory)/\(name).pem" }

    /// The path of a certificate's key.
    public func key(_ name: String) -> String { "\(directory)/\(name).key" }

    /// The SHA-256 digest of a certificate, as `openssl` says.
    public func digest(_ name: String) -> [UInt8] {
        let output = TemporaryDirectory.contents("\(directory)/\(name).digest") ?? []
        let text = String(decoding: output, as: UTF8.self)
        let digits = text.split(separator: "=").last.map { $0.filter { $0.isHexDigit } } ?? ""
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(digits.dropFirst($0).prefix(2), radix: 16) }
    }
}
