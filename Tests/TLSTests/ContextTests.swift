import NIOSSL
import TestSupport
import Testing

@testable import TLS

/// Files that cannot be used are errors that name the file; nothing takes their place.
@Suite struct ContextTests {
    private let folder = TemporaryDirectory()
    private static let certificates = TestCertificates.shared

    private static var twoAuthorities: String {
        let files = ["ca", "unknown-ca"].map(certificates.certificate)
        return String(decoding: files.flatMap { TemporaryDirectory.contents($0) ?? [] }, as: UTF8.self)
    }

    private func message(_ body: () throws -> Void, _ place: SourceLocation = #_sourceLocation) -> String {
        guard let error = #expect(throws: TLSError.self, sourceLocation: place, performing: body) else { return "" }
        return error.description
    }

    private func requirement(_ file: String) -> PeerRequirement { PeerRequirement(authorityFile: file) }

    @Test func somebodyHasToBeTrusted() {
        let text = "nobody to trust: name a CA file or the peer's fingerprint (public roots are never used)"
        #expect(message { _ = try TLSContext.client(nil, server: PeerRequirement()) } == text)
        #expect(message { _ = try TLSContext.server(.test("server"), clients: PeerRequirement()) } == text)
    }

    @Test(
        arguments: [
            ("missing", nil), ("empty", ""), ("text", "no certificate\n"),
            ("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ] as [(String, String?)])
    func aCAFileThatFailsToLoadIsAnError(name: String, text: String?) {
        if let text { folder.write(name, text) }
        let file = folder.path(name)
        // Not even a pin that would do makes up for it.
        let pin = [CertificateFingerprint(digest: Self.certificates.digest("server"))].compactMap { $0 }
        let both = PeerRequirement(authorityFile: file, fingerprints: pin)
        for requirement in [requirement(file), both] {
            #expect(message { _ = try TLSContext.client(nil, server: requirement) }.hasPrefix(file))
            #expect(message { _ = try TLSContext.server(.test("server"), clients: requirement) }.hasPrefix(file))
        }
    }

    @Test func aCAFileThatIsCutInItsSecondCertificateIsAnError() {
        let file = folder.write("cut", String(Self.twoAuthorities.dropLast(80)))
        #expect(message { _ = try TLSContext.client(nil, server: requirement(file)) }.hasPrefix(file))
    }

    @Test func aFileOfTwoAuthoritiesTrustsBoth() throws {
        let file = folder.write("both", Self.twoAuthorities)
        let client = try TLSContext.client(
            nil, server: PeerRequirement(authorityFile: file, serverName: "localhost"))
        for name in ["server", "unknown"] {
            #expect(try Pair(client: client, server: .server(.test(name), clients: nil)).client.isReady)
        }
    }

    @Test(arguments: ["missing", "empty", "text"])
    func aCertificateOrKeyThatFailsToLoadIsAnErrorThatNamesTheFile(name: String) {
        if name != "missing" { folder.write(name, name == "empty" ? "" : "text\n") }
        let file = folder.path(name)
        let good = CertificateFiles.test("server")
        let noCertificate = CertificateFiles(certificateFile: file, keyFile: good.keyFile)
        let noKey = CertificateFiles(certificateFile: good.certificateFile, keyFile: file)
        for files in [noCertificate, noKey] {
            #expect(message { _ = try TLSContext.server(files, clients: nil) }.hasPrefix(file))
            #expect(message { _ = try TLSContext.client(files, server: .test()) }.hasPrefix(file))
        }
    }

    @Test func aKeyOfAnotherCertificateIsAnError() {
        let files = CertificateFiles(
            certificateFile: Self.certificates.certificate("server"), keyFile: Self.certificates.key("client"))
        #expect(message { _ = try TLSContext.server(files, clients: nil) }.contains("of the same pair"))
        #expect(message { _ = try TLSContext.client(files, server: .test()) }.contains("of the same pair"))
    }

    @Test func aFingerprintIsTheDigestThatOpenSSLSays() throws {
        let file = Self.certificates.certificate("server")
        let certificate = try #require(NIOSSLCertificate.fromPEMFile(file).first)
        let digest = Self.certificates.digest("server")
        let fingerprint = try CertificateFingerprint(of: certificate)
        #expect(digest.count == 32 && fingerprint == CertificateFingerprint(digest: digest))
        let pairs = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        #expect("\(fingerprint)" == "sha256:" + pairs.joined(separator: ":"))
        #expect(CertificateFingerprint(digest: Array(digest.dropLast())) == nil)
        #expect(CertificateFingerprint(digest: digest + [0]) == nil)
    }

    @Test func whatIsNotKnownIsSaidAsItIs() {
        struct Failure: Error, CustomStringConvertible { let description = "something else" }
        #expect(TLSFailure.describe(Failure()) == "something else")
        #expect(TLSFailure.describe(NIOSSLError.uncleanShutdown).hasPrefix("the peer went away without ending TLS"))
    }
}
