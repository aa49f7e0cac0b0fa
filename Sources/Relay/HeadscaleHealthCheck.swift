import Batch
import GeoIP
import HeadscaleServer
import NIOPosix
import Seal
import Settings

/// Tries out what `headscale.health` and `geoip` name.
struct HeadscaleHealthCheck {
    /// Days after which a database of places is old: addresses move, and free ones are renewed twice a week.
    private static let oldDays = 90

    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    /// Opens the CA file; with `connecting`, looks at the server, its version and its metrics.
    func run(_ health: Settings.HeadscaleHealth, connecting: Bool) throws -> (SetupCheck.Finding.Level, String) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let probe = try HeadscaleHealth.probe(health, settings, on: group.next())
        defer { probe.close() }
        guard connecting else { return SetupCheck.resolve(health.url.host, port: health.url.port) }
        let seen = try probe.look(thoroughly: true).wait()
        switch seen.answer {
        case .failure(let reason), .untrusted(let reason): throw SetupCheck.Unreachable("\(health.url): \(reason)")
        case .databaseFailure: return (.warning, "\(health.url) answers, but its database does not")
        case .pass: break
        }
        var machine = HealthMachine(server: "\(health.url)")
        if let concern = machine.note(seen, isThorough: true, at: HeadscaleHealth.now()).first {
            return (.warning, concern.text)
        }
        if case .failure(let reason) = seen.metrics { return (.warning, "\(health.url) is well, but \(reason)") }
        return (.ok, "\(health.url) is well\(seen.version.map { ", version \($0)" } ?? "")")
    }

    /// Opens a database of places.
    static func database(_ path: String, at seconds: UInt64) throws(GeoIPError) -> (SetupCheck.Finding.Level, String) {
        let database = try GeoIPDatabase(path: path)
        let made = SealTime(clamping: Int64(clamping: database.builtAt) * 1000)
        let days = seconds > database.builtAt ? (seconds - database.builtAt) / 86_400 : 0
        let text = "\(database.type), made \("\(made)".prefix(10))"
        return days > UInt64(oldDays) ? (.warning, "\(text), \(days) days ago: addresses move") : (.ok, text)
    }
}
