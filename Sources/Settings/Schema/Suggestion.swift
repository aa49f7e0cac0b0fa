/// Guesses what a misspelt name was meant to be.
enum Suggestion {
    /// Names longer than this are not compared.
    static let lengthLimit = 64

    /// The candidate closest to `name`, if it is close: one edit for every three characters, at least one. If there is
    /// none, one whose beginning is that close to a name of three characters or more.
    /// The first of several equally close ones.
    static func closest(to name: String, among candidates: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8)
        guard !wanted.isEmpty, wanted.count <= lengthLimit else { return nil }
        let limit = max(1, wanted.count / 3)
        let rows = candidates.map { distances(wanted, Array($0.utf8)) }
        func nearest(_ measure: (ArraySlice<Int>) -> Int?) -> String? {
            let near = zip(candidates, rows).compactMap { name, row in measure(row[...]).map { (name, $0) } }
            return near.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
        }
        if let name = nearest({ $0.last }) { return name }
        return wanted.count < 3 ? nil : nearest { $0.dropFirst(wanted.count).min() }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours between `first` and each beginning of `second`,
    /// from the empty one to all of it (optimal string alignment).
    static func distances(_ first: [UInt8], _ second: [UInt8]) -> [Int] {
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                let substitution = last[column] + (first[row] == second[column] ? 0 : 1)
                var best = min(substitution, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last
    }
}
