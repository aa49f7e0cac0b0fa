import Syslog

/// Text with fields of a record in it, put together once and written into JSON strings without allocating.
public struct RecordTemplate: Sendable {
    public enum Field: String, Sendable, CaseIterable {
        case hostname
        case appName = "app_name"
        case procID = "procid"
        case msgID = "msgid"
        case facility, severity
    }

    public enum Part: Sendable {
        case text(String)
        case field(Field)
    }

    private enum Piece: Sendable {
        case bytes([UInt8])
        case field(Field)
    }

    private let pieces: [Piece]

    public init(_ parts: [Part]) {
        pieces = parts.map { part in
            switch part {
            case .text(let text): .bytes(Array(text.utf8))
            case .field(let field): .field(field)
            }
        }
    }

    /// Whether it stands for nothing at all.
    public var isEmpty: Bool { pieces.isEmpty }
    /// Whether it is the same for all records.
    public var isConstant: Bool {
        pieces.allSatisfy { piece in
            guard case .bytes = piece else { return false }
            return true
        }
    }

    /// Appends what it is for a record, as it stands within a JSON string; a field that the record has not is empty.
    func write(_ line: RawSpan, _ header: CanonicalHeader, into body: inout BodyWriter) {
        for piece in pieces {
            switch piece {
            case .bytes(let bytes): body.append(jsonText: unsafe bytes.span.bytes)
            case .field(.hostname): Self.write(line, header.hostname, into: &body)
            case .field(.appName): Self.write(line, header.appName, into: &body)
            case .field(.procID): Self.write(line, header.procID, into: &body)
            case .field(.msgID): Self.write(line, header.msgID, into: &body)
            case .field(.facility): body.append(PriorityWords.facilities[header.facility])
            case .field(.severity): body.append(PriorityWords.severities[header.severity])
            }
        }
    }

    private static func write(_ line: RawSpan, _ range: Range<Int>?, into body: inout BodyWriter) {
        if let range { body.append(json: line, range) }
    }
}

/// The short words for facilities and severities that syslog's own configuration uses.
enum PriorityWords {
    static let facilities: [StaticString] = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
        "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]
    static let severities: [StaticString] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
}
