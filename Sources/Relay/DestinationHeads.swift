import Batch
import Delivery
import Ledger
import Logging
import NIOCore
import Seal
import Settings

/// Finds out whether a destination has records of the log that the ledger does not have: then the whole data folder was
/// restored from an old copy, cursors included, and signing on would give indexes twice. Archives are looked into,
/// Elasticsearch is asked; the others cannot tell.
struct DestinationHeads {
    /// How long all servers of a destination have, together.
    private static let patience: UInt64 = 5_000_000_000

    let tag: LogTag
    /// The index of the next record.
    let nextIndex: UInt64
    let logger: Logger

    /// Throws when one of `destinations` is ahead. `asking`: servers are asked, too.
    func compare(_ destinations: [Settings.Destination], asking: Bool) throws {
        for destination in destinations {
            guard let newest = try newestIndex(destination, asking: asking), newest >= nextIndex else { continue }
            throw Ledger.restoredBackup("destination \(destination.name)", newest + 1, nextIndex)
        }
    }

    private func newestIndex(_ destination: Settings.Destination, asking: Bool) throws -> UInt64? {
        switch destination.kind {
        case .file(let archive): return try ArchiveHead.newestIndex(in: archive.path, of: tag)
        case .elasticsearch where asking: return try ask(destination)
        case .elasticsearch, .splunk, .http, .tcp, .tls: return nil
        }
    }

    /// Asks the servers one after the other. One that is away, or does not let the relay search, does not hold up a start.
    private func ask(_ destination: Settings.Destination) throws -> UInt64? {
        guard let setup = try HTTPDestinationSetup(destination, tag: tag),
            case .elasticsearch(let dialect) = setup.dialect
        else { return nil }
        var options = setup.options
        options.transport.request = .nanoseconds(Int64(Self.patience))
        let end = Clock.monotonic() + Self.patience
        var objection = ""
        for node in options.nodes.indices where Clock.monotonic() < end {
            do {
                let answer = try HTTPProbe.ask(options, node: node, dialect.newestQuestion)
                if answer.isSuccess || answer.status == 404 { return ElasticsearchDialect.newestIndex(answer) }
                objection = ElasticsearchDialect.objection(answer) ?? ""
            } catch {
                objection = "\(error)"
            }
        }
        logger.notice(
            "the destination cannot be asked whether the ledger was restored from an old copy",
            metadata: ["destination": "\(destination.name)", "reason": "\(objection)"])
        return nil
    }
}
