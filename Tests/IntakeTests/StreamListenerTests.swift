import Batch
import Glibc
import NIOCore
import NIOPosix
import TLS
import TestSupport
import Testing

@testable import Intake

/// A listener on the loopback interface.
@Suite struct StreamListenerTests {
    private let receiver: Receiver
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    init() { receiver = Receiver(queueLimit: 1 << 20) }

    private func start(
        port: Int = 0, host: String = "127.0.0.1", _ change: (inout StreamListener.Options) throws -> Void = { _ in }
    ) throws -> StreamListener {
        var options = StreamListener.Options(host: host, port: port, policy: Receiver.policy())
        try change(&options)
        return try StreamListener(
            options, group: Self.group, pipeline: receiver.pipeline, counters: receiver.counters,
            logger: receiver.logger)
    }

    /// A connection that has been let in, as a record through it shows.
    private func connect(to listener: StreamListener) -> LoopbackSocket {
        let socket = LoopbackSocket.connected(to: listener.port)
        socket.send("hello\n")
        #expect(receiver.arrivals(1).map(\.lastWord) == ["hello"])
        return socket
    }

    @Test func recordsOfManyConnectionsArrive() throws {
        let listener = try start()
        defer { listener.stop() }
        let sockets = (0..<8).map { _ in LoopbackSocket.connected(to: listener.port) }
        for round in 0..<20 { for (index, socket) in sockets.enumerated() { socket.send("\(index)-\(round)\n") } }
        let arrivals = receiver.arrivals(160).map(\.lastWord)
        for index in 0..<8 {
            #expect(arrivals.filter { $0.hasPrefix("\(index)-") } == (0..<20).map { "\(index)-\($0)" })
        }
        #expect(receiver.metric("open_connections") == 8 && receiver.metric("connections_total") == 8)
    }

    @Test func aPeerInTheMiddleOfAFrameStallsNobody() throws {
        let listener = try start()
        defer { listener.stop() }
        let slow = LoopbackSocket.connected(to: listener.port)
        slow.send("1000 <13>the beginning")
        for number in 0..<4 { LoopbackSocket.connected(to: listener.port).send("\(number)\n") }
        #expect(Set(receiver.arrivals(4).map(\.lastWord)) == ["0", "1", "2", "3"])
        slow.finishSending()
        #expect(receiver.arrivals(1).map(\.originalLength) == [1000])
    }

    @Test func connectionsBeyondTheLimitAreRefusedUntilOneEnds() throws {
        let listener = try start { $0.maxConnections = 2 }
        defer { listener.stop() }
        let first = connect(to: listener)
        let second = connect(to: listener)
        #expect(LoopbackSocket.connected(to: listener.port).waitForEnd())
        #expect(receiver.metric("refused_total") == 1 && receiver.metric("connections_total") == 2)
        let log = receiver.logLines
        #expect(log.count == 1 && log[0].hasPrefix("connection refused: too many are open max_connections=2 peer=127."))
        first.finishSending()
        let deadline = Clock.monotonic() + 10_000_000_000
        while receiver.metric("open_connections") > 1, Clock.monotonic() < deadline { sched_yield() }
        _ = connect(to: listener)
        #expect(second.send("still there\n"))
        #expect(receiver.arrivals(1).map(\.lastWord) == ["there"])
    }

    @Test func stoppingClosesConnectionsAndPortAndHandsOnWhatWasRead() throws {
        let listener = try start()
        let socket = connect(to: listener)
        let port = listener.port
        socket.send("whole\nand the beginn")
        #expect(receiver.arrivals(1).map(\.lastWord) == ["whole"])
        listener.stop()
        #expect(socket.waitForEnd())
        #expect(receiver.arrivals().map(\.lastWord) == ["beginn"])
        try start(port: port).stop()
    }

    /// Who has written all and closed cannot learn that it was not taken.
    @Test func whatWasSentBeforeAStopIsTaken() throws {
        for round in 0..<5 {
            let listener = try start()
            var open: [LoopbackSocket] = []
            for number in 0..<6 {
                let socket = LoopbackSocket.connected(to: listener.port)
                socket.send((0..<100).map { "\(round)-\(number)-\($0)\n" }.joined())
                if number % 2 == 0 { open.append(socket) }
            }
            listener.stop()
            #expect(receiver.arrivals().count == 600)
            #expect(open.allSatisfy { $0.waitForEnd() })
        }
    }

    @Test func aSenderThatNeverEndsDoesNotHoldUpAStop() throws {
        let listener = try start()
        let socket = connect(to: listener)
        let sender = Worker { while socket.send(String(repeating: "x\n", count: 1000)) {} }
        let begin = Clock.monotonic()
        listener.stop()
        #expect(Clock.monotonic() - begin < 3_000_000_000)
        sender.join()
    }

