import Syslog

/// Writes a record as an event of Splunk's HTTP Event Collector: the canonical line as `event`, its time, the metadata
/// by template, and as indexed fields where the record is in the ledger and what the relay found out about it.
struct SplunkEvent: Sendable {
    let host: RecordTemplate
    let source: RecordTemplate
    let sourcetype: RecordTemplate
    let index: RecordTemplate
    /// The ledger's tag, eight hexadecimal digits.
    let log: [UInt8]

    /// The relay's elements whose parameters become fields, by their SD-NAMEs in front of the `@`.
    private static let elements: [StaticString] = ["headscale", "received"]

    func write(_ record: borrowing DeliveryRecord, into body: inout BodyWriter) {
        let (line, header) = (record.line, record.header)
        body.append("{")
        if let time = header.time(line), time.seconds >= 0 {
            body.append("\"time\":")
            body.append(decimal: UInt64(time.seconds))
            body.append(UInt8(ascii: "."))
            body.append(digits: UInt64(time.microseconds / 1_000), count: 3)
            body.append(UInt8(ascii: ","))
        }
        member("\"host\":\"", host, line, header, into: &body)
        member("\"source\":\"", source, line, header, into: &body)
        member("\"sourcetype\":\"", sourcetype, line, header, into: &body)
        member("\"index\":\"", index, line, header, into: &body)
        body.append("\"event\":\"")
        body.append(jsonText: line)
        body.append("\",\"fields\":{\"l\":\"")
        body.append(log)
        body.append("\",\"i\":\"")
        body.append(decimal: record.index)
        body.append(UInt8(ascii: "\""))
        if let redacted = fields(line, header.structuredData, into: &body) {
            redactedField("rule", line, redacted, into: &body)
            redactedField("n", line, redacted, into: &body)
        }
        body.append("}}")
    }

    /// Writes a member; not one that is empty, which Splunk would take for a value.
    private func member(
        _ opening: StaticString, _ template: RecordTemplate, _ line: RawSpan, _ header: CanonicalHeader,
        into body: inout BodyWriter
    ) {
        let start = body.count
        body.append(opening)
        let empty = body.count
        template.write(line, header, into: &body)
        guard body.count > empty else { return body.truncate(to: start) }
        body.append("\",")
    }

    /// Writes the parameters of the relay's elements, as `headscale.user`. Of an element that is there twice the first
    /// counts. Returns where the first element `redacted` begins, up to the end of all; nil if there is none.
    private func fields(_ line: RawSpan, _ range: Range<Int>, into body: inout BodyWriter) -> Range<Int>? {
        var reader = StructuredDataReader(line, range)
        var seen = 0
        var prefix: StaticString?
        var redacted: Range<Int>?
        while let item = reader.next() {
            switch item {
            case .element(let id):
                prefix = nil
                if redacted == nil, line.isName(id, "redacted") { redacted = id.lowerBound - 1..<range.upperBound }
                for (place, name) in Self.elements.enumerated() where line.isName(id, name) && seen & 1 << place == 0 {
                    seen |= 1 << place
                    prefix = name
                }
            case .parameter(let name, let value):
                guard let prefix else { continue }
                body.append(",\"")
                body.append(prefix)
                body.append(UInt8(ascii: "."))
                body.append(json: line, name)
                body.append("\":\"")
                body.append(jsonOfParameter: line, value)
                body.append(UInt8(ascii: "\""))
            }
        }
        return redacted
    }

    /// Writes all values of a parameter of the element at the start of `range`, which has one of each for each rule: one as
    /// text, more as an array, a field of several values.
    private func redactedField(
        _ name: StaticString, _ line: RawSpan, _ range: Range<Int>, into body: inout BodyWriter
    ) {
        var reader = StructuredDataReader(line, range)
        var (count, first) = (0, 0..<0)
        _ = reader.next()
        while case .parameter(let parameter, let value)? = reader.next() {
            guard line.equals(name, parameter) else { continue }
            count += 1
            guard count > 1 else {
                first = value
                continue
            }
            if count == 2 {
                open(name, into: &body)
                body.append("[\"")
                body.append(jsonOfParameter: line, first)
            }
            body.append("\",\"")
            body.append(jsonOfParameter: line, value)
        }
        guard count > 0 else { return }
        if count == 1 {
            open(name, into: &body)
            body.append(UInt8(ascii: "\""))
            body.append(jsonOfParameter: line, first)
        }
        body.append(count == 1 ? "\"" : "\"]")
    }

    private func open(_ name: StaticString, into body: inout BodyWriter) {
        body.append(",\"redacted.")
        body.append(name)
        body.append("\":")
    }
}

extension RawSpan {
    /// Whether the SD-ID in `range` is `name`, `@` and more.
    fileprivate func isName(_ range: Range<Int>, _ name: StaticString) -> Bool {
        let length = name.utf8CodeUnitCount
        return range.count > length && byte(range.lowerBound + length) == UInt8(ascii: "@") && hasPrefix(name, range)
    }
}
