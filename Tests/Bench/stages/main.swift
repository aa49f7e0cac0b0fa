import Batch
import Glibc
import Headscale
import OpenSSL
import Redaction
import Syslog

// bench-stages FILE [ROUNDS]: what each stage of the data plane costs, in nanoseconds of one core a record, for the
// lines of FILE; the fastest of ROUNDS (20).

/// CPU time of this thread in nanoseconds.
func cpuTime() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func lines(of path: String) -> [[UInt8]] {
    guard let file = unsafe fopen(path, "r") else { fatalError("\(path) cannot be read") }
    defer { unsafe fclose(file) }
    var (result, line, capacity): ([[UInt8]], UnsafeMutablePointer<CChar>?, Int) = ([], nil, 0)
    defer { unsafe free(line) }
    while result.count < 20_000 {
        let length = unsafe getline(&line, &capacity, file)
        guard length > 0, let line = unsafe line else { break }
        unsafe result.append(UnsafeRawBufferPointer(start: line, count: length - 1).map { $0 })
    }
    return result
}

/// The stages, each over all lines a batch at a time.
struct Stages: ~Copyable {
    private let encoder = CanonicalEncoder()
    private var recogniser = Recogniser(enterpriseNumber: 32473, pseudonym: nil)
    private var redactor: Redactor
    private var batch = Batch(byteCapacity: 1 << 20)
    /// The least time of each stage, in nanoseconds for all lines.
    private(set) var best = [UInt64](repeating: .max, count: 3)

    init() throws { redactor = Redactor(try RedactionEngine([.credentials])) }

    mutating func round(_ lines: [[UInt8]]) {
        var times = [UInt64](repeating: 0, count: 3)
        var at = 0
        while at < lines.count {
            batch.removeAll()
            let start = cpuTime()
            while at < lines.count, batch.recordCount < 512, !batch.isFull {
                encode(lines[at])
                at += 1
            }
            let encoded = cpuTime()
            recogniser.recognise(&batch)
            let recognised = cpuTime()
            redactor.redact(&batch)
            let redacted = cpuTime()
            times[0] += encoded - start
            times[1] += recognised - encoded
            times[2] += redacted - recognised
        }
        best = zip(best, times).map { min($0, $1) }
    }

    private mutating func encode(_ line: [UInt8]) {
        let (encoder, source) = (encoder, Source(receivedAt: Timestamp(seconds: 1_784_700_000)))
        let bytes = unsafe line.span.bytes
        let message = Message.parse(bytes, at: source.receivedAt)
        batch.append { encoder.encode(message, from: bytes, source: source, originalLength: 0, into: &$0) }
    }

    var recognised: RecognitionStatistics { recogniser.statistics }
}

let arguments = CommandLine.arguments
guard arguments.count > 1 else { fatalError("usage: bench-stages FILE [ROUNDS]") }
let input = lines(of: arguments[1])
let rounds = arguments.count > 2 ? Int(arguments[2]) ?? 20 : 20
var stages = try Stages()
for _ in 0..<rounds { stages.round(input) }
for (name, nanoseconds) in zip(["parse and encode", "recognise", "redact"], stages.best) {
    print("\(name): \(nanoseconds / UInt64(input.count)) ns a record")
}
let (records, unmatched) = (stages.recognised.records, stages.recognised.unmatched)
print("recognised: \(100 * records / UInt64(input.count * rounds)) % of the records; unmatched: \(unmatched)")
