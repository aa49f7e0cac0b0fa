import NIOCore
import NIOEmbedded
import Testing

@testable import Intake

/// One connection's octets through the pipeline that a listener makes.
@Suite struct SyslogStreamHandlerTests {
    private static let head = "<13>1 2026-11-23T06:15:00Z host app 1 - - "

    /// Octet counting, LF, CR LF and NUL on one connection.
    private static let mixed: [UInt8] = {
        let counted = "\(head)one"
        return Array("\(counted.utf8.count) \(counted)\(head)two\n\(head)three\r\n\(head)four\0\(head)five\n".utf8)
    }()

    @Test func framesDoNotDependOnWhereReadsEnd() throws {
        for cut in 0...Self.mixed.count {
            let listener = EmbeddedListener()
            let channel = try listener.connect()
            try channel.receive(Self.mixed[..<cut])
            try channel.receive(Self.mixed[cut...])
            #expect(listener.arrivals().map(\.lastWord) == ["one", "two", "three", "four", "five"], "cut at \(cut)")
        }
    }

    /// What is known of the peer is what was known when the read began.
    @Test func aKnownPeerIsNamed() throws {
        let listener = EmbeddedListener()
        let channel = try listener.connect(from: "192.0.2.7")
        let other = try listener.connect(from: "192.0.2.8", port: 1)
        try channel.receive("\(Self.head)unknown\n")
        listener.receiver.senders["192.0.2.7"] = " sender_node=\"web\""
        try channel.receive("\(Self.head)known\n")
        try other.receive("\(Self.head)other\n")
        listener.receiver.senders["192.0.2.7"] = ""
        try channel.receive("\(Self.head)gone\n")
        let lines = listener.arrivals().map(\.line)
        #expect(lines.map { $0.contains("[received@32473 sender_node=\"web\"]") } == [false, true, false, false])
    }

    @Test func framesComeOutOfSingleOctets() throws {
        let listener = EmbeddedListener()
        let channel = try listener.connect()
        for byte in Self.mixed { try channel.receive([byte]) }
        #expect(listener.arrivals().map(\.lastWord) == ["one", "two", "three", "four", "five"])
        #expect(listener.receiver.metric("records_total", "listener=\"test\",format=\"rfc5424\"") == 5)
        let frames = Self.mixed.count - "45 ".utf8.count - "\n\r\n\0\n".utf8.count
        #expect(listener.receiver.metric("octets_total") == frames)
    }

    @Test(arguments: [1, 7, 64, 1000], [true, false])
    func anOversizeFrameIsOneMarkedRecord(readSize: Int, isCounted: Bool) throws {
        let listener = EmbeddedListener(frameLimit: 64)
        let channel = try listener.connect()
        let long = Self.head + String(repeating: "x", count: 500 - Self.head.utf8.count)
        let stream = isCounted ? "500 \(long)\(Self.head)next\n" : "\(long)\n\(Self.head)next\n"
        let bytes = Array(stream.utf8)
        for start in stride(from: 0, to: bytes.count, by: readSize) {
            try channel.receive(bytes[start..<min(start + readSize, bytes.count)])
        }
        let arrivals = listener.arrivals()
        #expect(arrivals.map(\.originalLength) == [500, 0])
        #expect(arrivals.first?.lastWord == String(repeating: "x", count: 64 - Self.head.utf8.count))
        #expect(arrivals.last?.lastWord == "next")
        #expect(listener.receiver.metric("cut_total") == 1)
        #expect(channel.isActive)
    }

    @Test func anEndlessFrameIsNotKept() throws {
        let listener = EmbeddedListener(frameLimit: 1000)
        let channel = try listener.connect()
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
        for _ in 0..<100 { try channel.receive(piece) }
        try channel.receive("\n")
        let arrivals = listener.arrivals()
        #expect(arrivals.map(\.originalLength) == [1_000_000])
        #expect(arrivals.first?.lastWord.utf8.count == 1000)
    }

    // MARK: - The end of a connection

    @Test func aRecordWithoutTerminatorAtTheEndIsARecord() throws {
        let listener = EmbeddedListener()
        let channel = try listener.connect()
        try channel.receive("\(Self.head)one\n\(Self.head)last")
        try channel.end()
        #expect(listener.receiver.arrivals().map(\.lastWord) == ["one", "last"], "without a wait for the batch")
        #expect(listener.receiver.logLines.isEmpty)
    }

