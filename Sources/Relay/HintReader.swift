import Batch
import Headscale
import HeadscaleServer
import Syslog

/// Tells the watcher of records that may say who changed something. There are few of them, so they are read at leisure.
enum HintReader {
    /// Tells `hints` what record `index` of `batch` says.
    static func note(_ batch: borrowing Batch, _ index: Int, _ hints: WatcherHints) {
        let bytes = batch.bytes.extracting(batch[index].line)
        let record = Message.parse(bytes, at: Timestamp(seconds: 0))
        let host = record.hostname.map { text(bytes, $0) } ?? ""
        let told = parameters(bytes, record)
        let stamp = told["time"].flatMap { Timestamp(rfc3339: $0) } ?? record.timestamp
        guard let stamp else { return }
        let time = stamp.seconds * 1000 + Int64(stamp.microseconds) / 1000
        if let method = told["method"], let path = told["path"], let status = told["status"].flatMap({ Int($0) }) {
            hints.note(request: method, path: path, status: status, from: told["ip"] ?? "", host: host, time: time)
        } else if let application = record.appName {
            hints.note(
                application: text(bytes, application), message: text(bytes, record.message), host: host, time: time)
        }
    }

    /// The parameters that recognition has written.
    private static func parameters(_ bytes: RawSpan, _ record: Message) -> [String: String] {
        var reader = StructuredDataReader(bytes, record.structuredData)
        var parameters: [String: String] = [:]
        var isWanted = false
        while let item = reader.next() {
            switch item {
            case .element(let id): isWanted = text(bytes, id).hasPrefix("headscale@")
            case .parameter(let name, let value) where isWanted:
                let value = StructuredDataReader.unescaped(bytes, value)
                parameters[text(bytes, name)] = String(decoding: value, as: UTF8.self)
            case .parameter: break
            }
        }
        return parameters
    }

    private static func text(_ bytes: RawSpan, _ range: Range<Int>) -> String {
        unsafe bytes.extracting(range).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

/// Tells the watcher which host Headscale runs on, when it is another one than before.
struct HostReader {
    private var last: [UInt8] = []

    /// Tells `hints` where record `index` of `batch`, which is one of Headscale's, comes from.
    mutating func note(_ batch: borrowing Batch, _ index: Int, _ hints: WatcherHints) {
        let places = batch[index].places
        guard places.hostname < places.appName else { return }
        let host = batch.bytes.extracting(batch[index].line).extracting(Int(places.hostname)..<Int(places.appName) - 1)
        let isKnown = unsafe host.withUnsafeBytes { unsafe $0.elementsEqual(last) }
        guard !isKnown else { return }
        last = unsafe host.withUnsafeBytes { unsafe Array($0) }
        hints.note(headscaleOn: String(decoding: last, as: UTF8.self))
    }
}
