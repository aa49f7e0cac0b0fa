import Batch
import Delivery
import Glibc
import Headscale
import OpenSSL
import Redaction
import Seal
import Syslog

// bench-stages FILE [ROUNDS [NODES]]: what each stage of the data plane costs, in nanoseconds of one core a record, for
// the lines of FILE; the fastest of ROUNDS (20). Recognition knows the nodes with the ids from 1 to NODES (0).

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

/// A secret that is none, from a file that is gone again.
func secret() throws -> HTTPSecret {
    let path = "/tmp/bench-stages.\(getpid())"
    let file = unsafe open(path, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    defer { unsafe unlink(path) }
    guard file >= 0, unsafe Glibc.write(file, "token", 5) == 5, close(file) == 0 else {
        fatalError("\(path): not written")
    }
    return try HTTPSecret(file: path)
}

/// Writes the records of a batch as a body, and returns its length.
func write(_ batch: borrowing Batch, as dialect: some HTTPDialect, into body: inout BodyWriter) -> Int {
    body.truncate()
    for index in 0..<batch.recordCount {
        let line = batch.bytes.extracting(batch[index].line)
        dialect.encode(DeliveryRecord(index: UInt64(index), line: line), into: &body)
    }
    return body.count
}

/// The stages, each over all lines a batch at a time.
struct Stages: ~Copyable {
    private let encoder = CanonicalEncoder()
    private var recogniser: Recogniser
    private var redactor: Redactor
    private var batch = Batch(byteCapacity: 1 << 20)
    private let document: ElasticsearchDialect
    private let event: SplunkDialect
    private var body = BodyWriter(capacity: 4 << 20)
    /// Of one connection: a listener makes it once.
    private let source = Source(receivedAt: Timestamp(seconds: 1_784_700_000))
    /// The stages, in the order in which they come.
    static let names = ["parse and encode", "recognise", "redact", "document", "event"]
    /// The least time of each stage, in nanoseconds for all lines.
    private(set) var best = [UInt64](repeating: .max, count: names.count)
    /// Octets of a round's documents and events.
    private(set) var octets = (documents: 0, events: 0)

    init(nodes: UInt64) throws {
        recogniser = Recogniser(
            enterpriseNumber: 32473, pseudonym: nil, enrichment: Enrichment(context: Self.context(nodes)))
        let engine = try RedactionEngine([.credentials])
        let token = try secret()
        redactor = Redactor(engine)
        document = ElasticsearchDialect(
            .init(dataStream: "logs", tag: LogTag(rawValue: 0x461f_173b), observer: ("relay", "1.0.0")))
        event = SplunkDialect(.init(token: token, log: "461f173b"))
    }

    private static func context(_ nodes: UInt64) -> ContextTable {
        ContextTable(
            (0..<nodes).map { number in
                ContextNode(
                    id: number + 1, givenName: "host-\(number)",
                    addresses: [IPAddress("100.64.\(number >> 8 & 255).\(number & 255)")].compactMap(\.self),
                    user: "user\(number % 200)", tags: number % 5 == 0 ? ["tag:server"] : [],
                    registered: "cli", expiry: "2027-01-01T00:00:00Z")
            })
    }

    /// Takes all lines through the stages of the intake, or, with `delivers`, through those of delivery behind them, which
    /// in the relay are another thread's: on one they would push each other's memory out of the core's cache.
    mutating func round(_ lines: [[UInt8]], delivers: Bool) {
        var times = [UInt64](repeating: 0, count: Self.names.count)
        var at = 0
        octets = (0, 0)
        let (document, event) = (document, event)
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
            guard delivers else { continue }
            octets.documents += write(batch, as: document, into: &body)
            let documented = cpuTime()
            octets.events += write(batch, as: event, into: &body)
            times[3] += documented - redacted
            times[4] += cpuTime() - documented
        }
        for stage in delivers ? 3..<5 : 0..<3 { best[stage] = min(best[stage], times[stage]) }
    }

    private mutating func encode(_ line: [UInt8]) {
        let (encoder, source) = (encoder, source)
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
let nodes = arguments.count > 3 ? UInt64(arguments[3]) ?? 0 : 0
var stages = try Stages(nodes: nodes)
for delivers in [false, true] {
    for _ in 0..<rounds { stages.round(input, delivers: delivers) }
}
for (name, nanoseconds) in zip(Stages.names, stages.best) {
    print("\(name): \(nanoseconds / UInt64(input.count)) ns a record")
}
print(
    "octets of a document: \(stages.octets.documents / input.count), of an event: \(stages.octets.events / input.count)"
)
let (records, unmatched) = (stages.recognised.records, stages.recognised.unmatched)
print("recognised: \(100 * records / UInt64(input.count * rounds * 2)) % of the records; unmatched: \(unmatched)")
