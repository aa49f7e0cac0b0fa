import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS
import TestSupport

@testable import TLS

extension CertificateFiles {
    /// One of the test certificates, with its key.
    static func test(_ name: String) -> CertificateFiles {
        CertificateFiles(
            certificateFile: TestCertificates.shared.certificate(name), keyFile: TestCertificates.shared.key(name))
    }
}

extension PeerRequirement {
    /// What a peer must be: vouched for by `authority`, pinned to one of the certificates `pins`, and called `name`.
    static func test(_ authority: String? = "ca", pins: [String] = [], name: String? = "localhost") -> PeerRequirement {
        PeerRequirement(
            authorityFile: authority.map(TestCertificates.shared.certificate),
            fingerprints: pins.map { CertificateFingerprint(digest: TestCertificates.shared.digest($0))! },
            serverName: name)
    }
}

/// The end of a pipeline behind TLS, and what came through to it.
final class End: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var isReady = false
    private(set) var isClosed = false
    private(set) var received: [UInt8] = []
    private(set) var errors: [any Error] = []

    /// What the first error means, in words.
    var failure: String { errors.first.map(TLSFailure.describe) ?? "" }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { isReady = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += Array(buffer: unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        errors.append(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { isClosed = true }
}

/// The two ends of a connection, in memory.
final class Pair {
    let client = End()
    let server = End()
    private let loop = EmbeddedEventLoop()
    private let clientChannel: EmbeddedChannel
    private let serverChannel: EmbeddedChannel

    /// A connection to `address` with a handshake, as far as it gets.
    convenience init(client clientContext: TLSContext, server serverContext: TLSContext, address: String = "127.0.0.1")
        throws
    {
        try self.init(address: address, server: serverContext) { try clientContext.addClient(to: $0) }
    }

    /// The same with a client of another make.
    convenience init(client configuration: TLSConfiguration, server: TLSContext) throws {
        let context = try NIOSSLContext(configuration: configuration)
        try self.init(address: "127.0.0.1", server: server) { pipeline in
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: "localhost"))
        }
    }

    private init(
        address: String, server serverContext: TLSContext,
        _ addClient: (ChannelPipeline.SynchronousOperations) throws -> Void
    ) throws {
        clientChannel = EmbeddedChannel(handler: nil, loop: loop)
        serverChannel = EmbeddedChannel(handler: nil, loop: loop)
        clientChannel.remoteAddress = try SocketAddress(ipAddress: address, port: 6514)
        try addClient(clientChannel.pipeline.syncOperations)
        try clientChannel.pipeline.syncOperations.addHandler(client)
        try serverContext.addServer(to: serverChannel.pipeline.syncOperations)
        try serverChannel.pipeline.syncOperations.addHandler(server)
        let peer = try SocketAddress(ipAddress: "127.0.0.1", port: 6514)
        serverChannel.connect(to: peer, promise: nil)
        clientChannel.connect(to: try SocketAddress(ipAddress: address, port: 6514), promise: nil)
        try exchange()
    }

    deinit {
        clientChannel.close(promise: nil)
        serverChannel.close(promise: nil)
        // Nobody answers to the end of TLS; the channels end when its time is over.
        loop.advanceTime(by: .seconds(60))
    }

    /// Sends `text` from the client to the server.
    func send(_ text: String) throws {
        clientChannel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        try exchange()
    }

    /// Ends the connection from the client's side.
    func close() throws {
        clientChannel.close(promise: nil)
        try exchange()
    }

    /// Carries bytes to and fro until there are no more.
    private func exchange() throws {
        var isMoving = true
        while isMoving {
            loop.run()
            isMoving = false
            for (from, to) in [(clientChannel, serverChannel), (serverChannel, clientChannel)] {
                while let bytes = try from.readOutbound(as: ByteBuffer.self) {
                    isMoving = true
                    if to.isActive { try to.writeInbound(bytes) }
                }
            }
        }
    }
}
