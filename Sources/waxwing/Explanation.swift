import Batch
import Redaction
import Syslog
import TransparencyLog
import Verify

/// What Waxwing makes of one frame: what the parser read, and the canonical line that would go into the ledger.
///
/// A secret is shown nowhere. Where redaction found one, the fields are those of the redacted line.
struct Explanation {
    let message: Message
    let redactions: [(rule: String, count: Int)]
    /// The canonical line without the identity element, which only the ledger gives.
    let canonical: [UInt8]
    /// What is wrong with the frame, in codes: the parser's, and `truncated` if the record has only its beginning.
    let problems: [String]
    private let frame: [UInt8]

    init(_ frame: [UInt8], originalLength: Int, _ explainer: inout Explainer) {
        self.frame = frame
        let bytes = unsafe frame.span.bytes
        message = Message.parse(bytes, at: explainer.now, zone: explainer.zone)
        let cutFrom: Int
        (canonical, cutFrom, redactions) = explainer.canonicalLine(message, bytes, originalLength: originalLength)
        problems = message.problems.codes + (cutFrom > 0 ? ["truncated"] : [])
    }

    /// The message and bytes the fields are shown from.
    private func shown<Result>(_ body: (Message, RawSpan) -> Result) -> Result {
        guard !redactions.isEmpty else { return unsafe body(message, frame.span.bytes) }
        let bytes = unsafe canonical.span.bytes
        return body(Message.parse(bytes, at: message.timestamp ?? Timestamp(seconds: 0)), bytes)
    }

    /// The sender's structured data in what is shown: without the elements that the relay has put behind it.
    private func structuredData(_ shown: Message, _ bytes: RawSpan) -> Range<Int>? {
        guard !redactions.isEmpty else { return shown.structuredData }
        guard let all = shown.structuredData, var left = elementCount else { return nil }
        var reader = StructuredDataReader(bytes, all)
        while let item = reader.next() {
            guard case .element(let id) = item else { continue }
            let isRelays = ["received@", "headscale@", "redacted@"].contains { text(id, bytes).hasPrefix($0) }
            if left == 0 || isRelays { return all.lowerBound..<id.lowerBound - 1 }
            left -= 1
        }
        return all
    }

    /// How many elements the sender wrote, nil for a NILVALUE.
    private var elementCount: Int? {
        guard message.structuredData != nil else { return nil }
        var reader = StructuredDataReader(unsafe frame.span.bytes, message.structuredData)
        var count = 0
        while let item = reader.next() {
            if case .element = item { count += 1 }
        }
        return count
    }

    // MARK: - For programs

    /// The object of `explain --json`.
    var json: String {
        var json = JSONText()
        json.object { json in
            json.add("parse", message.format.rawValue)
            json.array("problems") { json in for code in problems { json.add(nil, code) } }
            json.add("facility", message.facility)
            json.add("severity", message.severity)
            if let version = message.version { json.add("version", version) } else { json.addNull("version") }
            json.addText("timestamp", timestamp)
            json.add("timestamp_source", message.timestampSource.rawValue)
            shown { shown, bytes in
                json.addText("hostname", text(shown.hostname, bytes))
                json.addText("app_name", text(shown.appName, bytes))
                json.addText("proc_id", text(shown.procID, bytes))
                json.addText("msg_id", text(shown.msgID, bytes))
                addStructuredData(structuredData(shown, bytes), bytes, to: &json)
                addMessage(Array(bytes, shown.message), to: &json)
            }
            json.array("redactions") { json in
                for redaction in redactions {
                    json.object { json in
                        json.add("rule", redaction.rule)
                        json.add("count", redaction.count)
                    }
                }
            }
            addHeadscale(to: &json)
            json.add("canonical", String(decoding: canonical, as: UTF8.self))
        }
        return json.text
    }

    private func addStructuredData(_ range: Range<Int>?, _ bytes: RawSpan, to json: inout JSONText) {
        guard let range else { return json.addNull("structured_data") }
        var elements: [(id: String, params: [(String, String)])] = []
        var reader = StructuredDataReader(bytes, range)
        while let item = reader.next() {
            switch item {
            case .element(let id): elements.append((text(id, bytes), []))
            case .parameter(let name, let value):
                let value = StructuredDataReader.unescaped(bytes, value)
                elements[elements.count - 1].params.append((text(name, bytes), String(decoding: value, as: UTF8.self)))
            }
        }
        json.array("structured_data") { json in
            for element in elements {
                json.object { json in
                    json.add("id", element.id)
                    json.array("params") { json in
                        for (name, value) in element.params {
                            json.array(nil) { json in
                                json.add(nil, name)
                                json.add(nil, value)
                            }
                        }
                    }
                }
            }
        }
    }

