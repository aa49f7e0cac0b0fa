/// Reads the figures that are known by name out of Prometheus' text format (exposition format 0.0.4), in one pass over
/// the bytes. Whatever else there is, histograms included, is skipped.
struct PrometheusText {
    /// The longest line that is read, in octets; longer ones are skipped.
    static let lineLimit = 8_192

    private let line: ArraySlice<UInt8>
    private var at: Int

    /// The figures in `body`; nil if not one of its lines is a sample, so that it is something else.
    static func figures(_ body: some Collection<UInt8>) -> ServerFigures? {
        var rest = Array(body)[...]
        var figures = ServerFigures()
        var isText = false
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            guard line.count <= lineLimit, line.first != UInt8(ascii: "#") else { continue }
            var reader = PrometheusText(line)
            guard let sample = reader.sample() else { continue }
            isText = true
            guard let value = sample.value, value.isFinite else { continue }
            for series in sample.series where sample.matches(series) { figures.add(value, to: series.figure) }
        }
        return isText ? figures : nil
    }

    /// One line: which known series it is of, its labels as they are written, and its value.
    private struct Sample {
        let series: [ServerSeries]
        let labels: [(name: String, value: String)]
        let value: Double?

        func matches(_ series: ServerSeries) -> Bool {
            guard let wanted = series.label else { return true }
            return labels.contains { $0.name == wanted.name && $0.value.hasPrefix(wanted.prefix) }
        }
    }

    private init(_ line: ArraySlice<UInt8>) {
        self.line = line
        at = line.startIndex
    }

    private mutating func sample() -> Sample? {
        let name = word { $0.isNameByte }
        guard !name.isEmpty, let labels = labels() else { return nil }
        skipBlanks()
        let text = word { !$0.isBlankByte && $0 != 0x0D }
        let value = Double(text)
        guard value != nil || ["NaN", "+Inf", "-Inf"].contains(text) else { return nil }
        return Sample(series: ServerSeries.all[name] ?? [], labels: labels, value: value)
    }

    /// The labels between braces, if there are any; nil if they do not end.
    private mutating func labels() -> [(name: String, value: String)]? {
        skipBlanks()
        guard take(UInt8(ascii: "{")) else { return [] }
        var labels: [(name: String, value: String)] = []
        while true {
            skipBlanks()
            if take(UInt8(ascii: "}")) { return labels }
            let name = word { $0.isNameByte }
            skipBlanks()
            guard !name.isEmpty, take(UInt8(ascii: "=")) else { return nil }
            skipBlanks()
            guard take(UInt8(ascii: "\"")) else { return nil }
            let start = at
            while at < line.endIndex, line[at] != UInt8(ascii: "\"") { at += line[at] == UInt8(ascii: "\\") ? 2 : 1 }
            guard at < line.endIndex else { return nil }
            labels.append((name, String(decoding: line[start..<at], as: UTF8.self)))
            at += 1
            skipBlanks()
            _ = take(UInt8(ascii: ","))
        }
    }

    private mutating func word(_ isPart: (UInt8) -> Bool) -> String {
        let start = at
        while at < line.endIndex, isPart(line[at]) { at += 1 }
        return String(decoding: line[start..<at], as: UTF8.self)
    }

    private mutating func skipBlanks() {
        while at < line.endIndex, line[at].isBlankByte { at += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < line.endIndex, line[at] == byte else { return false }
        at += 1
        return true
    }
}

extension UInt8 {
    fileprivate var isBlankByte: Bool { self == 0x20 || self == 0x09 }

    /// A byte of the name of a series or a label.
    fileprivate var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
