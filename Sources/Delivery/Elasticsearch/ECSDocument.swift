import Seal
import Syslog

/// Writes canonical lines as documents of the Elastic Common Schema.
///
/// `event.original` is the line, byte for byte, which is what `waxwing verify` reads. What the line says stands in the
/// fields of its own besides, with numbers as numbers and addresses only where they are addresses, so that no mapping
/// refuses it. Allocates nothing.
struct ECSDocument: Sendable {

    /// Eight hexadecimal digits.
    private let log: [UInt8]
    private let observer: [UInt8]

    /// Documents of the log `tag`, relayed by Waxwing `version` on the host `observer`: a name without characters that
    /// JSON escapes.
    init(tag: LogTag, observer: String, version: String) {
        log = Array("\(tag)".utf8)
        self.observer = Array(
            #","observer":{"vendor":"Waxwing","product":"Waxwing","type":"log-relay","name":"\#(observer)","version":"\#(version)"}"#
                .utf8)
    }

    /// Appends `"LOG-INDEX"`, by which a document that is sent twice is recognised.
    @inline(__always)
    func writeIdentifier(_ index: UInt64, into out: inout BodyWriter) {
        out.append(UInt8(ascii: "\""))
        out.append(log)
        out.append(UInt8(ascii: "-"))
        out.append(decimal: index)
        out.append(UInt8(ascii: "\""))
    }

    /// Appends the document of a record, on one line.
    func write(_ record: borrowing DeliveryRecord, into out: inout BodyWriter) {
        let line = record.line
        ECSFields.read(line) { write(line, $0, record.index, into: &out) }
    }