    /// What the record tells of Headscale, by the names of its parameters; null for another program's record.
    private func addHeadscale(to json: inout JSONText) {
        let parameters = headscale
        guard !parameters.isEmpty else { return json.addNull("headscale") }
        json.object("headscale") { json in
            for (name, value) in parameters { json.add(name, value) }
        }
    }

    /// The parameters of the element `headscale` that recognition has written.
    private var headscale: [(name: String, value: String)] {
        let bytes = unsafe canonical.span.bytes
        let record = Message.parse(bytes, at: message.timestamp ?? Timestamp(seconds: 0))
        var reader = StructuredDataReader(bytes, record.structuredData)
        var parameters: [(name: String, value: String)] = []
        var isWanted = false
        while let item = reader.next() {
            switch item {
            case .element(let id): isWanted = text(id, bytes).hasPrefix("headscale@")
            case .parameter(let name, let value) where isWanted:
                let value = StructuredDataReader.unescaped(bytes, value)
                parameters.append((text(name, bytes), String(decoding: value, as: UTF8.self)))
            case .parameter: break
            }
        }
        return parameters
    }

    private func addMessage(_ bytes: [UInt8], to json: inout JSONText) {
        if let text = String(validating: bytes, as: UTF8.self) {
            json.add("message", text)
        } else {
            json.add("message_base64", Base64.encode(bytes))
        }
    }

    // MARK: - For people

    /// The lines of `explain` for a person.
    var text: String {
        let source = message.timestampSource == .message ? "" : " (\(message.timestampSource.rawValue))"
        let fields = shown { shown, bytes -> [(String, String)] in
            [
                ("parse", message.format.rawValue),
                ("problems", problems.joined(separator: ", ")),
                ("priority", "facility \(message.facility), severity \(message.severity)"),
                ("timestamp", "\(timestamp ?? "-")\(source)"),
                ("hostname", text(shown.hostname, bytes) ?? "-"),
                ("app-name", text(shown.appName, bytes) ?? "-"),
                ("procid", text(shown.procID, bytes) ?? "-"),
                ("msgid", text(shown.msgID, bytes) ?? "-"),
                ("data", text(structuredData(shown, bytes), bytes) ?? "-"),
                ("message", text(shown.message, bytes)),
                ("headscale", headscale.map { "\($0.name)=\($0.value)" }.joined(separator: "  ")),
                ("redacted", redactions.map { "\($0.rule) × \($0.count)" }.joined(separator: ", ")),
                ("canonical", String(decoding: canonical, as: UTF8.self)),
            ]
        }
        return fields.filter { !$0.1.isEmpty }.map { name, value in
            "\(name)\(String(repeating: " ", count: 11 - name.count))\(Self.harmless(value))\n"
        }.joined()
    }

    /// A sender's text with its control characters spelled out, so that it cannot give orders to the terminal.
    private static func harmless(_ text: String) -> String {
        var harmless = ""
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && scalar != "\t"
            harmless += isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return harmless
    }

    private var timestamp: String? {
        guard message.timestamp != nil else { return nil }
        return String(
            decoding: ByteWriter.collect(capacity: 64) { writer in
                unsafe message.writeTimestamp(from: frame.span.bytes, into: &writer)
            }, as: UTF8.self)
    }

    private func text(_ range: Range<Int>, _ bytes: RawSpan) -> String {
        String(decoding: Array(bytes, range), as: UTF8.self)
    }

    private func text(_ range: Range<Int>?, _ bytes: RawSpan) -> String? {
        range.map { text($0, bytes) }
    }
}

extension JSONText {
    /// A string, or null.
    mutating func addText(_ name: String, _ value: String?) {
        if let value { add(name, value) } else { addNull(name) }
    }
}

extension [UInt8] {
    /// The bytes in `range` of `span`.
    init(_ span: RawSpan, _ range: Range<Int>) {
        self = range.map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
}

extension ByteWriter {
    /// What `write` writes, at most `capacity` bytes.
    static func collect(capacity: Int, _ write: (inout ByteWriter) -> Void) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var writer = unsafe ByteWriter(unsafeOver: buffer.baseAddress!, capacity: capacity)
            write(&writer)
            count = writer.count
        }
    }
}
