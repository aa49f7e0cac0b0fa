import Batch
import Glibc

/// Takes log lines from any thread, none of which it lets wait, and writes them to a descriptor from a thread of its
/// own: a reader that stalls costs lines, which are counted, and nothing else.
final class LogSink: Sendable {
    /// Octets that wait at most.
    static let octetLimit = 1 << 20
    /// The sink of the process, for as long as it runs.
    static let standardError = LogSink(STDERR_FILENO)

    private struct State {
        var limiter = LogLimiter()
        var waiting: [UInt8] = []
        var lost = 0
        var isWriting = false
        var isClosed = false
    }

    private let state: Monitor<State>
    private let worker: Worker

    /// A sink that writes to `descriptor`, which stays the caller's.
    init(_ descriptor: Int32) {
        let state = Monitor(State())
        self.state = state
        worker = Worker { while let lines = Self.next(state) { Self.write(lines, to: descriptor) } }
    }

    /// Writes a line, unless there were too many of its `kind` lately or too much waits already. `line` is given how
    /// many of its kind were left out before it.
    func put(kind: Int, _ line: (_ suppressed: Int) -> String) {
        state.withLock { state in
            guard let suppressed = state.limiter.admit(kind, at: Clock.monotonic()) else { return }
            let bytes = Array(line(suppressed).utf8)
            guard state.waiting.count + bytes.count <= Self.octetLimit else {
                state.lost += 1
                return
            }
            if state.lost > 0 {
                state.waiting += Array(
                    "WARNING lines of this log were lost, its reader stalled count=\(state.lost)\n".utf8)
                state.lost = 0
            }
            state.waiting += bytes
        }
        state.signal()
    }

    /// Waits until everything is written, for `seconds` at most.
    func flush(seconds: UInt64 = 1) {
        _ = state.wait(until: Clock.monotonic() + seconds * 1_000_000_000) { state in
            state.waiting.isEmpty && !state.isWriting ? true : nil
        }
    }

    /// Writes what waits and ends the thread. Once only.
    func close() {
        state.withLock { $0.isClosed = true }
        state.signal()
        worker.join()
    }

    // MARK: - The thread

    /// All that waits; nil once the sink is closed and nothing does.
    private static func next(_ state: Monitor<State>) -> [UInt8]? {
        state.withLock { $0.isWriting = false }
        state.signal()
        return state.wait { state -> [UInt8]?? in
            guard !state.waiting.isEmpty else { return state.isClosed ? .some(nil) : nil }
            defer { state.waiting = [] }
            state.isWriting = true
            return state.waiting
        } ?? nil
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes[offset...].withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            guard count > 0 || errno == EINTR else { return }
            offset += max(0, count)
        }
    }
}
