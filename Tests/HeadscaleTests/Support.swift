import Batch
import OpenSSL
import Syslog
import Testing

@testable import Headscale

/// A recogniser as the relay has it, for one frame after the other.
struct Recognising: ~Copyable {
    private let encoder = CanonicalEncoder()
    private var recogniser: Recogniser
    private var batch = Batch()

    init(context: ContextTable = ContextTable()) {
        let bytes = [UInt8](repeating: 7, count: HMACKey.byteCount)
        let key = unsafe HMACKey(bytes.span.bytes)!
        recogniser = Recogniser(
            enterpriseNumber: 32473, pseudonym: try! Pseudonym(key),
            enrichment: Enrichment(context: context))
    }

    var statistics: RecognitionStatistics { recogniser.statistics }
    var accessLog: AccessLogTally { recogniser.accessLog }

    /// The line that `frame` becomes.
    mutating func line(_ frame: [UInt8]) -> String {
        batch.removeAll()
        append(frame)
        recogniser.recognise(&batch)
        return text(batch.bytes.extracting(batch[0].line))
    }

    /// The lines that frames in one batch become: all that is in the batch then.
    mutating func lines(_ frames: [String]) -> [String] {
        batch.removeAll()
        for frame in frames { append(Array(frame.utf8)) }
        recogniser.recognise(&batch)
        return text(batch.bytes).split(separator: "\n").map(String.init)
    }

    private func text(_ bytes: RawSpan) -> String {
        unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    private mutating func append(_ frame: [UInt8]) {
        let bytes = unsafe frame.span.bytes
        let message = Message.parse(bytes, at: Timestamp(seconds: 1_784_700_000))
        let source = Source(receivedAt: Timestamp(seconds: 1_784_700_000))
        batch.append { writer in
            encoder.encode(message, from: bytes, source: source, originalLength: 0, into: &writer)
        }
    }

    /// Whether `frame` is one that the watcher is to be told of.
    mutating func isHint(_ frame: String) -> Bool {
        _ = line(Array(frame.utf8))
        return recogniser.hints == [0]
    }

    /// The parameters of the element that `frame` gets, nil if it gets none.
    mutating func callAsFunction(_ frame: String) -> [String: String]? {
        headscaleParameters(line(Array(frame.utf8)))
    }

    /// The parameters of the element that a record of Headscale's gets with `text`.
    mutating func headscale(_ text: String) -> [String: String] {
        self("<30>1 2026-07-21T11:02:13Z vpn1 headscale 2207 - - \(text)") ?? [:]
    }
}

/// The parameters of the one element `headscale` in the structured data of `line`.
func headscaleParameters(_ line: String) -> [String: String]? {
    let bytes = Array(line.utf8)
    let span = unsafe bytes.span.bytes
    let record = Message.parse(span, at: Timestamp(seconds: 0))
    var reader = StructuredDataReader(span, record.structuredData)
    var found: [[String: String]] = []
    var isWanted = false
    while let item = reader.next() {
        switch item {
        case .element(let id):
            isWanted = String(decoding: bytes[id], as: UTF8.self) == "headscale@32473"
            if isWanted { found.append([:]) }
        case .parameter(let name, let value) where isWanted:
            let name = String(decoding: bytes[name], as: UTF8.self)
            #expect(found[found.count - 1][name] == nil, "\(name) occurs twice")
            found[found.count - 1][name] = String(
                decoding: StructuredDataReader.unescaped(span, value), as: UTF8.self)
        case .parameter: break
        }
    }
    #expect(found.count <= 1)
    return found.first
}
