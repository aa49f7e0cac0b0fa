public import NIOCore
import NIOSSL

/// Who the other side of a TLS connection must be.
public struct PeerRequirement: Sendable {
    /// PEM file of the certificate authorities that may vouch for the peer. There are no others: public roots are
    /// never used.
    public var authorityFile: String?
    /// The only certificates that are let in; empty: all that the authorities vouch for.
    public var fingerprints: [CertificateFingerprint]
    /// The name or IP address the certificate must bear, for the client side; nil: the address that was connected to.
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
        // The chain; the name is looked at behind the handshake.
        configuration.certificateVerification = .noHostnameVerification
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
            throw TLSError("certificate and key cannot be used together; are they of the same pair? (\(error))")
        }
    }

    /// Adds TLS for a listener's connection to `pipeline`.
    public func addServer(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        if isPinnedOnly {
            try pipeline.addHandler(NIOSSLServerHandler(context: context, customVerificationCallback: verifyPin))
        } else {
            try pipeline.addHandler(NIOSSLServerHandler(context: context))
            if !requirement.fingerprints.isEmpty { try pipeline.addHandler(PeerCheck(objectionToPin)) }
        }
    }

    /// Adds TLS for a connection that was opened to a collector.
    public func addClient(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        var name: String?
        // An IP address may not be sent as a server's name (RFC 6066 §3).
        if let serverName = requirement.serverName, case .host = PeerName(serverName) { name = serverName }
        if isPinnedOnly {
            try pipeline.addHandler(
                NIOSSLClientHandler(context: context, serverHostname: name, customVerificationCallback: verifyPin))
        } else {
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
            try pipeline.addHandler(PeerCheck(objectionToServer))
        }
    }

    /// Closes a connection, with or without TLS, at once: without the end of TLS, for which a peer that takes nothing
    /// would be waited for. To be called on the channel's event loop.
    public static func abort(_ channel: any Channel) {
        let context = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self)
        if let context { context.close(promise: nil) } else { channel.close(promise: nil) }
    }

    private var isPinnedOnly: Bool { requirement.authorityFile == nil && !requirement.fingerprints.isEmpty }

    private func objectionToServer(_ certificate: NIOSSLCertificate?, _ peer: SocketAddress?) -> TLSError? {
        let borne = certificate.map(PeerName.all) ?? []
        let wanted = requirement.serverName.map { PeerName($0) } ?? peer.flatMap { PeerName($0) }
        guard let wanted, borne.contains(where: wanted.matches) else {
            return TLSError(
                "the peer's certificate is not for \(wanted.map { "\($0)" } ?? "a socket without address") but for "
                    + "\(borne.prefix(8)): correct `server_name`, or the certificate")
        }
        return requirement.fingerprints.isEmpty ? nil : objectionToPin(certificate, peer)
    }

    /// With both authorities and fingerprints given, both must hold: the library checks the chain, this the pin.
    private func objectionToPin(_ certificate: NIOSSLCertificate?, _ peer: SocketAddress?) -> TLSError? {
        guard let certificate, let fingerprint = try? CertificateFingerprint(of: certificate) else {
            return TLSError("the peer shows no certificate, and cannot be one of the pinned ones")
        }
        guard !requirement.fingerprints.contains(fingerprint) else { return nil }
        return TLSError("the peer's certificate is not one of the pinned ones; if it is right, pin \(fingerprint)")
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
            throw TLSError("\(file) is not a readable PEM file of CA certificates: \(error)")
        }
    }

    private static func load(
        _ files: CertificateFiles
    ) throws(TLSError) -> ([NIOSSLCertificateSource], NIOSSLPrivateKeySource) {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificateFile).map(
                NIOSSLCertificateSource.certificate)
            guard !chain.isEmpty else { throw TLSError("\(files.certificateFile): there is no certificate in it") }
            return (chain, .privateKey(try loadKey(files.keyFile)))
        } catch let error as TLSError {
            throw error
        } catch {
            throw TLSError("\(files.certificateFile) is not a readable PEM file of certificates: \(error)")
        }
    }

    private static func loadKey(_ file: String) throws(TLSError) -> NIOSSLPrivateKey {
        do { return try NIOSSLPrivateKey(file: file, format: .pem) } catch {
            throw TLSError("\(file) is not a readable PEM file of a private key without passphrase: \(error)")
        }
    }
}
