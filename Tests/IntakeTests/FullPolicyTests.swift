import Batch
import NIOCore
import NIOEmbedded
import Syslog
import TestSupport
import Testing

@testable import Intake

/// What listeners do when the queue is full, or nearly.
@Suite struct FullPolicyTests {
    /// Batches of one record that count for 16 KiB each: a hundredth of the queue.
    private static let hundredth = 16 << 10
    private static let severities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]

    private func listener(_ policy: FullPolicy, filled percent: Int) -> EmbeddedListener {
        let receiver = Receiver(queueLimit: 100 * Self.hundredth)
        for _ in 0..<percent { fill(receiver) }
        return EmbeddedListener(receiver, whenFull: policy)
    }

    private func fill(_ receiver: Receiver) {
        var batch = Batch()
        batch.append { writer in
            writer.append(Array("full".utf8))
            return (4, 0)
        }
        receiver.queue.push(batch)
    }

    /// What gets in of one record of each severity.
    private func arrivals(_ listener: EmbeddedListener) throws -> [String] {
        let channel = try listener.connect()
        for (number, name) in Self.severities.enumerated() { try channel.receive("<\(8 + number)>x \(name)\n") }
        #expect(channel.isRead || listener.lane.isPaused)
        return listener.arrivals().map(\.lastWord).filter { $0 != "full" }
    }

    @Test(
        arguments: [
            (0, 8), (69, 8), (70, 7), (74, 7), (75, 6), (80, 5), (85, 4), (90, 3), (95, 2), (99, 2), (100, 0), (130, 0),
        ])
    func leastSevereRecordsGoFirst(_ percent: Int, _ taken: Int) throws {
        let listener = listener(.dropLowest, filled: percent)
        #expect(try arrivals(listener) == Array(Self.severities.prefix(taken)))
        #expect(listener.receiver.queue.lostRecords == UInt64(8 - taken))
        #expect(listener.receiver.metric("dropped_total", "listener=\"test\",source=\"192.0.2.7\"") == 8 - taken)
        #expect(!listener.lane.isPaused)
    }

    @Test func newestRecordsGoWhenItIsFull() throws {
        let full = listener(.dropNewest, filled: 100)
        #expect(try arrivals(full).isEmpty)
        #expect(full.receiver.queue.lostRecords == 8 && !full.lane.isPaused)
        #expect(try arrivals(listener(.dropNewest, filled: 99)).count == 8)
    }

    @Test func nothingIsDroppedByWhoStops() throws {
        let listener = listener(.stop, filled: 100)
        #expect(try arrivals(listener).count == 8)
        #expect(listener.receiver.queue.lostRecords == 0)
    }

    @Test func datagramsAreDroppedBySeverityToo() throws {
        let receiver = Receiver(queueLimit: 100 * Self.hundredth)
        for _ in 0..<85 { fill(receiver) }
        var policy = Receiver.policy()
        policy.whenFull = .dropLowest
        let listener = try UDPListener(
            UDPListener.Options(host: "127.0.0.1", port: 0, receiveBuffer: 1 << 20, policy: policy),
            pipeline: receiver.pipeline, counters: receiver.counters, logger: receiver.logger)
        let sender = LoopbackSocket.datagrams(to: listener.port)
        for number in 0..<8 { sender.send("<\(8 + number)>x \(Self.severities[number])") }
        listener.stop()
        let words = receiver.arrivals().map(\.lastWord).filter { $0 != "full" }
        #expect(words == Array(Self.severities.prefix(4)) && receiver.queue.lostRecords == 4)
    }
}
