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
    private let frame: [UInt8]

    init(_ frame: [UInt8], originalLength: Int, _ explainer: inout Explainer) {
        self.frame = frame
        let bytes = unsafe frame.span.bytes
        message = Message.parse(bytes, at: explainer.now, zone: explainer.zone)
        (canonical, redactions) = explainer.canonicalLine(message, bytes, originalLength: originalLength)
    }

    /// The message and bytes the fields are shown from.
    private func shown<Result>(_ body: (Message, RawSpan) -> Result) -> Result {
        guard !redactions.isEmpty else { return unsafe body(message, frame.span.bytes) }
        let bytes = unsafe canonical.span.bytes
        return body(Message.parse(bytes, at: message.timestamp ?? Timestamp(seconds: 0)), bytes)
    }

    /// The object of `explain --json`.
    var json: String {
        var json = JSONText()
        json.object { json in
            json.add("parse", message.format.rawValue)
            json.array("problems") { json in for code in message.problems.codes { json.add(nil, code) } }
            json.add("facility", message.facility)
            json.add("severity", message.severity)
            if let version = message.version { json.add("version", version) } else { json.addNull("version") }
            json.addText("timestamp", timestamp)
            json.add("timestamp_source", message.timestampSource.rawValue)
            shown { message, bytes in
                json.addText("hostname", text(message.hostname, bytes))
                json.addText("app_name", text(message.appName, bytes))
                json.addText("proc_id", text(message.procID, bytes))
                json.addText("msg_id", text(message.msgID, bytes))
                addStructuredData(message, bytes, to: &json)
                addMessage(Array(bytes, message.message), to: &json)
            }
            json.array("redactions") { json in
                for redaction in redactions {
                    json.object { json in
                        json.add("rule", redaction.rule)
                        json.add("count", redaction.count)
                    }
                }
            }
            json.add("canonical", String(decoding: canonical, as: UTF8.self))
        }
        return json.text
    }

    /// The lines of `explain` for a person.
    var text: String {
        shown { message, bytes in
            let zone = message.timestampSource == .message ? "" : " (\(message.timestampSource.rawValue))"
            var lines = [
                ("parse", message.format.rawValue),
                ("problems", self.message.problems.codes.joined(separator: ", ")),
                ("priority", "facility \(self.message.facility), severity \(self.message.severity)"),
                ("timestamp", (timestamp ?? "-") + zone),
                ("hostname", self.text(message.hostname, bytes) ?? "-"),
                ("app-name", self.text(message.appName, bytes) ?? "-"),
                ("procid", self.text(message.procID, bytes) ?? "-"),
                ("msgid", self.text(message.msgID, bytes) ?? "-"),
                ("data", self.text(message.structuredData, bytes) ?? "-"),
                ("message", self.text(message.message, bytes) ?? ""),
            ]
            lines.append(("redacted", redactions.map { "\($0.rule) × \($0.count)" }.joined(separator: ", ")))
            lines.append(("canonical", String(decoding: canonical, as: UTF8.self)))
            lines[0].1 = self.message.format.rawValue
            return lines.filter { !$0.1.isEmpty }.map { name, value in
                "\(name)\(String(repeating: " ", count: 11 - name.count))\(value)\n"
            }.joined()
        }
    }

    private var timestamp: String? {
        guard message.timestamp != nil else { return nil }
        return String(
            decoding: ByteWriter.collect(capacity: 64) { writer in
                unsafe message.writeTimestamp(from: frame.span.bytes, into: &writer)
            }, as: UTF8.self)
    }

    private func text(_ range: Range<Int>?, _ bytes: RawSpan) -> String? {
        range.map { String(decoding: Array(bytes, $0), as: UTF8.self) }
    }

    private func addStructuredData(_ message: Message, _ bytes: RawSpan, to json: inout JSONText) {
        guard message.structuredData != nil else { return json.addNull("structured_data") }
        var elements: [(id: String, params: [(String, String)])] = []
        var reader = StructuredDataReader(bytes, message.structuredData)
        while let item = reader.next() {
            switch item {
            case .element(let id): elements.append((String(decoding: Array(bytes, id), as: UTF8.self), []))
            case .parameter(let name, let value):
                let value = StructuredDataReader.unescaped(bytes, value)
                elements[elements.count - 1].params.append(
                    (String(decoding: Array(bytes, name), as: UTF8.self), String(decoding: value, as: UTF8.self)))
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

    private func addMessage(_ bytes: [UInt8], to json: inout JSONText) {
        if let text = String(validating: bytes, as: UTF8.self) {
            json.add("message", text)
        } else {
            json.add("message_base64", Base64.encode(bytes))
        }
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
