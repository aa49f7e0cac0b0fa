import Batch
import Seal
import Syslog

/// A record in which the relay says something about the ledger itself. It is sealed and forwarded like any other:
///
///     <PRI>1 TS HOST waxwing PID MSGID [waxwing-NAME@PEN parameter="value" …] text
///
/// A client that sends such an element gets it back as `x-waxwing-…`.
struct RelayRecord: Equatable {
    /// PRI: facility 13 (log audit) and a severity.
    enum Priority: Int {
        case warning = 108
        case notice = 109
    }

    let priority: Priority
    /// MSGID.
    let identifier: String
    /// The element's name between `waxwing-` and `@`.
    let element: String
    let parameters: [(name: String, value: String)]
    let text: String

    /// Who writes it.
    struct Author: Sendable {
        let host: String
        let processID: Int32
        let enterpriseNumber: UInt32

        init(_ options: LedgerOptions) {
            host = options.hostname
            processID = options.processID
            enterpriseNumber = options.enterpriseNumber
        }
    }

    /// Appends the record to `batch`, which is not full.
    func append(to batch: inout Batch, by author: Author, at milliseconds: UInt64) {
        let time = SealTime(clamping: Int64(clamping: milliseconds))
        let head =
            "<\(priority.rawValue)>1 \(time) \(author.host) waxwing \(author.processID) \(identifier) "
            + "[waxwing-\(element)@\(author.enterpriseNumber)"
        batch.append { writer in
            writer.append(Array(head.utf8))
            for (name, value) in parameters {
                writer.append(Array(" \(name)=\"".utf8))
                let bytes = Array(value.utf8)
                writer.append(quoting: unsafe bytes.span.bytes, 0..<bytes.count, limit: Batch.lineLimit)
                writer.append(UInt8(ascii: "\""))
            }
            writer.append(UInt8(ascii: "]"))
            let split = writer.count
            writer.append(Array(" \(text)".utf8))
            return (split, 0)
        }
    }

    static func == (left: RelayRecord, right: RelayRecord) -> Bool {
        left.identifier == right.identifier && left.text == right.text
            && left.parameters.map(\.value) == right.parameters.map(\.value)
    }
}

extension Range<UInt64> {
    /// The indexes as people write them: both ends belong to it.
    var text: String { count == 1 ? "record \(lowerBound)" : "records \(lowerBound)..\(upperBound - 1)" }
}
