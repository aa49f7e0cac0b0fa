import NIOCore
import NIOEmbedded
import NIOTLS
import TLS
import TestSupport
import Testing

@testable import Intake

/// Batches, back-pressure and deadlines of one event loop, with its time in the test's hands.
@Suite struct StreamLaneTests {
    @Test func recordsWaitForTheRestOfTheirBatchButNotForLong() throws {
        let listener = EmbeddedListener()
        let channels = try (0..<3).map { _ in try listener.connect() }
        for channel in channels { try channel.receive("a\n") }
        listener.loop.advanceTime(by: .microseconds(1999))
        #expect(listener.receiver.arrivals().isEmpty)
        listener.loop.advanceTime(by: .microseconds(1))
        #expect(listener.receiver.arrivals().count == 3, "all connections of the loop in one batch")
        try channels[0].receive("b\n")
        #expect(listener.receiver.arrivals().isEmpty)
        #expect(listener.arrivals().map(\.lastWord) == ["b"], "and the next batch has a time of its own")
    }

    // MARK: - Back-pressure

    @Test func nothingIsReadWhileTheQueueIsFull() throws {
        let listener = EmbeddedListener(Receiver(queueLimit: 1))
        let busy = try listener.connect()
        let silent = try listener.connect()
        try busy.receive("one\n")
        #expect(busy.isRead && silent.isRead)
        listener.loop.advanceTime(by: .milliseconds(2))
        #expect(listener.receiver.queue.isFull)

        try busy.receive("two\n")
        #expect(!busy.isRead && !silent.isRead, "all connections of the loop stop")
        let late = try listener.connect()
        #expect(!late.isRead, "and those that come")
        #expect(listener.receiver.metric("pauses_total") == 1)

        #expect(listener.receiver.arrivals().map(\.lastWord) == ["one"])
        listener.loop.run()
        #expect(busy.isRead && silent.isRead && late.isRead, "all go on as soon as there is room")
        #expect(listener.arrivals().map(\.lastWord) == ["two"], "what was already read is not lost")
    }

    @Test func aPauseBeginsAgainWhenTheQueueFillsAgain() throws {
        let listener = EmbeddedListener(Receiver(queueLimit: 1))
        let channel = try listener.connect()
        for round in 1...3 {
            listener.receiver.fillQueue()
            try channel.receive("record\n")
            #expect(!channel.isRead)
            #expect(listener.receiver.metric("pauses_total") == round)
            _ = listener.receiver.arrivals()
            listener.loop.run()
            #expect(channel.isRead)
            _ = listener.arrivals()
        }
    }

    @Test func connectionsThatEndDuringAPauseAreForgotten() throws {
        let listener = EmbeddedListener(Receiver(queueLimit: 1))
        let channel = try listener.connect()
        listener.receiver.fillQueue()
        try channel.receive("last")
        #expect(!channel.isRead)
        try channel.end()
        let changes = channel.options.count
        #expect(listener.receiver.arrivals().map(\.lastWord) == ["full", "last"])
        listener.loop.run()
        #expect(!listener.lane.isPaused && channel.options.count == changes)
    }

    @Test func silenceDuringAPauseIsNotThePeersFault() throws {
        let listener = EmbeddedListener(Receiver(queueLimit: 1))
        let channel = try listener.connect()
        listener.receiver.fillQueue()
        try channel.receive("record\n")
        channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.read)
        #expect(channel.isActive)
        _ = listener.receiver.arrivals()
        listener.loop.run()
        channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.read)
        #expect(!channel.isActive)
    }

    // MARK: - TLS handshakes

    private static func tlsListener() throws -> EmbeddedListener {
        var listener = EmbeddedListener(Receiver(queueLimit: 1))
        let certificates = TestCertificates.shared
        listener.options.tls = try .server(
            CertificateFiles(
                certificateFile: certificates.certificate("server"), keyFile: certificates.key("server")),
            clients: nil)
        listener.options.handshakeTimeout = .seconds(10)
        return listener
    }

    @Test func aHandshakeHasADeadline() throws {
        let listener = try Self.tlsListener()
        let channel = try listener.connect()
        listener.loop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        listener.loop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(listener.receiver.logLines == ["connection closed: no TLS handshake in time peer=192.0.2.7:40000"])
        #expect(listener.receiver.metric("refused_total") == 1)
    }

    @Test func afterTheHandshakeThereIsNoDeadline() throws {
        let listener = try Self.tlsListener()
        let channel = try listener.connect()
        channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
        listener.loop.advanceTime(by: .hours(1))
        #expect(channel.isActive && listener.receiver.logLines.isEmpty)
    }

    @Test func aHandshakeGoesOnDuringAPauseAndIsPausedThen() throws {
        let listener = try Self.tlsListener()
        listener.receiver.fillQueue()
        listener.lane.readCompleted()
        #expect(listener.lane.isPaused)
        let channel = try listener.connect()
        #expect(channel.isRead)
        channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
        #expect(!channel.isRead)
    }

    @Test func aPlainSenderOnATLSPortIsToldSo() throws {
        let listener = try Self.tlsListener()
        let channel = try listener.connect()
        try channel.receive("<13>1 2026-11-23T06:15:00Z host app 1 - - record\n")
        listener.loop.run()
        #expect(!channel.isActive && listener.arrivals().isEmpty)
        #expect(listener.receiver.logLines.map { $0.contains("the peer does not speak TLS") } == [true])
    }
}
