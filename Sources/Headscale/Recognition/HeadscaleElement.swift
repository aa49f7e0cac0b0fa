internal import Syslog

/// Writes `[headscale@PEN …]`: what a line tells, and the fields of it that a reader looks for.
struct HeadscaleElement {
    /// The longest value of most parameters, in octets.
    static let valueLimit = 256
    /// The longest path and error text, in octets.
    static let textLimit = 1024
    /// No element is longer.
    static let lengthLimit = 12 << 10

    let finding: Finding
    let line: LogLine
    let enterpriseNumber: UInt32
    let pseudonym: Pseudonym?

    /// Appends the element. `text` is what the offsets of `line` are of.
    func write(_ text: RawSpan, into out: inout ByteWriter) {
        out.append("[headscale@")
        out.append(decimal: UInt64(enterpriseNumber))
        append("event", finding.meaning.event, into: &out)
        append("outcome", finding.meaning.outcome, into: &out)
        append("category", finding.meaning.category, into: &out)
        append("service", finding.meaning.service, into: &out)
        if let level = finding.level { append("level", FixedText(level.name), into: &out) }
        append("format", FixedText(finding.format.name), into: &out)
        if finding.part > 1 {
            out.append(" part=\"")
            out.append(decimal: UInt64(finding.part))
            out.append(UInt8(ascii: "\""))
        } else {
            writeFields(text, into: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private func append(_ name: StaticString, _ value: FixedText, into out: inout ByteWriter) {
        out.append(UInt8(ascii: " "))
        out.append(name)
        out.append("=\"")
        out.append(value.bytes)
        out.append(UInt8(ascii: "\""))
    }

    private func writeFields(_ text: RawSpan, into out: inout ByteWriter) {
        writeTime(text, into: &out)
        writePeer(text, into: &out)
        var rest = line.fields & Self.plainFields
        while rest != 0 {
            let bit = rest.trailingZeroBitCount
            rest &= rest &- 1
            guard let field = Field(rawValue: UInt8(bit)), let value = line[field], !value.range.isEmpty,
                let name = field.parameter
            else { continue }
            let limit = field == .error || field == .path ? Self.textLimit : Self.valueLimit
            if isMeant(field, value, text) { out.append(parameter: name, text, value, limit: limit) }
        }
        writeMachineKey(text, into: &out)
        if let caller = line[.caller] {
            let short = FieldValue(ConsoleLine.short(text, caller.range), caller.form)
            out.append(parameter: "caller", text, short)
        }
        writeAuthID(text, into: &out)
        if finding.isDuplicate { out.append(" duplicate=\"true\"") }
        if let refusal = finding.refusal {
            append("reason", refusal.event, into: &out)
            if line[.error] == nil {
                out.append(" error=\"")
                out.append(value: refusal.text, 0..<refusal.text.byteCount, refusal.form, limit: Self.textLimit)
                out.append(UInt8(ascii: "\""))
            }
        }
    }

    /// The fields that become parameters just as they are.
    private static let plainFields: UInt64 = Field.allCases.reduce(0) { fields, field in
        field.parameter == nil ? fields : fields | 1 << UInt64(field.rawValue)
    }

    /// Whether a field means here what its parameter says: `path` also names files, and `version` the number of a
    /// protocol.
    private func isMeant(_ field: Field, _ value: FieldValue, _ text: RawSpan) -> Bool {
        switch field {
        case .path: line[.method] != nil || line[.status] != nil
        case .version: text.decimal(value.range) == nil
        default: true
        }
    }

    private func writeTime(_ text: RawSpan, into out: inout ByteWriter) {
        guard let time = line[.time], !time.range.isEmpty else { return }
        guard let seconds = text.decimal(time.range) else {
            return out.append(parameter: "time", text, time, limit: 40)
        }
        guard Timestamp.secondsRange.contains(Int64(clamping: seconds)) else { return }
        out.append(" time=\"")
        Timestamp(seconds: Int64(seconds), fractionDigits: 0).write(into: &out)
        out.append(UInt8(ascii: "\""))
    }

    private func writePeer(_ text: RawSpan, into out: inout ByteWriter) {
        guard let peer = peer(text) else { return }
        out.append(parameter: "ip", text, FieldValue(peer.address, .plain))
        if let port = peer.port { out.append(parameter: "port", text, FieldValue(port, .plain)) }
    }

    /// Who sent the request: in a field, or, of what other libraries log, in the message.
    private func peer(_ text: RawSpan) -> PeerOfRequest? {
        guard let remote = line[.remote] else {
            guard finding.format == .stdlib || finding.format == .panic || finding.meaning.service == "derp" else {
                return nil
            }
            return line[.message].flatMap { PeerOfRequest(in: text, $0.range) }
        }
        // The least of its names is also that of a node's address.
        return remote.rank < 3 || line[.method] != nil ? PeerOfRequest(text, remote.range) : nil
    }

    private func writeMachineKey(_ text: RawSpan, into out: inout ByteWriter) {
        guard let key = line[.machineKey] else { return }
        let start = out.count
        out.append(" machine_key=\"")
        if MachineKey.append(text, key.range, into: &out) {
            out.append(UInt8(ascii: "\""))
        } else {
            out.truncate(to: start)
        }
    }

    private func writeAuthID(_ text: RawSpan, into out: inout ByteWriter) {
        guard let pseudonym, let identifier = AuthID.find(text, line, finding.meaning) else { return }
        out.append(" auth=\"")
        pseudonym.append(text, identifier, into: &out)
        out.append(UInt8(ascii: "\""))
    }
}
