import Batch
import Syslog
import TestSupport
import Testing

@testable import Intake

/// Datagrams on the loopback interface, which puts a datagram into the receiver's buffer before `send` returns; a
/// listener that is stopped takes what lies there.
@Suite struct UDPListenerTests {
    private func listener(
        _ receiver: Receiver, sockets: Int = 1, frameLimit: Int = 65_536, receiveBuffer: Int = 8 << 20
    ) throws -> UDPListener {
        let options = UDPListener.Options(
            host: "127.0.0.1", port: 0, sockets: sockets, receiveBuffer: receiveBuffer,
            policy: Receiver.policy(frameLimit: frameLimit))
        return try UDPListener(
            options, pipeline: receiver.pipeline, counters: receiver.counters, logger: receiver.logger)
    }

    @Test func recordsArriveWithTheirSource() throws {
        let receiver = Receiver()
        let listener = try listener(receiver)
        defer { listener.stop() }
        for (host, text) in [("127.0.0.1", "one"), ("127.0.0.2", "two"), ("127.0.0.2", "three"), ("127.0.0.1", "four")]
        {
            LoopbackSocket.datagrams(from: host, to: listener.port).send("a line without a header: \(text)")
            let arrivals = receiver.arrivals(1)
            #expect(arrivals.map(\.host) == [host] && arrivals.map(\.lastWord) == [text])
        }
    }

    @Test func aKnownPeerIsNamed() throws {
        let receiver = Receiver()
        receiver.senders["127.0.0.2"] = " sender_node=\"web\""
        let listener = try listener(receiver)
        defer { listener.stop() }
        for host in ["127.0.0.1", "127.0.0.2", "127.0.0.1"] {
            LoopbackSocket.datagrams(from: host, to: listener.port).send("text")
            let line = try #require(receiver.arrivals(1).first).line
            #expect(line.contains(" sender_node=\"web\"]") == (host == "127.0.0.2"))
        }
        receiver.senders["127.0.0.1"] = " sender_node=\"db\""
        LoopbackSocket.datagrams(from: "127.0.0.1", to: listener.port).send("text")
        #expect(try #require(receiver.arrivals(1).first).line.contains(" sender_node=\"db\"]"))
    }

    @Test func aDatagramIsOneRecordWhateverIsInIt() throws {
        let receiver = Receiver()
        let listener = try listener(receiver)
        let sender = LoopbackSocket.datagrams(to: listener.port)
        for text in ["plain", "two\nlines", "12 <13>counted", "ending\n", "ending\r\n\0"] { sender.send(text) }
        listener.stop()
        #expect(receiver.arrivals().count == 5)
    }

    @Test func whatWasSentIsReceivedOrCounted() throws {
        let receiver = Receiver()
        let listener = try listener(receiver)
        let sender = LoopbackSocket.datagrams(to: listener.port)
        let sent = 5000
        for number in 0..<sent {
            sender.send(["<13>record \(number)", "", "\r\n", "\n", "\0", "<13>another \(number)\n"][number % 6])
        }
        listener.stop()
        let received = receiver.arrivals().count
        let lost = receiver.metric("kernel_drops_total")
        #expect(received + receiver.metric("empty_total") + lost == sent)
        #expect(lost > 0 || receiver.metric("empty_total") == (sent * 4 + 5) / 6 - 1)
        #expect(receiver.queue.lostRecords == UInt64(lost))
    }

    @Test func whatTheKernelDropsIsCounted() throws {
        let receiver = Receiver(queueLimit: 1)
        let listener = try listener(receiver, receiveBuffer: 4096)
        // While the queue is full nothing is written, and still every datagram is either taken and counted, or dropped
        // by the kernel and counted.
        receiver.fillQueue()
        let sender = LoopbackSocket.datagrams(to: listener.port)
        let sent = 20_000
        for _ in 0..<sent { sender.send("<13>record") }
        listener.stop()
        let counted =
            receiver.metric("kernel_drops_total")
            + receiver.metric("dropped_total", "listener=\"test\",source=\"127.0.0.1\"")
        #expect(counted == sent && receiver.queue.lostRecords == UInt64(sent))
    }

