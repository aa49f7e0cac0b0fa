/// What Headscale's own metrics say, under one name each for all versions. A figure that is not there is not known: names
/// have changed from version to version, and none of them means zero by being absent.
public struct ServerFigures: Sendable, Equatable {
    /// What there is to know.
    public enum Figure: CaseIterable, Sendable {
        case nodes, queueDepth
        case mapsGenerated, mapsSent, endpointUpdates, mapSessionsEnded
        case httpRequests, clientErrors, serverErrors
        case registrations
        case residentMemory, openFiles, fileLimit, goroutines, startTime
    }

    private var values: [Figure: Double] = [:]

    public init() {}

    /// The value of a figure; nil if the server does not tell it.
    public subscript(figure: Figure) -> Double? { values[figure] }

    /// Adds a sample: series of one name that differ in their labels are one figure.
    mutating func add(_ value: Double, to figure: Figure) {
        values[figure, default: 0] += value
    }
}

/// A series of Headscale's that is part of a figure.
struct ServerSeries: Sendable {
    let figure: ServerFigures.Figure
    let name: String
    /// The label and the beginning of its value that a sample must have; nil for all samples.
    var label: (name: String, prefix: String)?

    init(_ figure: ServerFigures.Figure, _ name: String, label: (name: String, prefix: String)? = nil) {
        self.figure = figure
        self.name = name
        self.label = label
    }

    /// By the name of the series. From 0.29 on there is `http_requests_total`, which counts OPTIONS requests only: it is
    /// left out, and the access log tells instead.
    static let all: [String: [ServerSeries]] = Dictionary(
        grouping: [
            // 0.29 on, and 0.28.
            ServerSeries(.nodes, "headscale_nodestore_nodes"),
            ServerSeries(.nodes, "headscale_nodestore_nodes_total"),
            // 0.28 on.
            ServerSeries(.queueDepth, "headscale_nodestore_queue_depth"),
            // 0.27 on.
            ServerSeries(.mapsGenerated, "headscale_mapresponse_generated_total"),
            // 0.23 on.
            ServerSeries(.mapsSent, "headscale_mapresponse_sent_total"),
            ServerSeries(.endpointUpdates, "headscale_mapresponse_endpoint_updates_total"),
            ServerSeries(.mapSessionsEnded, "headscale_mapresponse_ended_total"),
            // 0.23 to 0.28.
            ServerSeries(.httpRequests, "headscale_http_requests_total"),
            ServerSeries(.clientErrors, "headscale_http_requests_total", label: ("code", "4")),
            ServerSeries(.serverErrors, "headscale_http_requests_total", label: ("code", "5")),
            // 0.22.
            ServerSeries(.registrations, "headscale_machine_registrations_total"),
            // All versions: Go and the process.
            ServerSeries(.residentMemory, "process_resident_memory_bytes"),
            ServerSeries(.openFiles, "process_open_fds"),
            ServerSeries(.fileLimit, "process_max_fds"),
            ServerSeries(.goroutines, "go_goroutines"),
            ServerSeries(.startTime, "process_start_time_seconds"),
        ], by: \.name)
}
