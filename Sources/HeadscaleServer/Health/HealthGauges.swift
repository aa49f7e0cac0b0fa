import Synchronization
import Telemetry

/// Shows a ``HealthReport`` on `/metrics`. What is not known has no sample there.
final class HealthGauges: Sendable {
    private let report = Mutex(HealthReport())

    init(_ registry: MetricsRegistry) {
        observe(registry, "up", "Whether the Headscale server answers.") { $0.isUp.map { $0 ? 1 : 0 } }
        observe(registry, "health", "Whether the Headscale server says that it and its database are well.") {
            $0.health.map { $0 ? 1 : 0 }
        }
        observe(
            registry, "certificate_expiry_seconds",
            "When the Headscale server's certificate ends, in seconds since 1970."
        ) { $0.certificateEnd }
        observe(registry, "log_age_seconds", "Seconds since the last record of Headscale.") { $0.logAge }
        observe(registry, "log_silent", "Whether that is far longer than usual while the server is up.") {
            $0.isSilent.map { $0 ? 1 : 0 }
        }
        for figure in ServerFigures.Figure.allCases {
            let shown = figure.shown
            observe(registry, shown.name, shown.help, type: shown.type) { report in
                report.figures?[figure].flatMap { Int64(exactly: $0.rounded()) }
            }
        }
    }

    /// What is shown at present.
    var current: HealthReport { report.withLock { $0 } }

    func show(_ new: HealthReport) {
        report.withLock { $0 = new }
    }

    private func observe(
        _ registry: MetricsRegistry, _ name: String, _ help: String, type: String = "gauge",
        _ value: @escaping @Sendable (HealthReport) -> Int64?
    ) {
        registry.observe("waxwing_headscale_\(name)", help, type: type) { [self] in value(report.withLock { $0 }) }
    }
}

extension ServerFigures.Figure {
    /// How the figure is shown: its name behind `waxwing_headscale_`.
    fileprivate var shown: (name: String, help: String, type: String) {
        switch self {
        case .nodes: ("nodes", "Nodes that the Headscale server knows.", "gauge")
        case .queueDepth:
            ("nodestore_queue_depth", "Changes that wait for the server's node store (0.28 on).", "gauge")
        case .mapsGenerated: ("map_responses_generated_total", "Maps that the server made for nodes.", "counter")
        case .mapsSent: ("map_responses_sent_total", "Maps that the server sent to nodes.", "counter")
        case .endpointUpdates: ("endpoint_updates_total", "Updates of their endpoints that nodes sent.", "counter")
        case .mapSessionsEnded: ("map_sessions_ended_total", "Sessions of nodes that ended.", "counter")
        case .httpRequests:
            ("server_http_requests_total", "Requests by the server's own count (up to 0.28).", "counter")
        case .clientErrors:
            ("server_http_client_errors_total", "Requests answered with 4xx, by the server's own count.", "counter")
        case .serverErrors:
            ("server_http_server_errors_total", "Requests answered with 5xx, by the server's own count.", "counter")
        case .registrations: ("registrations_total", "Registrations of nodes, by the server's count (0.22).", "counter")
        case .residentMemory: ("resident_memory_bytes", "Memory that the server uses.", "gauge")
        case .openFiles: ("open_fds", "Open file descriptors of the server.", "gauge")
        case .fileLimit: ("max_fds", "File descriptors that the server may open.", "gauge")
        case .goroutines: ("goroutines", "Goroutines of the server.", "gauge")
        case .startTime: ("start_time_seconds", "When the server was started, in seconds since 1970.", "gauge")
        }
    }
}
