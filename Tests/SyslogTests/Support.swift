import Syslog

/// The time of receipt that the tests assume unless they say otherwise: 2026-11-23T06:20:00Z.
let receivedAt = Timestamp(rfc3339: "2026-11-23T06:20:00Z")!

/// A message with the bytes it was parsed from, its parts as text.
struct Parsed {
    let bytes: [UInt8]
    let message: Message

    init(_ bytes: [UInt8], at time: Timestamp = receivedAt, zone: TimeZoneRule = .utc) {
        self.bytes = bytes
        message = Message.parse(unsafe bytes.span.bytes, at: time, zone: zone)
    }

    init(_ text: String, at time: Timestamp = receivedAt, zone: TimeZoneRule = .utc) {
        self.init(Array(text.utf8), at: time, zone: zone)
    }

    private func text(_ range: Range<Int>?) -> String? {
        range.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    var timestampText: String? { text(message.timestampText) }
    var hostname: String? { text(message.hostname) }
    var appName: String? { text(message.appName) }
    var procID: String? { text(message.procID) }
    var msgID: String? { text(message.msgID) }
    var structuredData: String? { text(message.structuredData) }
    var sequenceNumber: String? { text(message.sequenceNumber) }
    var text: String { text(message.message)! }
    var codes: [String] { message.problems.codes }

    /// The time as RFC 3339.
    var time: String? { message.timestamp.map(\.text) }

    /// Host, application, process and text with `|` between them, `-` for what is missing.
    var summary: String { [hostname ?? "-", appName ?? "-", procID ?? "-", text].joined(separator: "|") }

    /// The canonical line, `^` where the identity goes.
    func line(
        _ encoder: CanonicalEncoder = CanonicalEncoder(), address: String = "192.0.2.7", sender: String = "",
        trusted: Bool = false
    ) -> String {
        let source = Source(
            address: PeerAddress(address), sender: SenderText(sender), trustedRelay: trusted, receivedAt: receivedAt)
        let line = CanonicalLine(message, bytes, encoder, source, originalLength: 0)
        return String(decoding: line.head, as: UTF8.self) + "^" + String(decoding: line.tail, as: UTF8.self)
    }
}

extension Timestamp {
    /// The timestamp as RFC 3339.
    var text: String {
        written { self.write(into: &$0) }
    }
}

/// What `write` writes, as text.
func written(capacity: Int = 1024, _ write: (inout ByteWriter) -> Void) -> String {
    var bytes = [UInt8](repeating: 0, count: capacity)
    // The writer does not outlive the closure.
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        var out = unsafe ByteWriter(unsafeOver: buffer.baseAddress.unsafelyUnwrapped, capacity: buffer.count)
        write(&out)
        return out.overflowed ? -1 : out.count
    }
    return count < 0 ? "overflow" : String(decoding: bytes[..<count], as: UTF8.self)
}
