import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import TLS

/// Reads the certificate that a server shows, whatever it is worth: of one that has ended, too, one wants to know when.
/// Nothing is sent over the connection, and nothing is believed that comes.
struct CertificateProbe: Sendable {
    let host: String
    let port: Int
    let timeout: TimeAmount
    private let context: NIOSSLContext

    init(host: String, port: Int, timeout: TimeAmount) throws {
        self.host = host
        self.port = port
        self.timeout = timeout
        var configuration = TLSConfiguration.makeClientConfiguration()
        // The chain is for the handler to judge; a wrong name would end the handshake all the same.
        configuration.certificateVerification = .noHostnameVerification
        context = try NIOSSLContext(configuration: configuration)
    }

    /// The certificate; nil if there is no handshake in time.
    func look(on eventLoop: any EventLoop) -> EventLoopFuture<ServerCertificate?> {
        let seen = eventLoop.makePromise(of: ServerCertificate?.self)
        let connected = ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: serverName) { _, verdict in
                            verdict.succeed(.certificateVerified)
                        })
                    try pipeline.addHandler(CertificateReader(seen))
                }
            }
            .connect(host: host, port: port)
        connected.whenFailure { _ in seen.succeed(nil) }
        let deadline = eventLoop.scheduleTask(in: timeout) { seen.succeed(nil) }
        seen.futureResult.whenComplete { _ in deadline.cancel() }
        return seen.futureResult.always { _ in connected.whenSuccess { $0.close(promise: nil) } }
    }

    /// An IP address may not be sent as a server's name (RFC 6066 section 3).
    private var serverName: String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}

/// Waits for the end of the handshake, so that the server has nothing to complain of, and tells what the server showed.
private final class CertificateReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let seen: EventLoopPromise<ServerCertificate?>

    init(_ seen: EventLoopPromise<ServerCertificate?>) { self.seen = seen }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else { return }
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        seen.succeed(certificate.flatMap(ServerCertificate.init))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        seen.succeed(nil)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { seen.succeed(nil) }
}

extension ServerCertificate {
    fileprivate init?(_ certificate: NIOSSLCertificate) {
        guard let fingerprint = try? CertificateFingerprint(of: certificate) else { return nil }
        self.init(
            notBefore: Int64(certificate.notValidBefore), notAfter: Int64(certificate.notValidAfter),
            fingerprint: "\(fingerprint)")
    }
}
