import Batch
import NIOCore
import Syslog

/// The lane of one event loop, shared by the loop's connections, none of which is read from while the queue is full.
///
/// Everything but `eventLoop` is used on that loop only.
@safe
final class StreamLane: @unchecked Sendable {
    /// How long a batch that is not full waits for more.
    private static let batchDelay = TimeAmount.milliseconds(2)

    let eventLoop: any EventLoop
    private let lane: IntakeLane
    private let counters: ListenerCounters
    private var flushIsScheduled = false
    private var channels: [ObjectIdentifier: any Channel] = [:]
    /// Whether the channels are not read from, because the queue is full.
    private(set) var isPaused = false
    /// Grows with each read and each connection.
    private(set) var activity = 0

    init(_ eventLoop: any EventLoop, _ pipeline: IntakePipeline, _ policy: SourcePolicy, _ counters: ListenerCounters) {
        self.eventLoop = eventLoop
        self.counters = counters
        lane = IntakeLane(pipeline, policy, counters)
    }

    /// Has `channel` read from only while there is room, until it closes.
    func add(_ channel: any Channel) {
        activity += 1
        channels[ObjectIdentifier(channel)] = channel
        channel.closeFuture.whenComplete { [self] _ in channels[ObjectIdentifier(channel)] = nil }
        if isPaused { setReading(false, channel) }
    }

    /// To be called at the beginning of a read: notes its time, and what is known of the peer by now.
    func renew(_ source: inout Source) { lane.renew(&source) }

    /// Takes one frame; false if it is dropped because the queue is full.
    func append(_ frame: RawSpan, originalLength: Int, source: Source) -> Bool {
        lane.append(frame, originalLength: originalLength, source: source)
    }

    /// Counts records of `source` that were dropped.
    func noteDropped(_ count: UInt64, source: Source) {
        lane.noteDropped(count, source: source.address.text)
    }

    /// To be called after a read: hands the records on soon, and stops all reading when the queue is full, unless what
    /// comes then is dropped. All, so that
    /// the queue takes one more read for each event loop and not one for each connection.
    func readCompleted() {
        activity += 1
        if !lane.isEmpty && !flushIsScheduled {
            flushIsScheduled = true
            eventLoop.scheduleTask(in: Self.batchDelay) { [self] in flushNow() }
        }
        if lane.whenFull == .stop && lane.queue.isFull && !isPaused { pause() }
    }

    func flushNow() {
        flushIsScheduled = false
        lane.flush()
    }

    private func pause() {
        isPaused = true
        counters.pauses.add()
        for channel in channels.values { setReading(false, channel) }
        lane.queue.whenRoom { [self] in eventLoop.execute { self.resume() } }
    }

    private func resume() {
        isPaused = false
        for channel in channels.values { setReading(true, channel) }
    }

    private func setReading(_ value: Bool, _ channel: any Channel) {
        channel.setOption(.autoRead, value: value).whenFailure { _ in }
    }
}
