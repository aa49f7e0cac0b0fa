import Testing

/// The formats in which records come back, written as their producers write them.
enum Export: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case lines, windowsLines, octetCounted, octetCountedLines, raw, splunkResult, splunkEvent, nestedOriginal,
        dottedOriginal
    case document, dottedDocument, searchResponse, prettyResponse, array, csv

    var testDescription: String { rawValue }

    func encode(_ lines: [[UInt8]]) -> [UInt8] {
        switch self {
        case .lines: Array(lines.map { $0 + [0x0A] }.joined())
        case .windowsLines: Array(lines.map { $0 + [0x0D, 0x0A] }.joined())
        case .octetCounted: Array(lines.map { Array("\($0.count) ".utf8) + $0 }.joined())
        case .octetCountedLines: Array(lines.map { Array("\($0.count) ".utf8) + $0 + [0x0A] }.joined())
        case .raw: each(lines) { "{\"_time\":\"1\",\"_raw\":\($0),\"host\":\"h\"}\n" }
        case .splunkResult: each(lines) { "{\"preview\":false,\"offset\":0,\"result\":{\"_raw\":\($0)}}\n" }
        case .splunkEvent: each(lines) { "{\"time\":1.5,\"event\":\($0),\"fields\":{\"a\":[1,2,{}]}}\n" }
        case .nestedOriginal:
            each(lines) { "{\"@timestamp\":\"x\",\"event\":{\"kind\":\"event\",\"original\":\($0)}}\n" }
        case .dottedOriginal: each(lines) { "{\"event.original\":\($0),\"event.kind\":\"event\"}\n" }
        case .document: each(lines) { "{\"_index\":\"i\",\"_source\":{\"event\":{\"original\":\($0)},\"n\":null}}\n" }
        case .dottedDocument: each(lines) { "{\"_index\":\"i\",\"_source\":{\"event.original\":\($0)}}\n" }
        case .searchResponse:
            Self.response(
                lines.map { "{\"_index\":\"i\",\"_source\":{\"event\":{\"original\":\(Self.quoted($0))}}}" }, "", ",")
        case .prettyResponse:
            Self.response(
                lines.map {
                    "    {\n      \"_source\" : {\n        \"event.original\" : \(Self.quoted($0))\n      }\n    }"
                }, "\n",
                ",\n")
        case .array:
            Array("[\n".utf8) + each(lines, separator: ",\n") { "{\"_raw\": \($0)}" } + Array("\n]\n".utf8)
        case .csv:
            Array("\"_serial\",_time,host,\"_raw\",note\r\n".utf8)
                + Array(lines.enumerated().map { Self.csvRow($0, $1) }.joined())
        }
    }

    private func each(_ lines: [[UInt8]], separator: String = "", _ document: (String) -> String) -> [UInt8] {
        Array(lines.map { document(Self.quoted($0)) }.joined(separator: separator).utf8)
    }

    private static func response(_ hits: [String], _ lineEnd: String, _ separator: String) -> [UInt8] {
        Array(
            ("{\"took\":3,\"timed_out\":false,\(lineEnd)\"hits\":{"
                + "\"total\":{\"value\":\(hits.count)},\"max_score\":-1.5e3,"
                + "\(lineEnd)\"hits\":[\(lineEnd)" + hits.joined(separator: separator) + "\(lineEnd)]}}\n").utf8)
    }

    private static func csvRow(_ number: Int, _ line: [UInt8]) -> [UInt8] {
        let quoted = line.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] }
        return Array("\(number),\"2026-11-23\n06:15\",host,\"".utf8) + quoted + Array("\",\r\n".utf8)
    }

    /// A JSON string: some characters escaped that need not be, as many encoders do.
    static func quoted(_ line: [UInt8]) -> String {
        var quoted = "\""
        for scalar in String(decoding: line, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "/": quoted += "\\/"
            case "\t": quoted += "\\t"
            case "<", ">", "é": quoted += "\\u" + hex(UInt16(scalar.value))
            case _ where scalar.value > 0xFFFF:
                for unit in String(scalar).utf16 { quoted += "\\u" + hex(unit).uppercased() }
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func hex(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
