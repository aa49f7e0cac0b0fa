import Batch
import InMemoryLogging
import Logging
import NIOCore
import NIOEmbedded
import Synchronization
import Syslog
import Telemetry

@testable import Intake

/// SD-PARAMs about senders, by their addresses.
final class Senders: Sendable {
    private let texts = Mutex<[String: String]>([:])

    subscript(address: String) -> String {
        get { texts.withLock { $0[address] ?? "" } }
        set { texts.withLock { $0[address] = newValue } }
    }
}

/// What a listener hands its records to, and what it says and counts.
struct Receiver {
    let queue: BatchQueue
    let registry = MetricsRegistry()
    let counters: ListenerCounters
    let pipeline: IntakePipeline
    let logger: Logger
    /// What is known of senders, by their addresses.
    let senders = Senders()
    private let log = InMemoryLogHandler()

    init(queueLimit: Int = 16 << 20) {
        let queue = BatchQueue(byteLimit: queueLimit)
        self.queue = queue
        counters = ListenerCounters(registry, listener: "test")
        pipeline = IntakePipeline(
            queue: queue, encoder: CanonicalEncoder(pen: 32473),
            describeSender: { [senders] address in SenderText(senders[address.text]) }, makeStage: { { _ in } })
        let log = log
        logger = Logger(label: "test") { _ in log }
    }

    static func policy(frameLimit: Int = 65_536) -> SourcePolicy {
        SourcePolicy(zone: TimeZoneRule(offsetSeconds: 0), frameLimit: frameLimit)
    }

    /// What was logged: the message, and its metadata by name.
    var logLines: [String] {
        log.entries.map { entry in
            let metadata = entry.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return ([entry.message.description] + metadata).joined(separator: " ")
        }
    }

    /// A record as it came out of the queue.
    struct Arrival: Equatable {
        let line: String
        let originalLength: Int

        /// The last word of the line.
        var lastWord: String { line.split(separator: " ").last.map(String.init) ?? "" }
        /// HOSTNAME.
        var host: String { line.split(separator: " ").dropFirst(2).first.map(String.init) ?? "" }
    }

    /// Takes what is in the queue.
    func arrivals() -> [Arrival] {
        var arrivals: [Arrival] = []
        while takeBatch(until: 0, into: &arrivals) {}
        return arrivals
    }

    /// Takes `count` records out of the queue, or what has come after ten seconds.
    func arrivals(_ count: Int) -> [Arrival] {
        var arrivals: [Arrival] = []
        let deadline = Clock.monotonic() + 10_000_000_000
        while arrivals.count < count, takeBatch(until: deadline, into: &arrivals) {}
        return arrivals
    }

    private func takeBatch(until deadline: UInt64, into arrivals: inout [Arrival]) -> Bool {
        guard case .batch(let batch) = queue.next(until: deadline) else { return false }
        arrivals += Self.arrivals(in: batch)
        queue.finish(batch)
        return true
    }

    private static func arrivals(in batch: borrowing Batch) -> [Arrival] {
        (0..<batch.recordCount).map { index in
            let record = batch[index]
            let line = batch.bytes.extracting(record.line)
            let text = unsafe line.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
            return Arrival(line: text, originalLength: Int(record.originalLength))
        }
    }

    /// Fills the queue with a batch of one record.
    func fillQueue() {
        var batch = Batch()
        batch.append { writer in
            writer.append(Array("full".utf8))
            return (4, 0)
        }
        queue.push(batch)
        precondition(queue.isFull)
    }

    /// The value of a metric with these labels.
    func metric(_ name: String, _ labels: String = "listener=\"test\"") -> Int {
        let start = "waxwing_intake_\(name){\(labels)} "
        let line = registry.prometheusText().split(separator: "\n").first { $0.hasPrefix(start) }
        return line.flatMap { Int($0.dropFirst(start.count)) } ?? 0
    }
}

/// Connections of one event loop, in memory.
struct EmbeddedListener {
    let receiver: Receiver
    let loop = EmbeddedEventLoop()
    let lane: StreamLane
    var options: StreamListener.Options

    init(_ receiver: Receiver = Receiver(), frameLimit: Int = 65_536, whenFull: FullPolicy = .stop) {
        self.receiver = receiver
        options = StreamListener.Options(host: "127.0.0.1", port: 0, policy: Receiver.policy(frameLimit: frameLimit))
        options.policy.whenFull = whenFull
        options.idleTimeout = nil
        lane = StreamLane(loop, receiver.pipeline, options.policy, receiver.counters)
    }

    func connect(from host: String = "192.0.2.7", port: Int = 40000) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: nil, loop: loop)
        channel.remoteAddress = try SocketAddress(ipAddress: host, port: port)
        try StreamListener.setUp(channel, options, lane, receiver.counters, receiver.logger)
        channel.connect(to: try SocketAddress(ipAddress: host, port: port), promise: nil)
        return channel
    }

    /// What comes out after the batch's delay.
    func arrivals() -> [Receiver.Arrival] {
        loop.advanceTime(by: .milliseconds(2))
        return receiver.arrivals()
    }
}

extension EmbeddedChannel {
    func receive(_ bytes: some Sequence<UInt8>) throws {
        try writeInbound(ByteBuffer(bytes: bytes))
    }

    func receive(_ text: String) throws { try receive(text.utf8) }

    /// The peer ends the connection.
    func end() throws {
        close(promise: nil)
        embeddedEventLoop.run()
    }

    /// Whether it is read from, as was last said.
    var isRead: Bool {
        for option in options.reversed() where option.option is ChannelOptions.Types.AutoReadOption {
            return option.value as? Bool ?? true
        }
        return true
    }
}
