import Batch
import GeoIP
import Headscale
import HeadscaleServer
import Logging
import NIOCore
import Settings
import Telemetry

/// How the Headscale server behind the records is doing: what its access log says, and, where `headscale.health` is
/// given, what it says itself.
final class HeadscaleHealth: Sendable {
    /// Takes the tallies of the access log.
    let accessLog: AccessLogFigures
    /// Is told when records of Headscale come.
    let activity = LogActivity()
    private let service: HealthService?
    private let sampling: RepeatedTask

    /// Opens the files that `settings` name. `record` gets what is to be sealed.
    init(
        _ settings: Settings, on eventLoop: any EventLoop, registry: MetricsRegistry, logger: Logger,
        record: @escaping @Sendable (StateRecord) -> Void
    ) throws {
        let accessLog = AccessLogFigures(registry, now: Clock.monotonic)
        self.accessLog = accessLog
        service = try settings.headscale?.health.map { [activity] health in
            let watch = HealthService.Options(
                server: "\(health.url)", interval: TimeAmount(health.interval), activity: activity, clock: Self.now)
            return HealthService(
                try Self.probe(health, settings, on: eventLoop), watch, on: eventLoop, registry: registry,
                logger: logger,
                record: record)
        }
        sampling = eventLoop.scheduleRepeatedTask(
            initialDelay: .zero, delay: .nanoseconds(Int64(AccessLogFigures.sampleInterval))
        ) { _ in accessLog.sample(at: Clock.monotonic()) }
    }

    func start() { service?.start() }

    /// What the server says of itself; nil if it is not asked.
    var report: HealthReport? { service?.report }

    /// Ends the watch. Not to be called on an event loop.
    func stop() {
        sampling.cancel()
        service?.stop()
    }

    static func probe(
        _ health: Settings.HeadscaleHealth, _ settings: Settings, on eventLoop: any EventLoop
    ) throws(PlacedError) -> HealthProbe {
        var options = HealthProbe.Options(
            url: "\(health.url)", isSecure: health.url.isSecure, host: health.url.host, port: health.url.port)
        options.authorityFile = health.authorityFile
        options.metricsURL = health.metricsURL.map { "\($0)" }
        do { return try HealthProbe(options, on: eventLoop) } catch {
            throw PlacedError(settings.position(of: "headscale.health.ca_file"), error)
        }
    }

    static func now() -> Moment {
        Moment(uptime: Int64(Clock.monotonic() / 1_000_000_000), date: Int64(Clock.wall() / 1_000_000_000))
    }
}

/// Opens the databases of places.
enum GeoIPSetup {
    /// The databases, none without `geoip`. Throws when one cannot be used.
    static func databases(_ settings: Settings) throws(PlacedError) -> [GeoIPDatabase] {
        var databases: [GeoIPDatabase] = []
        for (index, path) in (settings.geoIP?.databases ?? []).enumerated() {
            do { databases.append(try GeoIPDatabase(path: path)) } catch {
                throw PlacedError(settings.position(of: "geoip.databases[\(index)]"), error)
            }
        }
        return databases
    }
}
