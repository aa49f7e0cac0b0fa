import ArgumentParser
import Relay
import Settings

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the relay until it gets SIGTERM or SIGINT.",
        discussion: """
            Example: waxwing run --config /etc/waxwing/waxwing.yaml

            SIGTERM takes no more records, seals and syncs those that came, and gives the destinations the configured \
            `drain` to take them; a second one ends it at once. SIGHUP ends it when a terminal is closed, and else does \
            nothing: a new configuration takes a restart. Exit codes: 0 ended in order, 64 wrong options, 69 an address, file or key cannot be \
            used, 74 the ledger could not be written, 78 the configuration is wrong.
            """)

    @OptionGroup var configuration: ConfigurationOption

    func run() throws {
        ProcessSetup.prepare()
        let settings = try configuration.load()
        let relay: Relay
        do {
            relay = try Relay(settings, logger: ConfigurationOption.logger(settings))
            try relay.start()
        } catch {
            Console.complain("waxwing: \(error)")
            throw ExitStatus.unavailable
        }
        Console.say(StartReport(relay).text + "\n")
        relay.waitForEnd()
        if relay.stop() != nil { throw ExitStatus.failed }
    }
}

/// What a person who has just started a relay wants to know.
struct StartReport {
    let text: String

    init(_ relay: Relay) {
        let settings = relay.settings
        let bound = zip(settings.listeners, relay.ports)
        let listeners = bound.map { "\($0.transport.name) \($0.address.host(withPort: $1))" }.joined(separator: ", ")
        let destinations = settings.destinations.map { $0.name }.joined(separator: ", ")
        var lines = [
            "waxwing \(Version.text) is running",
            "  listens on    \(listeners)",
            "  ledger        \(settings.data)",
            "  delivers to   \(destinations.isEmpty ? "nobody yet (the ledger keeps everything)" : destinations)",
            "  public key    \(relay.verifierKey)\(relay.isNewKey ? "  (new)" : "")",
        ]
        if let metrics = settings.metrics, let port = relay.metricsPort {
            lines.append("  metrics       http://\(metrics.host(withPort: port))/metrics")
        }
        if let (listener, port) = bound.first(where: { $0.0.transport.name == "tcp" }) {
            let host = listener.address.isWildcard ? "127.0.0.1" : listener.address.host
            lines.append("try it          logger --server \(host) --port \(port) --tcp --rfc5424 hello")
        }
        lines.append("check it        waxwing verify --key \(settings.data)/keys/log.vkey \(settings.data)")
        text = lines.joined(separator: "\n")
    }
}

extension Settings.Address {
    /// As it is written in the configuration, with the port that was bound, should the configuration leave it open.
    fileprivate func host(withPort port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