    @Test func aDatagramLongerThanTheLimitIsCutAndMarked() throws {
        let receiver = Receiver()
        let listener = try listener(receiver, frameLimit: 100)
        let sender = LoopbackSocket.datagrams(to: listener.port)
        for length in [99, 100, 101, 60_000] { sender.send([UInt8](repeating: UInt8(ascii: "x"), count: length)) }
        listener.stop()
        let arrivals = receiver.arrivals()
        #expect(arrivals.map(\.originalLength) == [0, 0, 101, 60_000])
        #expect(arrivals.map { $0.lastWord.utf8.count } == [99, 100, 100, 100])
        #expect(receiver.metric("cut_total") == 2)
    }

    @Test func theLongestDatagramArrivesWhole() throws {
        let receiver = Receiver()
        let listener = try listener(receiver)
        #expect(
            LoopbackSocket.datagrams(to: listener.port).send([UInt8](repeating: UInt8(ascii: "x"), count: 65_507)))
        listener.stop()
        #expect(receiver.metric("octets_total") == 65_507 && receiver.metric("cut_total") == 0)
    }

    @Test func whileTheQueueIsFullTheNewestAreDroppedAndCountedBySource() throws {
        let receiver = Receiver(queueLimit: 1)
        let listener = try listener(receiver)
        receiver.fillQueue()
        for (host, count) in [("127.0.0.1", 30), ("127.0.0.2", 12), ("127.0.0.1", 5)] {
            let sender = LoopbackSocket.datagrams(from: host, to: listener.port)
            for _ in 0..<count { sender.send("<13>record") }
            sender.send("")
        }
        listener.stop()
        #expect(receiver.arrivals().map(\.line) == ["full"])
        #expect(receiver.metric("dropped_total", "listener=\"test\",source=\"127.0.0.1\"") == 35)
        #expect(receiver.metric("dropped_total", "listener=\"test\",source=\"127.0.0.2\"") == 12)
        #expect(receiver.queue.lostRecords == 47)
        #expect(receiver.metric("empty_total") == 3, "what is empty is no record to be lost")
    }

    @Test func socketsThatShareAPortTakeItsDatagramsBetweenThem() throws {
        let receiver = Receiver()
        let listener = try listener(receiver, sockets: 3)
        for _ in 0..<50 { LoopbackSocket.datagrams(to: listener.port).send("<13>record") }
        listener.stop()
        #expect(receiver.arrivals().count == 50)
    }

    // MARK: - Sockets that are not to be had

    @Test func aPortThatIsTakenIsSaidWithTheRemedy() throws {
        let receiver = Receiver()
        let first = try listener(receiver)
        defer { first.stop() }
        let options = UDPListener.Options(host: "127.0.0.1", port: first.port, policy: Receiver.policy())
        let error = #expect(throws: BindError.self) {
            _ = try UDPListener(
                options, pipeline: receiver.pipeline, counters: receiver.counters, logger: receiver.logger)
        }
        let remedy = "another process listens there: stop it or choose another port"
        #expect(
            error?.description == "cannot listen on udp 127.0.0.1:\(first.port): Address already in use; \(remedy)")
    }

    @Test(arguments: [("192.0.2.1", "this machine does not have that address"), ("localhost", "Invalid argument")])
    func anAddressThatCannotBeIsRefused(host: String, reason: String) {
        let receiver = Receiver()
        let options = UDPListener.Options(host: host, port: 0, policy: Receiver.policy())
        let error = #expect(throws: BindError.self) {
            _ = try UDPListener(
                options, pipeline: receiver.pipeline, counters: receiver.counters, logger: receiver.logger)
        }
        #expect(error?.description.contains(reason) == true)
    }

    @Test func aBufferThatTheSystemDoesNotGrantIsToldWithTheRemedy() throws {
        let receiver = Receiver()
        try listener(receiver, receiveBuffer: 1 << 40).stop()
        let log = receiver.logLines
        #expect(log.count == 1 && log[0].contains("sysctl -w net.core.rmem_max=\(1 << 40)"))
    }
}

@Suite struct ListenerCountersTests {
    @Test func dropsAreShownForSoManySendersAndTheRestTogether() {
        let receiver = Receiver()
        for number in 0..<300 { receiver.counters.noteDrops(1, source: "sender-\(number)") }
        receiver.counters.noteDrops(3, source: "sender-7")
        #expect(receiver.metric("dropped_total", "listener=\"test\",source=\"sender-7\"") == 4)
        #expect(receiver.metric("dropped_total", "listener=\"test\",source=\"sender-299\"") == 0)
        #expect(receiver.metric("dropped_total", "listener=\"test\",source=\"other\"") == 44)
    }
}
