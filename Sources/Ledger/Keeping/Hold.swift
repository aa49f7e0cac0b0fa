import Seal

/// A legal hold: records that are not deleted, whatever the configuration says, until the hold is released.
public struct Hold: Equatable, Sendable {
    /// What identifies it: the name of its file.
    public let name: String
    /// The indexes that are held; nil if it goes by time alone.
    public var indexes: ClosedRange<UInt64>?
    /// The times, milliseconds since 1970, at which the records that are held were written; nil if it goes by index.
    public var times: ClosedRange<UInt64>?
    /// Why, in one line; may be empty.
    public var reason: String
    /// When it was added, milliseconds since 1970.
    public var addedAt: UInt64

    /// Characters of a name, and of a reason, at most.
    public static let nameLimit = 64
    public static let reasonLimit = 200

    public init(
        name: String, indexes: ClosedRange<UInt64>? = nil, times: ClosedRange<UInt64>? = nil, reason: String = "",
        addedAt: UInt64
    ) {
        self.name = name
        self.indexes = indexes
        self.times = times
        self.reason = reason
        self.addedAt = addedAt
    }

    /// Whether it may be the name of a hold: letters, digits, `-`, `_` and dots that are not in front.
    public static func isName(_ name: String) -> Bool {
        (1...nameLimit).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-_.".utf8.contains(byte)
            }
    }

    /// Whether it may be a reason: printable, and not too long.
    public static func isReason(_ reason: String) -> Bool {
        reason.utf8.count <= reasonLimit && reason.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    /// Whether it holds one of the records in `indexes`, which were written at `times`.
    func holds(_ indexes: Range<UInt64>, writtenAt times: ClosedRange<UInt64>) -> Bool {
        (self.indexes.map { $0.overlaps(indexes) } ?? true) && (self.times.map { $0.overlaps(times) } ?? true)
    }

    /// The records that it holds, in words.
    public var extent: String {
        var parts: [String] = []
        if let indexes { parts.append("records \(indexes.lowerBound)..\(Self.end(indexes.upperBound))") }
        if let times {
            let end = times.upperBound == .max ? "" : Self.time(times.upperBound)
            parts.append("written \(Self.time(times.lowerBound))..\(end)")
        }
        return parts.isEmpty ? "all records" : parts.joined(separator: ", ")
    }

    // MARK: - Lines

    /// The lines of its file.
    var lines: [String] {
        var lines = ["added \(addedAt)"]
        if let indexes { lines.append("indexes \(indexes.lowerBound) \(indexes.upperBound)") }
        if let times { lines.append("times \(times.lowerBound) \(times.upperBound)") }
        if !reason.isEmpty { lines.append("reason \(reason)") }
        return lines
    }

    /// Reads the lines of a file. What is not understood holds everything: a hold that is damaged must not let go.
    init(name: String, lines: [[String]]) {
        self.init(name: name, addedAt: 0)
        var isUnderstood = !lines.isEmpty
        for words in lines {
            let numbers = words.dropFirst().compactMap { UInt64($0) }
            switch (words.first, numbers.count) {
            case ("added", 1): addedAt = numbers[0]
            case ("indexes", 2) where numbers[0] <= numbers[1]: indexes = numbers[0]...numbers[1]
            case ("times", 2) where numbers[0] <= numbers[1]: times = numbers[0]...numbers[1]
            case ("reason", _):
                let text = words.dropFirst().joined(separator: " ")
                if Self.isReason(text) { reason = text }
            default: isUnderstood = false
            }
        }
        if !isUnderstood { (indexes, times) = (nil, nil) }
    }

    // MARK: - What is sealed about it

    enum Event: String, Sendable {
        case added, released
    }

    func record(_ event: Event) -> RelayRecord {
        var parameters = [(name: "name", value: name), (name: "event", value: event.rawValue)]
        if let indexes {
            parameters += [("from", "\(indexes.lowerBound)"), ("to", Self.end(indexes.upperBound))]
        }
        if let times {
            let until = times.upperBound == .max ? "" : Self.time(times.upperBound)
            parameters += [("since", Self.time(times.lowerBound)), ("until", until)]
        }
        if !reason.isEmpty { parameters.append(("reason", reason)) }
        return RelayRecord(
            priority: .notice, identifier: "HOLD", element: "hold", parameters: parameters,
            text: "hold \(name) \(event.rawValue): \(extent)")
    }

    private static func end(_ index: UInt64) -> String { index == .max ? "" : "\(index)" }
    private static func time(_ milliseconds: UInt64) -> String {
        SealTime(clamping: Int64(clamping: milliseconds)).description
    }
}
