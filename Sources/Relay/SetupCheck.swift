import Batch
import Delivery
import Glibc
import Intake
import Ledger
import Logging
import NIOCore
import NIOPosix
import OpenSSL
import Seal
public import Settings
import Syslog
import TLS

/// Tries out everything a configuration names, as a start would, and changes nothing.
public struct SetupCheck {
    /// The result for one thing that was checked.
    public struct Finding: Sendable, CustomStringConvertible {
        public enum Level: String, Sendable {
            case ok, warning, error
        }

        public let level: Level
        public let subject: String
        public let detail: String

        public var isError: Bool { level == .error }
        public var description: String { "\(level.rawValue): \(subject): \(detail)" }
    }

    private let settings: Settings

    public init(_ settings: Settings) {
        self.settings = settings
    }

    /// All findings, in the order of the data flow. With `connecting`, destinations are connected to.
    public func run(connecting: Bool) -> [Finding] {
        [checkLedger(), checkKey()] + settings.listeners.map(checkListener)
            + settings.destinations.flatMap { checkDestination($0, connecting: connecting) }
    }

    // MARK: Ledger and key

    private func checkLedger() -> Finding {
        attempt("ledger \(settings.data)", settings.position(of: "data")) {
            let system = DiskFileSystem()
            let layout = Layout(settings.data)
            guard system.exists(layout.directory) else {
                let parent = settings.data.split(separator: "/").dropLast().joined(separator: "/")
                let folder = settings.data.hasPrefix("/") ? "/\(parent)" : parent.isEmpty ? "." : parent
                guard unsafe access(folder, W_OK) == 0 else {
                    throw LedgerError(.file, "\(folder) cannot be written to, so the ledger cannot be made in it")
                }
                return (.ok, "will be made at the first start")
            }
            guard unsafe access(layout.directory, W_OK) == 0 else {
                throw LedgerError(.file, "\(layout.directory) cannot be written to")
            }
            guard system.exists(layout.origin) else { return (.ok, "a new log will be made in it") }
            guard try system.open(layout.lock, .update).lock() else { return (.warning, "in use by a running relay") }
            return (.ok, "holds the log \(try LogIdentity.origin(settings, layout))")
        }
    }

    private func checkKey() -> Finding {
        attempt("signing key", settings.position(of: "stream.key")) {
            let identity = try LogIdentity(settings, creating: false)
            return (.ok, identity.isNew ? "will be made at the first start" : "\(identity.key.verifierKey)")
        }
    }

    // MARK: Listeners

    private func checkListener(_ listener: Settings.Listener) -> Finding {
        attempt("listener \(listener.transport.name) \(listener.address)", listener.position) {
            _ = try ListenerSetup.zone(listener.timeZone)
            if case .tls(_, let tls) = listener.transport { _ = try ListenerSetup.tlsContext(tls) }
            let host = try ListenerSetup.numericHost(listener.address)
            let isDatagram = listener.transport.name == "udp"
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            defer { try? group.syncShutdownGracefully() }
            let channel: any Channel
            do {
                channel =
                    isDatagram
                    ? try DatagramBootstrap(group: group).bind(host: host, port: listener.address.port).wait()
                    : try ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                        .bind(host: host, port: listener.address.port).wait()
            } catch {
                throw BindError(
                    address: "\(listener.transport.name) \(listener.address)", code: (error as? IOError)?.errnoCode ?? 0
                )
            }
            try channel.close().wait()
            guard case .tls(_, let tls) = listener.transport, case .none = tls.clients else {
                return (.ok, "can be bound")
            }
            return (.warning, "can be bound; whoever connects may send, since no client certificate is asked for")
        }
    }

    // MARK: Destinations

    private func checkDestination(_ destination: Settings.Destination, connecting: Bool) -> [Finding] {
        let subject = "destination \(destination.name)"
        return [
            attempt(subject, destination.position) {
                guard let options = try DestinationSetup.streamOptions(destination) else {
                    guard case .file(let archive) = destination.kind else { return (.ok, "") }
                    let exists = DiskFileSystem().exists(archive.path)
                    let isUsable = unsafe access(archive.path, W_OK) == 0
                    guard isUsable || !exists else {
                        throw LedgerError(.file, "\(archive.path) cannot be written to")
                    }
                    return (.ok, exists ? "\(archive.path) can be written to" : "\(archive.path) will be made")
                }
                let address = try SocketAddress.makeAddressResolvingHost(options.host, port: options.port)
                guard connecting else { return (.ok, "\(options.host) is \(address.ipAddress ?? "?")") }
                try ConnectionProbe.run(options)
                return (.ok, "connected to \(options.host):\(options.port)")
            }
        ]
    }

    private func attempt(
        _ subject: String, _ position: FilePosition, _ body: () throws -> (Finding.Level, String)
    ) -> Finding {
        do {
            let (level, detail) = try body()
            return Finding(level: level, subject: subject, detail: detail)
        } catch {
            return Finding(level: .error, subject: subject, detail: "\(position): \(error)")
        }
    }
}