    @Test func aSilentConnectionIsClosedAfterItsTime() throws {
        let listener = try start { $0.idleTimeout = .milliseconds(30) }
        defer { listener.stop() }
        #expect(LoopbackSocket.connected(to: listener.port).waitForEnd())
        #expect(receiver.logLines.map { $0.hasPrefix("connection closed: silent for too long") } == [true])
    }

    @Test func aPortThatIsTakenIsSaidWithTheRemedy() throws {
        let listener = try start()
        defer { listener.stop() }
        let error = #expect(throws: BindError.self) { _ = try start(port: listener.port) }
        let remedy = "another process listens there: stop it or choose another port"
        #expect(
            error?.description == "cannot listen on tcp 127.0.0.1:\(listener.port): Address already in use; \(remedy)")
    }

    @Test func aHostThatIsNoAddressIsRefused() {
        let error = #expect(throws: BindError.self) { _ = try start(host: "localhost") }
        #expect(error?.description == "cannot listen on tcp localhost:0: Invalid argument")
    }

    // MARK: - Back-pressure

    private static let line = [UInt8](repeating: UInt8(ascii: "x"), count: 8191) + [UInt8(ascii: "\n")]

    /// What the queue takes beyond its limit: a batch, and a read of four buffers, for each of the two event loops.
    private static let slack = 2 * (256 << 10) + 2 * 4 * (256 << 10)

    @Test func aSenderIsHeldBackAndLosesNothing() throws {
        let listener = try start()
        defer { listener.stop() }
        let sent = fillUp(LoopbackSocket.connected(to: listener.port))
        #expect(receiver.queue.isFull && receiver.queue.byteCount <= receiver.queue.byteLimit + Self.slack)
        #expect(receiver.arrivals(sent).count == sent)
        #expect(receiver.metric("pauses_total") > 0 && receiver.queue.lostRecords == 0)
    }

    /// Sends until nothing more is taken; returns how many lines that were.
    private func fillUp(_ socket: LoopbackSocket) -> Int {
        var sent = 0
        while socket.isWritable(within: 100) {
            socket.send(Self.line)
            sent += 1
        }
        return sent
    }

    @Test func connectionsThatComeAndGoDoNotFillAFullQueue() throws {
        let listener = try start()
        let sender = LoopbackSocket.connected(to: listener.port)
        _ = fillUp(sender)
        let before = receiver.queue.byteCount
        #expect(receiver.queue.isFull)
        // Senders of a few lines each, 4 MiB in all: they wait to be accepted.
        let waiting = (0..<128).map { _ in
            let socket = LoopbackSocket.connected(to: listener.port)
            for _ in 0..<4 { socket.send(Self.line) }
            socket.finishSending()
            return socket
        }
        // Those that were accepted before both event loops knew may be through.
        #expect(waiting.count { $0.hasEnded(within: 2) } <= 32)
        #expect(receiver.queue.byteCount <= before + Self.slack)
        listener.stop()
    }

    // MARK: - TLS

    private func startTLS(handshakeTimeout: TimeAmount = .seconds(10)) throws -> StreamListener {
        let certificates = TestCertificates.shared
        return try start { options in
            options.tls = try .server(
                CertificateFiles(
                    certificateFile: certificates.certificate("server"), keyFile: certificates.key("server")),
                clients: PeerRequirement(authorityFile: certificates.certificate("ca")))
            options.handshakeTimeout = handshakeTimeout
        }
    }

    @Test func recordsArriveOverTLS() throws {
        let listener = try startTLS()
        defer { listener.stop() }
        let certificates = TestCertificates.shared
        let context = try TLSContext.client(
            CertificateFiles(certificateFile: certificates.certificate("client"), keyFile: certificates.key("client")),
            server: PeerRequirement(authorityFile: certificates.certificate("ca"), serverName: "localhost"))
        let channel = try ClientBootstrap(group: Self.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try context.addClient(to: channel.pipeline.syncOperations) }
            }
            .connect(host: "127.0.0.1", port: listener.port).wait()
        try channel.writeAndFlush(ByteBuffer(string: "5 <13>a6 <13>bc")).wait()
        try channel.close().wait()
        #expect(receiver.arrivals(2).map(\.lastWord) == ["a", "bc"])
        #expect(receiver.logLines.isEmpty)
    }

    @Test func aPeerThatNeverEndsItsHandshakeIsClosed() throws {
        let listener = try startTLS(handshakeTimeout: .milliseconds(30))
        defer { listener.stop() }
        #expect(LoopbackSocket.connected(to: listener.port).waitForEnd())
        #expect(receiver.logLines.map { $0.hasPrefix("connection closed: no TLS handshake in time") } == [true])
    }
}
