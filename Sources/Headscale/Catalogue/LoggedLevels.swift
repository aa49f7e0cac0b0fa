/// At which levels something is logged, by version: `error 0.22-0.26, info 0.27-0.29` in a table. `-` stands for lines
/// without a level.
struct LoggedLevels: Sendable {
    struct Part: Sendable {
        /// Nil for a line without a level.
        let level: Level?
        let versions: [ClosedRange<HeadscaleVersion>]
    }

    /// By falling weight of the level.
    let parts: [Part]

    /// Reads `text`; nil if it is not of that form.
    init?(_ text: String) {
        var parts: [Part] = []
        for part in text.split(separator: ", ", omittingEmptySubsequences: false) {
            let words = part.split(separator: " ")
            guard words.count == 2, let versions = Self.versions(words[1]) else { return nil }
            if words[0] == "-" {
                parts.append(Part(level: nil, versions: versions))
            } else if let level = Level(named: words[0]) {
                parts.append(Part(level: level, versions: versions))
            } else {
                return nil
            }
        }
        self.parts = parts
    }

    /// All that any of `all` has.
    init(union all: [LoggedLevels]) {
        let parts = all.flatMap(\.parts)
        let levels: [Level?] = Level.allCases.reversed() + [nil]
        self.parts = levels.compactMap { level in
            let versions = parts.filter { $0.level == level }.flatMap(\.versions)
            return versions.isEmpty ? nil : Part(level: level, versions: Self.joined(versions))
        }
    }

    /// The same versions in as few ranges as there can be.
    private static func joined(_ ranges: [ClosedRange<HeadscaleVersion>]) -> [ClosedRange<HeadscaleVersion>] {
        var joined: [ClosedRange<HeadscaleVersion>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound.minor <= last.upperBound.minor + 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }

    /// Reads versions: `0.29`, `0.22-0.26`, several joined by `+`.
    static func versions(_ text: some StringProtocol) -> [ClosedRange<HeadscaleVersion>]? {
        var versions: [ClosedRange<HeadscaleVersion>] = []
        for range in text.split(separator: "+", omittingEmptySubsequences: false) {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let first = HeadscaleVersion(ends[0]),
                let last = HeadscaleVersion(ends[ends.count - 1]),
                first <= last
            else { return nil }
            versions.append(first...last)
        }
        return versions
    }

    /// The levels at which `version` logs it.
    func levels(in version: HeadscaleVersion) -> [Level?] {
        parts.filter { $0.versions.contains { $0.contains(version) } }.map(\.level)
    }
}

extension LoggedLevels: CustomStringConvertible {
    /// As in the table.
    var description: String {
        parts.map { part in
            let versions = part.versions.map {
                $0.lowerBound == $0.upperBound ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
            }
            let level = part.level.map { FixedText($0.name).string } ?? "-"
            return "\(level) \(versions.joined(separator: "+"))"
        }.joined(separator: ", ")
    }
}

extension Level {
    /// The level that is called `name`, in lower case.
    init?(named name: some StringProtocol) {
        guard let level = Level.allCases.first(where: { FixedText($0.name).string == name }) else { return nil }
        self = level
    }
}
