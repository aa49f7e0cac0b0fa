import Delivery
import Filter
import Ledger
import Logging
import NIOCore
import Seal
import Settings
import TLS
import Telemetry

/// Makes destinations of their settings.
struct DestinationSetup {
    let group: any EventLoopGroup
    let ledger: LedgerAccess
    let registry: MetricsRegistry
    let logger: Logger
    /// The ledger's tag.
    let tag: LogTag
    /// nil if no destination needs it.
    let deadLetters: DeadLetterBox?

    /// A destination, and who counts for it, or for each of its shares.
    typealias Made = (destination: any Destination, counters: [StatusBoard.NamedDestination])

    func make(_ settings: Settings.Destination) throws(PlacedError) -> Made {
        do {
            if var options = try Self.streamOptions(settings) {
                options.filter = settings.filter?.record
                return try makeStream(options, shares: settings.shares)
            }
            let cursor = try CursorFile(ledger.layout.cursor(settings.name))
            let counters = DestinationCounters(registry, destination: settings.name)
            let eventLoop = group.next()
            if case .file(let archive) = settings.kind {
                var options = FileDestination.Options(name: settings.name, path: archive.path)
                options.rotate = UInt64(archive.rotateBytes)
                options.filter = settings.filter?.record
                options.rotateInterval = archive.rotateInterval?.nanoseconds
                options.compresses = archive.compresses
                options.keeps = archive.keptFiles
                let destination = try FileDestination(
                    options, ledger: ledger, cursor: cursor, start: 0, on: eventLoop, counters: counters, logger: logger
                )
                return (destination, [(settings.name, counters)])
            }
            if let http = try HTTPDestinationSetup(settings, tag: tag), let deadLetters {
                let destination = http.make(
                    ledger: ledger, cursor: cursor, deadLetters: deadLetters, on: eventLoop, registry: registry,
                    counters: counters, logger: logger)
                return (destination, [(settings.name, counters)])
            }
            preconditionFailure("there is no other kind")
        } catch {
            throw PlacedError(settings.position, error)
        }
    }

    /// One destination, or one for each share of the records.
    private func makeStream(_ options: StreamDestination.Options, shares: Int) throws(FileError) -> Made {
        var members: [StreamDestination] = []
        var all: [StatusBoard.NamedDestination] = []
        for (share, name) in try SharedCursors.prepare(options.name, shares: shares, ledger.layout).enumerated() {
            var options = options
            options.name = name
            if shares > 1 {
                options.targets = [options.targets[share]]
                let condition = Condition.share(share, of: shares)
                options.filter = RecordFilter(options.filter.map { .all([$0.condition, condition]) } ?? condition)
            }
            let counters = DestinationCounters(registry, destination: name, lagBasis: .sent)
            members.append(
                StreamDestination(
                    options, ledger: ledger, cursor: try CursorFile(ledger.layout.cursor(name)), start: 0,
                    on: group.next(), counters: counters, logger: logger))
            all.append((name, counters))
        }
        return (members.count == 1 ? members[0] : DestinationGroup(members, on: group.next()), all)
    }

    /// The options of a TCP or TLS destination; nil for another.
    static func streamOptions(_ settings: Settings.Destination) throws(TLSError) -> StreamDestination.Options? {
        switch settings.kind {
        case .file, .splunk, .elasticsearch, .http: return nil
        case .tcp(let collector):
            let targets = collector.addresses.map { CollectorTarget(host: $0.host, port: $0.port) }
            return options(settings.name, collector, targets)
        case .tls(let collector, let tls):
            let targets = try collector.addresses.map { (address) throws(TLSError) in
                CollectorTarget(host: address.host, port: address.port, tls: try context(tls, address))
            }
            var options = options(settings.name, collector, targets)
            options.handshakeTimeout = TimeAmount(tls.handshakeTimeout)
            return options
        }
    }

    private static func context(
        _ tls: Settings.TLSClient, _ address: Settings.Address
    ) throws(TLSError) -> TLSContext {
        try TLSContext.client(
            tls.identity.map { CertificateFiles(certificateFile: $0.certificateFile, keyFile: $0.keyFile) },
            server: PeerRequirement(
                authorityFile: tls.authorityFile,
                fingerprints: tls.fingerprints.map(CertificateFingerprint.init),
                serverName: tls.serverName ?? address.host))
    }

    private static func options(
        _ name: String, _ collector: Settings.Collector, _ targets: [CollectorTarget]
    ) -> StreamDestination.Options {
        var options = StreamDestination.Options(name: name, targets: targets)
        options.framing = collector.framing == .octetCounting ? .octetCounting : .lineFeed
        options.connectTimeout = TimeAmount(collector.connectTimeout)
        options.resend = collector.resendBytes
        options.limits.write = collector.writeTimeout.nanoseconds
        options.limits.idle = collector.idleTimeout?.nanoseconds
        return options
    }
}

extension CertificateFingerprint {
    init(_ settings: Settings.Fingerprint) {
        // Leaving one out would let in, or shut out, whom the configuration does not.
        guard let fingerprint = CertificateFingerprint(digest: settings.bytes) else {
            preconditionFailure("a fingerprint of the settings has 32 bytes")
        }
        self = fingerprint
    }
}