    @Test func aCountedFrameThatTheEndCutsSaysHowLongItWas() throws {
        let listener = EmbeddedListener()
        let channel = try listener.connect()
        try channel.receive("400 \(Self.head)cut")
        try channel.end()
        let arrivals = listener.receiver.arrivals()
        #expect(arrivals.map(\.lastWord) == ["cut"] && arrivals.map(\.originalLength) == [400])
    }

    @Test func aConnectionWithoutOctetsMakesNothing() throws {
        let listener = EmbeddedListener()
        try listener.connect().end()
        #expect(listener.arrivals().isEmpty && listener.receiver.logLines.isEmpty)
    }

    // MARK: - Other protocols

    private static let tlsHello: [UInt8] = [0x16, 0x03, 0x01, 0x00, 0xF4, 0x01, 0x00, 0x00, 0xF0, 0x03, 0x03]

    @Test(
        arguments: [
            (tlsHello, "tls", "point it at a TLS listener"),
            (Array("GET /health HTTP/1.1\r\nHost: relay\r\n\r\n".utf8), "http", "correct the port"),
            (Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), "http", "correct the port"),
            (Array("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".utf8), "proxy", "load balancer"),
            (Array("SSH-2.0-OpenSSH_9.2\r\n".utf8), "ssh", "correct the port"),
            ([0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07], "binary", "not syslog"),
        ], [1, 4096])
    func whatIsNotSyslogIsNamedOnceAndClosed(_ wrong: ([UInt8], String, String), readSize: Int) throws {
        let (bytes, code, remedy) = wrong
        let listener = EmbeddedListener()
        let channel = try listener.connect()
        for start in stride(from: 0, to: bytes.count, by: readSize) where channel.isActive {
            try channel.receive(bytes[start..<min(start + readSize, bytes.count)])
        }
        #expect(!channel.isActive)
        #expect(listener.arrivals().isEmpty)
        let log = listener.receiver.logLines
        #expect(log.count == 1)
        #expect(log[0].hasPrefix("connection closed: this is not syslog found=\(code) peer=192.0.2.7:40000"))
        #expect(log[0].contains(remedy))
        #expect(listener.receiver.metric("refused_total") == 1)
    }

    @Test func whatComesBehindAMistakeInTheSameReadIsNotTaken() throws {
        let listener = EmbeddedListener()
        let channel = try listener.connect()
        try channel.receive("GET / HTTP/1.1\r\n\(Self.head)smuggled\n")
        #expect(!channel.isActive && listener.arrivals().isEmpty)
    }

    @Test func aMistakeThatOnlyTheEndShowsIsNamedToo() throws {
        let listener = EmbeddedListener()
        let channel = try listener.connect()
        try channel.receive("GET / HTTP/1.0")
        try channel.end()
        #expect(listener.arrivals().isEmpty)
        #expect(listener.receiver.logLines.map { $0.contains("found=http") } == [true])
    }

    // MARK: - Failures and silence

    @Test func aFailureIsLoggedAndTheConnectionClosed() throws {
        struct Failure: Error, CustomStringConvertible { let description = "it broke" }
        let listener = EmbeddedListener()
        let channel = try listener.connect()
        try channel.receive("\(Self.head)before")
        channel.pipeline.fireErrorCaught(Failure())
        listener.loop.run()
        #expect(!channel.isActive)
        #expect(listener.receiver.logLines == ["connection failed error=it broke peer=192.0.2.7:40000"])
        #expect(listener.receiver.arrivals().map(\.lastWord) == ["before"])
    }

    @Test func aSilentConnectionIsClosed() throws {
        let listener = EmbeddedListener()
        let channel = try listener.connect()
        channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.read)
        listener.loop.run()
        #expect(!channel.isActive)
        #expect(listener.receiver.logLines == ["connection closed: silent for too long peer=192.0.2.7:40000"])
        #expect(listener.receiver.metric("refused_total") == 1)
    }

    // MARK: - Peers

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7:40000"),
        ("2001:db8::7", "2001:db8::7", "[2001:db8::7]:40000"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7:40000"),
    ])
    func thePeerStandsInForAMissingHostName(address: String, host: String, text: String) throws {
        let listener = EmbeddedListener()
        let channel = try listener.connect(from: address)
        try channel.receive("a line without any header\n")
        #expect(listener.arrivals().map(\.host) == [host])
        channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.read)
        #expect(listener.receiver.logLines.map { $0.hasSuffix(" peer=\(text)") } == [true])
    }
}
