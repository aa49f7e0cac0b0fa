import Batch
import Glibc
import Ledger
import Logging
import Seal
import Settings
import Synchronization
import TestSupport
import Testing
import Verify

@testable import Relay

/// A folder with a ledger, and relays that run on it one after the other, on ports that the system chooses.
struct Site {
    static let origin = "test.example.net/relay"
    /// UDP and TCP, metrics, and batches that end only when the relay does.
    static let configuration = """
        data: ledger
        listeners: [{udp: 127.0.0.1:0, receive_buffer: 64KiB}, {tcp: 127.0.0.1:0}]
        metrics: 127.0.0.1:0
        stream: {origin: test.example.net/relay, batch: {age: 1h, idle: 1h}, sync: {interval: 1ms}}

        """

    let folder = TemporaryDirectory()
    let log = LogLines()

    var ledger: String { folder.path("ledger") }

    func settings(_ text: String = configuration) throws -> Settings {
        try Settings.parse(text, baseDirectory: folder.path)
    }

    func makeRelay(_ text: String = configuration) throws -> Relay {
        try Relay(settings(text), logger: Logger(label: "test") { _ in log })
    }

    /// Runs a relay, which is stopped behind `body`.
    func withRelay<Result>(_ text: String = configuration, _ body: (Relay) throws -> Result) throws -> Result {
        let relay = try makeRelay(text)
        try relay.start()
        defer { relay.stop() }
        return try body(relay)
    }

    // MARK: - What is there afterwards

    /// The ledger's segments, as an export.
    func segments() -> [ExportInput] {
        TemporaryDirectory.names(in: "\(ledger)/segments").filter { $0.hasSuffix(".segment") }
            .map { .path("\(ledger)/segments/\($0)") }
    }

    /// What `waxwing verify` says of `export`, by the key that the relay published.
    func verify(_ export: [ExportInput], options change: (inout VerifyOptions) -> Void = { _ in }) throws
        -> VerifyReport
    {
        let key = try #require(TemporaryDirectory.contents("\(ledger)/keys/log.vkey"))
        var options = VerifyOptions(key: String(decoding: key, as: UTF8.self))
        change(&options)
        return try Verification.run(options, export)
    }

    /// The verified records of the ledger, one a line.
    func records() throws -> [String] {
        let output = folder.path("records.log")
        defer { unsafe unlink(output) }
        let report = try verify(segments()) { $0.output = output }
        #expect(report.outcome == .complete)
        return Self.lines(TemporaryDirectory.contents(output) ?? [])
    }

    static func lines(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension Relay {
    /// Waits until `count` records, seals among them, are durable.
    func waitForRecords(_ count: UInt64) -> Bool {
        let horizon = ledger.access.horizon
        let monitor = Monitor(())
        let observation = horizon.observe {
            monitor.withLock { _ in }
            monitor.signal()
        }
        defer { observation.cancel() }
        return monitor.wait(until: Clock.monotonic() + 10_000_000_000) { _ in
            horizon.position.nextIndex >= count ? true : nil
        } ?? false
    }

    /// Sends to the TCP listener.
    func send(_ records: [String]) throws {
        let socket = try Socket(.tcp, port: ports[1])
        try socket.send(Array(records.map { "\($0)\n" }.joined().utf8))
    }

    /// The answer to a request to the metrics server.
    func request(_ path: String, method: String = "GET") throws -> String {
        let socket = try Socket(.tcp, port: try #require(metricsPort))
        try socket.send(Array("\(method) \(path) HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n".utf8))
        return String(decoding: try socket.readToEnd(), as: UTF8.self)
    }

    /// The value of a metric.
    func metric(_ name: String) throws -> Int? {
        let text = try request("/metrics")
        return text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
            .flatMap { Int($0.dropFirst(name.count + 1)) }
    }
}

/// A client's socket, connected to a port of 127.0.0.1; a call on it may take ten seconds.
struct Socket: ~Copyable {
    enum Kind { case udp, tcp }
    struct Failure: Error { let code = errno }

    private let descriptor: Int32

    init(_ kind: Kind, port: Int) throws {
        let type = kind == .udp ? SOCK_DGRAM : SOCK_STREAM
        descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = unsafe withUnsafePointer(to: &address) {
            // An address of one family is the first part of any address.
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure() }
    }

    deinit { close(descriptor) }

    borrowing func send(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure() }
            done += count
        }
    }

    borrowing func readToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe recv(descriptor, &piece, piece.count, 0)
            guard count >= 0 else { throw Failure() }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }
}

/// What a relay logs.
final class LogLines: LogHandler {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    // It has neither level nor metadata of its own.
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}

/// Looks every ten milliseconds whether `condition` holds; false if it does not within five seconds.
func waitUntil(_ condition: () throws -> Bool) throws -> Bool {
    for _ in 0..<500 {
        if try condition() { return true }
        _ = poll(nil, 0, 10)
    }
    return false
}
