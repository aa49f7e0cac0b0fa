import Batch
import Glibc
import Testing

@testable import Relay

@Suite struct LogSinkTests {
    /// A pipe that is read only when a test wants it.
    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() {
            var ends: (Int32, Int32) = (0, 0)
            unsafe withUnsafeMutableBytes(of: &ends) {
                unsafe _ = pipe($0.baseAddress!.assumingMemoryBound(to: Int32.self))
            }
            (reading, writing) = ends
        }

        /// All that was written, up to the end.
        func readAll() -> [Substring] {
            close(writing)
            defer { close(reading) }
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while case let count = unsafe read(reading, &chunk, chunk.count), count > 0 { text += chunk[..<count] }
            return String(decoding: text, as: UTF8.self).split(separator: "\n")
        }
    }

    @Test func linesArriveInOrder() {
        let pipe = Pipe()
        let sink = LogSink(pipe.writing)
        for number in 0..<100 { sink.put(kind: number) { _ in "line \(number)\n" } }
        sink.close()
        #expect(pipe.readAll() == (0..<100).map { "line \($0)" })
    }

    @Test func aLineIsToldHowManyOfItsKindWereLeftOut() {
        let pipe = Pipe()
        let sink = LogSink(pipe.writing)
        for _ in 0..<1000 { sink.put(kind: 1) { "left out \($0)\n" } }
        sink.close()
        #expect((LogLimiter.burst...LogLimiter.burst + 2).contains(pipe.readAll().count))
    }

    /// Nobody reads, and more is logged than a pipe and the sink can hold: no call waits, and what is lost is said.
    @Test func aReaderThatStallsCostsLinesAndNoTime() {
        let pipe = Pipe()
        let writing = dup(pipe.writing)
        let sink = LogSink(writing)
        let long = String(repeating: "x", count: 999)
        for kind in 0..<3000 { sink.put(kind: kind) { _ in "\(long)\n" } }
        let lines = Monitor<[Substring]>([])
        let reader = Worker {
            let all = pipe.readAll()
            lines.withLock { $0 = all }
        }
        sink.flush(seconds: 10)
        sink.put(kind: -1) { _ in "after\n" }
        sink.close()
        close(writing)
        reader.join()
        let all = lines.withLock { $0 }
        let losses = all.filter { $0.hasPrefix("WARNING") }.compactMap { Int($0.split(separator: "=").last ?? "") }
        let lost = losses.reduce(0, +)
        #expect(lost > 500 && all.last == "after")
        #expect(all.count - 1 - losses.count + lost == 3000)
    }
}
