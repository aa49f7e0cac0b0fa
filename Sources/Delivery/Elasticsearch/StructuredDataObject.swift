import Syslog

/// Writes STRUCTURED-DATA as `log.syslog.structured_data`: an object with an object of strings for each element.
///
/// A name that comes again would be JSON that Elasticsearch refuses, so the first counts; the elements' number is
/// bounded, so that a hostile record costs no more than others. `event.original` holds all of them in any case. The
/// identity is left out, what was redacted and what is known of a record of Headscale: they have fields of their own.
enum StructuredDataObject {
    /// Elements that are written, and parameters of each.
    static let elementLimit = 32
    static let parameterLimit = 64

    static func write(_ line: RawSpan, _ range: Range<Int>, into out: inout BodyWriter) {
        out.append(#","structured_data":{"#)
        var reader = StructuredDataReader(line, range)
        var elements = SeenNames<32>()
        var parameters = SeenNames<64>()
        var isOpen = false
        while let item = reader.next() {
            switch item {
            case .element(let id):
                if isOpen { out.append(UInt8(ascii: "}")) }
                let isFirst = elements.isEmpty
                isOpen = RelayElement(line, id).isShown && elements.add(id, line)
                guard isOpen else { continue }
                parameters.removeAll()
                write(name: id, line, isFirst: isFirst, into: &out)
                out.append(UInt8(ascii: "{"))
            case .parameter(let name, let value):
                let isFirst = parameters.isEmpty
                guard isOpen, parameters.add(name, line) else { continue }
                write(name: name, line, isFirst: isFirst, into: &out)
                out.append(UInt8(ascii: "\""))
                out.append(jsonOfParameter: line, value)
                out.append(UInt8(ascii: "\""))
            }
        }
        out.append(isOpen ? "}}" : "}")
    }

    private static func write(name: Range<Int>, _ line: RawSpan, isFirst: Bool, into out: inout BodyWriter) {
        out.append(isFirst ? "\"" : ",\"")
        out.append(json: line, name)
        out.append("\":")
    }
}

/// Names that were written into an object, at most `limit`.
private struct SeenNames<let limit: Int> {
    private var names = InlineArray<limit, ECSFields.Place>(repeating: ECSFields.Place())
    private var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func removeAll() { count = 0 }

    /// Adds a name, unless it is there already or there is no room for it.
    mutating func add(_ name: Range<Int>, _ line: RawSpan) -> Bool {
        guard count < limit else { return false }
        for index in 0..<count where line.equal(names[index].range, name) { return false }
        names[count] = ECSFields.Place(name)
        count += 1
        return true
    }
}
