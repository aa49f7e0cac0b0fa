/// The difference of two texts in the form of `diff -u`, without its two lines of file names.
struct UnifiedDiff: Equatable {
    /// Octets of the text at most.
    static let limit = 8 << 10
    /// Lines, between the common beginning and the common end, that are compared with one another; of more, all old ones
    /// are gone and all new ones are added.
    static let comparedLines = 500
    /// Unchanged lines around changed ones.
    private static let context = 3

    /// The hunks, each line ended by LF, but for the last.
    private(set) var text = ""
    private(set) var added = 0
    private(set) var removed = 0
    /// Whether hunks, or a part of one, had to be left out.
    private(set) var isCut = false

    private enum Line {
        case kept(Substring)
        case removed(Substring)
        case added(Substring)

        var text: String {
            switch self {
            case .kept(let line): " \(line)"
            case .removed(let line): "-\(line)"
            case .added(let line): "+\(line)"
            }
        }

        var isKept: Bool {
            if case .kept = self { true } else { false }
        }

        var isInOld: Bool {
            if case .added = self { false } else { true }
        }

        var isInNew: Bool {
            if case .removed = self { false } else { true }
        }
    }

    init(from old: String, to new: String) {
        let lines = Self.compare(Self.lines(old), Self.lines(new))
        for line in lines where !line.isKept {
            if line.isInNew { added += 1 } else { removed += 1 }
        }
        var (oldLine, newLine, position) = (1, 1, 0)
        for hunk in Self.hunks(lines) {
            for line in lines[position..<hunk.lowerBound] {
                oldLine += line.isInOld ? 1 : 0
                newLine += line.isInNew ? 1 : 0
            }
            append(lines[hunk], oldLine, newLine)
            position = hunk.lowerBound
        }
    }

    private static func lines(_ text: String) -> [Substring] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func compare(_ old: [Substring], _ new: [Substring]) -> [Line] {
        let front = zip(old, new).prefix { $0 == $1 }.count
        let back = zip(old[front...].reversed(), new[front...].reversed()).prefix { $0 == $1 }.count
        let (oldMiddle, newMiddle) = (old[front..<old.count - back], new[front..<new.count - back])
        return old[..<front].map { .kept($0) } + compareMiddle(Array(oldMiddle), Array(newMiddle))
            + old[(old.count - back)...].map { .kept($0) }
    }

    private static func compareMiddle(_ old: [Substring], _ new: [Substring]) -> [Line] {
        guard max(old.count, new.count) <= comparedLines else {
            return old.map { .removed($0) } + new.map { .added($0) }
        }
        var (removals, insertions) = (Set<Int>(), Set<Int>())
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removals.insert(offset)
            case .insert(let offset, _, _): insertions.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removals.contains(left) {
                lines.append(.removed(old[left]))
                left += 1
            } else if insertions.contains(right) {
                lines.append(.added(new[right]))
                right += 1
            } else {
                lines.append(.kept(old[left]))
                left += 1
                right += 1
            }
        }
        return lines
    }

    /// The lines that changed, with those around them; what touches is one.
    private static func hunks(_ lines: [Line]) -> [Range<Int>] {
        var hunks: [Range<Int>] = []
        for (index, line) in lines.enumerated() where !line.isKept {
            let range = max(0, index - context)..<min(lines.count, index + context + 1)
            if let last = hunks.last, last.upperBound >= range.lowerBound {
                hunks[hunks.count - 1] = last.lowerBound..<range.upperBound
            } else {
                hunks.append(range)
            }
        }
        return hunks
    }

    private mutating func append(_ hunk: ArraySlice<Line>, _ oldLine: Int, _ newLine: Int) {
        let oldCount = hunk.count(where: \.isInOld)
        let newCount = hunk.count(where: \.isInNew)
        // Where there are no lines, the number is that of the line in front.
        let oldStart = oldCount == 0 ? oldLine - 1 : oldLine
        let newStart = newCount == 0 ? newLine - 1 : newLine
        appendLine("@@ -\(oldStart),\(oldCount) +\(newStart),\(newCount) @@")
        for line in hunk { appendLine(line.text) }
    }

    private mutating func appendLine(_ line: String) {
        guard !isCut, text.utf8.count + line.utf8.count + 1 <= Self.limit else {
            isCut = true
            return
        }
        if !text.isEmpty { text += "\n" }
        text += line
    }
}
