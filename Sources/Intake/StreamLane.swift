import Batch
import NIOCore
import Syslog

/// The lane of one event loop, shared by the loop's connections, with the pause that a full queue asks for.
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
    private var paused: [any Channel] = []

    init(_ eventLoop: any EventLoop, _ pipeline: IntakePipeline, _ policy: SourcePolicy, _ counters: ListenerCounters) {
        self.eventLoop = eventLoop
        self.counters = counters
        lane = IntakeLane(pipeline, policy, counters)
    }

    /// Whether connections of this loop wait for the queue.
    var isPausing: Bool { !paused.isEmpty }

    func append(_ frame: RawSpan, originalLength: Int, source: Source) {
        lane.append(frame, originalLength: originalLength, source: source)
    }

    /// To be called after a read: hands the records on soon, and stops reading `channel` while the queue is full.
    /// Returns whether the channel was paused.
    func readCompleted(on channel: any Channel) -> Bool {
        if !lane.isEmpty && !flushIsScheduled {
            flushIsScheduled = true
            eventLoop.scheduleTask(in: Self.batchDelay) { [self] in flushNow() }
        }
        guard lane.queue.isFull else { return false }
        pause(channel)
        return true
    }

    func flushNow() {
        flushIsScheduled = false
        lane.flush()
    }

    private func pause(_ channel: any Channel) {
        counters.pauses.add()
        channel.setOption(.autoRead, value: false).whenFailure { _ in }
        paused.append(channel)
        guard paused.count == 1 else { return }
        lane.queue.whenRoom { [self] in eventLoop.execute { self.resume() } }
    }

    private func resume() {
        let channels = paused
        paused = []
        for channel in channels { channel.setOption(.autoRead, value: true).whenFailure { _ in } }
    }
}
