import Batch
import Headscale
import Logging
import NIOCore
import NIOPosix
import TLS
import Telemetry
import TestSupport
import Testing

@testable import HeadscaleServer

@Suite struct HealthServiceTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private let registry = MetricsRegistry()
    private let activity = LogActivity()

    private func service(
        _ server: WebServer, isSecure: Bool = false, metrics: Bool = false,
        record: @escaping @Sendable (StateRecord) -> Void
    ) throws -> HealthService {
        var options = HealthProbe.Options(
            url: "\(isSecure ? "https" : "http")://127.0.0.1:\(server.port)", isSecure: isSecure, host: "127.0.0.1",
            port: server.port)
        options.authorityFile = isSecure ? TestCertificates.shared.certificate("ca") : nil
        if metrics { options.metricsURL = options.url + "/metrics" }
        let loop = Self.group.next()
        let watch = HealthService.Options(server: options.url, interval: .milliseconds(2), activity: activity) {
            Moment(uptime: Int64(Clock.monotonic() / 1_000_000_000), date: Int64(Clock.wall() / 1_000_000_000))
        }
        return HealthService(
            try HealthProbe(options, on: loop), watch, on: loop, registry: registry, logger: Self.silent,
            record: record)
    }

    /// A server that goes down and comes back: one record each, and the gauges follow.
    @Test func whatChangesBecomesARecord() throws {
        let records = Monitor<[StateRecord]>([])
        let looks = Monitor(0)
        let server = try WebServer { request, _ in
            guard request.path == "/health" else { return .answer(200, body: "headscale_nodestore_nodes 18\n") }
            let look = looks.withLock { looks in
                looks += 1
                return looks
            }
            return (3...8).contains(look) ? .answer(503) : .answer(200, body: #"{"status":"pass"}"#)
        }
        activity.note(at: Clock.monotonic())
        let service = try service(server, metrics: true) { record in
            records.withLock { $0.append(record) }
            records.signal()
        }
        #expect(!registry.prometheusText().contains("waxwing_headscale_"))
        service.start()
        defer { service.stop() }
        let events = records.wait(until: Clock.monotonic() + 20_000_000_000) { records in
            records.count == 2 ? records.map(\.event) : nil
        }
        #expect(events == ["health.down", "health.up"])
        let text = registry.prometheusText()
        #expect(text.contains("\nwaxwing_headscale_up 1\n") && text.contains("\nwaxwing_headscale_health 1\n"))
        #expect(
            text.contains("\nwaxwing_headscale_nodes 18\n") && text.contains("\nwaxwing_headscale_log_age_seconds "))
        #expect(!text.contains("queue_depth") && !text.contains("certificate"))
    }

    /// Certificates as `openssl` makes them, over TLS.
    @Test(arguments: [
        ("ending", ["certificate.expiring"], [3]), ("expired", ["certificate.expired", "health.down"], [2, 2]),
        ("unknown", ["health.down", "certificate.failure"], [2, 3]),
    ])
    func certificatesThatEndBecomeRecords(name: String, events: [String], severities: [Int]) throws {
        let files = TestCertificates.shared
        let tls = try TLSContext.server(
            CertificateFiles(certificateFile: files.certificate(name), keyFile: files.key(name)), clients: nil)
        let server = try WebServer(tls: tls) { _, _ in .answer(200, body: #"{"status":"pass"}"#) }
        let records = Monitor<[StateRecord]>([])
        let service = try service(server, isSecure: true) { record in
            records.withLock { $0.append(record) }
            records.signal()
        }
        service.start()
        defer { service.stop() }
        let told = records.wait(until: Clock.monotonic() + 20_000_000_000) { records in
            records.count == events.count ? records : nil
        }
        #expect(told?.map(\.event) == events && told?.map(\.severity) == severities)
        #expect(registry.prometheusText().contains("\nwaxwing_headscale_certificate_expiry_seconds "))
    }

    /// And at once, whatever it waits for.
    @Test func itEndsWhileItLooks() throws {
        let server = try WebServer { _, _ in .silence }
        let service = try service(server) { _ in #expect(Bool(false), "it has ended") }
        service.start()
        #expect(server.wait { !$0.isEmpty })
        let started = Clock.monotonic()
        service.stop()
        #expect(Clock.monotonic() - started < 5_000_000_000)
    }
}
