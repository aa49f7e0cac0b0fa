public import NIOCore
import NIOSSL

/// Who the other side of a TLS connection must be.
public struct PeerRequirement: Sendable {
    /// PEM file of the certificate authorities that may vouch for the peer. There are no others: public roots are
    /// never used.
    public var authorityFile: String?
    /// The only certificates that are let in; empty: all that the authorities vouch for.
    public var fingerprints: [CertificateFingerprint]
    /// The name the certificate must bear, for the client side; nil: the address that was connected to.
    public var serverName: String?

    public init(authorityFile: String? = nil, fingerprints: [CertificateFingerprint] = [], serverName: String? = nil) {
        self.authorityFile = authorityFile
        self.fingerprints = fingerprints
        self.serverName = serverName
    }
}

/// A certificate chain and its key, in PEM files.
public struct CertificateFiles: Sendable {
    public var certificateFile: String
    public var keyFile: String

    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

/// A TLS file that cannot be used, and why.
public struct TLSError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// TLS 1.2 and 1.3 for one side, failing closed: a peer that cannot be checked is not let in.
public struct TLSContext: Sendable {
    private let context: NIOSSLContext
    private let requirement: PeerRequirement

    /// For a listener. `clients` is nil when clients need not show a certificate.
    public static func server(_ own: CertificateFiles, clients: PeerRequirement?) throws(TLSError) -> TLSContext {
        let (chain, key) = try load(own)
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
        guard let clients else {
            configuration.certificateVerification = .none
            return try TLSContext(configuration, PeerRequirement())
        }
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = try trustRoots(clients)
        return try TLSContext(configuration, clients)
    }

    /// For a destination. `own` is the client certificate, if the collector wants one.
    public static func client(_ own: CertificateFiles?, server: PeerRequirement) throws(TLSError) -> TLSContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = try trustRoots(server)
        if let own {
            let (chain, key) = try load(own)
            configuration.certificateChain = chain
            configuration.privateKey = key
        }
        return try TLSContext(configuration, server)
    }

    private init(_ configuration: TLSConfiguration, _ requirement: PeerRequirement) throws(TLSError) {
        var configuration = configuration
        configuration.minimumTLSVersion = .tlsv12
        self.requirement = requirement
        do { context = try NIOSSLContext(configuration: configuration) } catch {
            throw TLSError("the TLS settings cannot be used: \(error)")
        }
    }

    /// Adds TLS for a listener's connection to `pipeline`.
    public func addServer(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        if isPinnedOnly {
            try pipeline.addHandler(NIOSSLServerHandler(context: context, customVerificationCallback: verifyPin))
        } else {
            try pipeline.addHandler(NIOSSLServerHandler(context: context))
        }
        try addPinCheck(to: pipeline)
    }

    /// Adds TLS for a connection that was opened to a collector.
    public func addClient(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        let name = Self.hostname(requirement.serverName)
        if isPinnedOnly {
            try pipeline.addHandler(
                NIOSSLClientHandler(context: context, serverHostname: name, customVerificationCallback: verifyPin))
        } else {
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
        }
        try addPinCheck(to: pipeline)
    }

    /// Nil for an IP address, which may not be sent as a name (RFC 6066 §3); the library then looks for the address that
    /// was connected to in the certificate.
    private static func hostname(_ serverName: String?) -> String? {
        guard let serverName, (try? SocketAddress(ipAddress: serverName, port: 0)) == nil else { return nil }
        return serverName
    }

    private var isPinnedOnly: Bool { requirement.authorityFile == nil && !requirement.fingerprints.isEmpty }

    /// With both authorities and fingerprints given, both must hold: the library checks the chain, this the pin.
    private func addPinCheck(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        guard requirement.authorityFile != nil, !requirement.fingerprints.isEmpty else { return }
        try pipeline.addHandler(PinCheck(requirement.fingerprints))
    }

    private func verifyPin(_ chain: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>) {
        guard let leaf = chain.first, let fingerprint = try? CertificateFingerprint(of: leaf),
            requirement.fingerprints.contains(fingerprint)
        else { return promise.succeed(.failed) }
        promise.succeed(.certificateVerified)
    }

    private static func trustRoots(_ requirement: PeerRequirement) throws(TLSError) -> NIOSSLTrustRoots {
        guard let file = requirement.authorityFile else {
            guard !requirement.fingerprints.isEmpty else {
                throw TLSError(
                    "nobody to trust: name a CA file or the peer's fingerprint (public roots are never used)")
            }
            return .certificates([])
        }
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(file)
            guard !certificates.isEmpty else { throw TLSError("\(file): there is no certificate in it") }
            return .certificates(certificates)
        } catch let error as TLSError {
            throw error
        } catch {
            throw TLSError("\(file): the CA certificates cannot be read: \(error)")
        }
    }

    private static func load(
        _ files: CertificateFiles
    ) throws(TLSError) -> ([NIOSSLCertificateSource], NIOSSLPrivateKeySource) {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificateFile).map(
                NIOSSLCertificateSource.certificate)
            guard !chain.isEmpty else { throw TLSError("\(files.certificateFile): there is no certificate in it") }
            let key = try NIOSSLPrivateKey(file: files.keyFile, format: .pem)
            return (chain, .privateKey(key))
        } catch let error as TLSError {
            throw error
        } catch {
            throw TLSError(
                "\(files.certificateFile), \(files.keyFile): cannot be read as certificate and key: \(error)")
        }
    }
}