    private func write(
        _ line: RawSpan, _ fields: borrowing ECSFields, _ index: UInt64, into out: inout BodyWriter
    ) {
        out.append(#"{"@timestamp":""#)
        if let stamp = fields.header.timestamp ?? fields.receivedTime {
            out.append(json: line, stamp)
        } else {
            // Only a line that no relay of ours wrote says nothing of its time; a data stream asks for one.
            out.append("1970-01-01T00:00:00.000Z")
        }
        out.append(#"","ecs":{"version":""#)
        out.append(ECSNames.version)
        out.append(#""},"message":""#)
        let start = out.count
        out.append(json: line, fields.message)
        let message = start..<out.count
        let words = fields.isHeadscale ? ECSWords.find(line, event: fields[.event], category: fields[.category]) : nil
        writeEvent(line, fields, words, index, message, into: &out)
        writeLog(line, fields, into: &out)
        writeHost(line, fields, into: &out)
        out.append(observer)
        writeWaxwing(line, fields, index, into: &out)
        if fields.isHeadscale { writeHeadscale(line, fields, words, into: &out) }
        out.append(UInt8(ascii: "}"))
    }

    // MARK: - event

    private func writeEvent(
        _ line: RawSpan, _ fields: borrowing ECSFields, _ words: ECSWords?, _ index: UInt64, _ message: Range<Int>,
        into out: inout BodyWriter
    ) {
        out.append(#"","event":{"original":""#)
        // The message is its end, as a rule, and need not be escaped twice.
        out.append(json: line, 0..<fields.message.lowerBound)
        out.append(again: message)
        out.append(json: line, fields.message.upperBound..<line.byteCount)
        out.append(#"","sequence":"#)
        out.append(decimal: index)
        out.append(#","kind":"event","severity":"#)
        out.append(decimal: UInt64(fields.header.severity))
        out.append(member: "provider", line, fields.header.appName)
        out.append(member: "code", line, fields.header.msgID)
        if fields.isHeadscale {
            writeHeadscaleEvent(line, fields, words, into: &out)
            out.append(UInt8(ascii: "}"))
        } else if fields.isSeal {
            out.append(#","module":"waxwing","dataset":"waxwing.seal","action":"seal"}"#)
        } else {
            out.append(#","module":"syslog","dataset":"syslog.log"}"#)
        }
    }

    // MARK: - log

    private func writeLog(_ line: RawSpan, _ fields: borrowing ECSFields, into out: inout BodyWriter) {
        let header = fields.header
        out.append(#","log":{"level":""#)
        if let level = fields[.level] {
            out.append(jsonOfParameter: line, level)
        } else {
            out.append(ECSNames.levels[header.severity])
        }
        out.append(UInt8(ascii: "\""))
        if let caller = fields[.caller] { writeOrigin(line, caller, into: &out) }
        out.append(#","syslog":{"priority":"#)
        out.append(decimal: UInt64(header.facility * 8 + header.severity))
        out.append(#","facility":{"code":"#)
        out.append(decimal: UInt64(header.facility))
        out.append(#","name":""#)
        out.append(ECSNames.facilities[header.facility])
        out.append(#""},"severity":{"code":"#)
        out.append(decimal: UInt64(header.severity))
        out.append(#","name":""#)
        out.append(ECSNames.severities[header.severity])
        out.append(#""},"version":"1""#)
        out.append(member: "hostname", line, header.hostname)
        out.append(member: "appname", line, header.appName)
        out.append(member: "procid", line, header.procID)
        out.append(member: "msgid", line, header.msgID)
        if !fields.shownElements.isEmpty { StructuredDataObject.write(line, fields.shownElements, into: &out) }
        out.append("}}")
    }

    /// Appends the place in the program's source that the record comes from: `FILE:LINE`.
    private func writeOrigin(_ line: RawSpan, _ caller: Range<Int>, into out: inout BodyWriter) {
        let colon = caller.last { line.byte($0) == UInt8(ascii: ":") }
        let number = colon.map { $0 + 1..<caller.upperBound }.flatMap {
            line.number($0, upTo: 1 << 31) == nil ? nil : $0
        }
        let file = number == nil ? caller : caller.lowerBound..<(colon ?? caller.upperBound)
        out.append(#","origin":{"file":{"name":""#)
        out.append(jsonOfParameter: line, file)
        out.append(UInt8(ascii: "\""))
        out.append(number: "line", line, number)
        out.append("}}")
    }

    // MARK: - host, process

    private func writeHost(_ line: RawSpan, _ fields: borrowing ECSFields, into out: inout BodyWriter) {
        if let host = fields.header.hostname {
            out.append(#","host":{"name":""#)
            out.append(json: line, host)
            out.append(#"","hostname":""#)
            out.append(json: line, host)
            out.append(#""}"#)
        }
        guard let app = fields.header.appName else { return }
        out.append(#","process":{"name":""#)
        out.append(json: line, app)
        out.append(UInt8(ascii: "\""))
        if let process = fields.header.procID {
            out.append(member: "pid", line.number(process, upTo: UInt64(UInt32.max)))
        }
        out.append(UInt8(ascii: "}"))
    }

    // MARK: - waxwing

    private func writeWaxwing(
        _ line: RawSpan, _ fields: borrowing ECSFields, _ index: UInt64, into out: inout BodyWriter
    ) {
        out.append(#","waxwing":{"log":""#)
        out.append(log)
        out.append(#"","index":"#)
        out.append(decimal: index)
        out.append(member: "sender_node", line, parameter: fields.senderNode)
        out.append(member: "sender_node_id", line, parameter: fields.senderNodeID)
        if fields.isRedacted { writeRedacted(line, fields, into: &out) }
        out.append(UInt8(ascii: "}"))
    }

    /// Appends the rules by which something was redacted, and how often something was.
    private func writeRedacted(_ line: RawSpan, _ fields: borrowing ECSFields, into out: inout BodyWriter) {
        out.append(#","redacted":{"rules":["#)
        var reader = StructuredDataReader(line, fields.header.structuredData)
        var (element, total, rules) = (RelayElement.none, UInt64(0), 0)
        while let item = reader.next() {
            switch item {
            case .element(let id): element = RelayElement(line, id)
            case .parameter(let name, let value) where element == .redacted:
                if line.equals("n", name) {
                    total += line.number(value, upTo: UInt64(UInt32.max)) ?? 0
                } else if line.equals("rule", name) {
                    if rules > 0 { out.append(UInt8(ascii: ",")) }
                    rules += 1
                    out.append(UInt8(ascii: "\""))
                    out.append(jsonOfParameter: line, value)
                    out.append(UInt8(ascii: "\""))
                }
            case .parameter: break
            }
        }
        out.append(#"],"count":"#)
        out.append(decimal: total)
        out.append(UInt8(ascii: "}"))
    }
}
