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
    /// The node that the line names.
    let node: UInt64?
    let pseudonym: Pseudonym?

    /// Appends the element. `text` is what the offsets of `line` are of.
    func write(
        _ text: RawSpan, _ line: borrowing LogLine, _ memory: borrowing SourceMemory, _ texts: inout ElementTexts,
        _ enrichment: inout Enrichment, into out: inout ByteWriter
    ) {
        texts.write(finding, into: &out)
        if finding.part > 1 {
            out.append(#" part=""#)
            out.append(decimal: UInt64(finding.part))
            out.append(UInt8(ascii: "\""))
        } else {
            let peer = peer(text, line)
            writeFields(text, line, memory, &texts, peer, into: &out)
            if !enrichment.isEmpty { writeContext(text, peer, &enrichment, into: &out) }
        }
        out.append(UInt8(ascii: "]"))
    }

    private func writeFields(
        _ text: RawSpan, _ line: borrowing LogLine, _ memory: borrowing SourceMemory, _ texts: inout ElementTexts,
        _ peer: PeerOfRequest?, into out: inout ByteWriter
    ) {
        writeTime(text, line, &texts, into: &out)
        if let peer { write(peer, text, into: &out) }
        var rest = line.fields & Self.plainFields
        while rest != 0 {
            let bit = rest.trailingZeroBitCount
            rest &= rest &- 1
            let value = line[bit]
            guard !value.range.isEmpty, isMeant(bit, value, text, line) else { continue }
            texts.open(bit, into: &out)
            let isLong = Self.longFields >> UInt64(bit) & 1 == 1
            out.appendValue(text, value, limit: isLong ? Self.textLimit : Self.valueLimit)
        }
        writeMachineKey(text, line, into: &out)
        if let caller = line[.caller] {
            let short = FieldValue(ConsoleLine.short(text, caller.range), caller.form)
            out.append(#" caller=""#, text, short)
        }
        writeAuthID(text, line, into: &out)
        if finding.isDuplicate { out.append(" duplicate=\"true\"") }
        if let refusal = finding.refusal {
            memory.write(refusal: refusal, withError: line[.error] == nil, into: &out)
        }
    }

    /// The fields that become parameters just as they are.
    private static let plainFields: UInt64 = Field.allCases.reduce(0) { fields, field in
        field.opening == nil ? fields : fields | field.bit
    }

    /// The fields whose values may be longer than others.
    private static let longFields = Field.error.bit | Field.path.bit

    /// Whether a field means here what its parameter says: `path` also names files, and `version` the number of a
    /// protocol.
    @inline(__always)
    private func isMeant(_ field: Int, _ value: FieldValue, _ text: RawSpan, _ line: borrowing LogLine) -> Bool {
        if field == Int(Field.path.rawValue) { return line.fields & (Field.method.bit | Field.status.bit) != 0 }
        if field == Int(Field.version.rawValue) { return text.decimal(value.range) == nil }
        return true
    }

    private func writeTime(
        _ text: RawSpan, _ line: borrowing LogLine, _ texts: inout ElementTexts, into out: inout ByteWriter
    ) {
        guard let time = line[.time], !time.range.isEmpty else { return }
        if let seconds = text.decimal(time.range) {
            texts.write(second: seconds, into: &out)
        } else {
            out.append(#" time=""#, text, time, limit: 40)
        }
    }

    private func write(_ peer: PeerOfRequest, _ text: RawSpan, into out: inout ByteWriter) {
        // Digits, letters, colons: there is nothing to escape.
        out.append(#" ip=""#)
        out.append(short: text, peer.address)
        if let port = peer.port {
            out.append(#"" port=""#)
            out.append(short: text, port)
        }
        out.append(UInt8(ascii: "\""))
    }

    private func writeContext(
        _ text: RawSpan, _ peer: PeerOfRequest?, _ enrichment: inout Enrichment, into out: inout ByteWriter
    ) {
        if let node { enrichment.write(node: node, into: &out) }
        if let peer, let address = peer.v4.map({ IPAddress(v4: $0) }) ?? IPAddress(text, peer.address) {
            enrichment.write(address: address, into: &out)
        }
    }

    /// Who sent the request: in a field, or, of what other libraries log, in the message.
    private func peer(_ text: RawSpan, _ line: borrowing LogLine) -> PeerOfRequest? {
        guard let remote = line[.remote] else {
            guard finding.format == .stdlib || finding.format == .panic || finding.meaning.service == .derp else {
                return nil
            }
            return line[.message].flatMap { PeerOfRequest(in: text, $0.range) }
        }
        // The least of its names is also that of a node's address.
        let isSender = remote.rank < 3 ? true : line[.method] != nil
        return isSender ? PeerOfRequest(text, remote.range) : nil
    }

    private func writeMachineKey(_ text: RawSpan, _ line: borrowing LogLine, into out: inout ByteWriter) {
        guard let key = line[.machineKey] else { return }
        let start = out.count
        out.append(" machine_key=\"")
        if MachineKey.append(text, key.range, into: &out) {
            out.append(UInt8(ascii: "\""))
        } else {
            out.truncate(to: start)
        }
    }

    private func writeAuthID(_ text: RawSpan, _ line: borrowing LogLine, into out: inout ByteWriter) {
        guard let pseudonym, let identifier = AuthID.find(text, line, finding.meaning) else { return }
        out.append(" auth=\"")
        pseudonym.append(text, identifier, into: &out)
        out.append(UInt8(ascii: "\""))
    }
}
