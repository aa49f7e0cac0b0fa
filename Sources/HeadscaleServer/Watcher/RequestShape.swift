/// Requests of Headscale's API that have a certain effect: a method and paths, in which `*` stands for one segment, and
/// for all the rest at the end.
struct RequestShape: Equatable {
    private let alternatives: [(method: String, path: [Substring])]

    /// Each alternative is written `POST /api/v1/user`.
    init(_ alternatives: String...) {
        self.alternatives = alternatives.map { text in
            let words = text.split(separator: " ", maxSplits: 1)
            return (String(words[0]), words[1].split(separator: "/"))
        }
    }

    /// Whether `method` and `path`, which may end in a query, are one of them.
    func fits(method: String, path: String) -> Bool {
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        return alternatives.contains { $0.method == method && Self.fits(segments, $0.path) }
    }

    private static func fits(_ segments: [Substring], _ pattern: [Substring]) -> Bool {
        let isOpen = pattern.last == "*"
        guard isOpen ? segments.count >= pattern.count : segments.count == pattern.count else { return false }
        return zip(segments, pattern).allSatisfy { $1 == "*" || $0 == $1 }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.alternatives.elementsEqual(right.alternatives) { $0 == $1 }
    }
}
