/// A radix tree over the beginnings of templates: their text up to the first wildcard.
///
/// It is walked from its root along a text, a comparison of eight bytes at a time. Each node that is reached may be the
/// end of a template without a wildcard, and of the beginnings of several with one.
struct LiteralTree: Sendable {
    /// A node and the text on the edge that leads to it.
    struct Node: BitwiseCopyable {
        var labelStart: UInt32 = 0
        var labelCount: UInt16 = 0
        /// Children stand in a row, in the order of their first bytes.
        var firstChild: UInt16 = 0
        var childCount: UInt8 = 0
        /// Templates with a wildcard whose beginning ends here: those in `open` from `firstOpen` on.
        var openCount: UInt8 = 0
        var firstOpen: UInt16 = 0
        /// The template without a wildcard that ends here, or `none`.
        var exact: UInt16 = LiteralTree.none
    }

    static let none = UInt16.max

    private(set) var nodes: [Node] = [Node()]
    private(set) var open: [UInt16] = []
    /// The text on the edges, and the first byte of each node's.
    private var labels: [UInt8] = []
    private var initials: [UInt8] = [0]
    /// The root's first child with this first byte or a greater one.
    private var rootChildren: [UInt16] = []

    /// Builds the tree of `templates`, whose numbers are their places. Of two without a wildcard that are the same text
    /// the first counts.
    init(_ templates: [MessageTemplate]) {
        let sorted = templates.indices.sorted {
            let (left, right) = (templates[$0].parts[0], templates[$1].parts[0])
            return left == right ? $0 < $1 : left.lexicographicallyPrecedes(right)
        }
        fill(0, sorted[...], depth: 0, templates)
        let children = 1..<1 + Int(nodes[0].childCount)
        rootChildren = (0...255).map { initial in
            UInt16(children.first { initials[$0] >= initial } ?? children.upperBound)
        }
    }

    /// Makes `node`, at which the first `depth` bytes are spent, the root of what is in `numbers`.
    private mutating func fill(_ node: Int, _ numbers: ArraySlice<Int>, depth: Int, _ templates: [MessageTemplate]) {
        let ending = numbers.prefix { templates[$0].parts[0].count == depth }
        nodes[node].firstOpen = UInt16(open.count)
        for number in ending {
            if !templates[number].isExact {
                open.append(UInt16(number))
                nodes[node].openCount += 1
            } else if nodes[node].exact == Self.none {
                nodes[node].exact = UInt16(number)
            }
        }
        let branches = Self.branches(numbers.dropFirst(ending.count), depth, templates)
        let first = nodes.count
        nodes[node].firstChild = UInt16(first)
        nodes[node].childCount = UInt8(branches.count)
        for branch in branches {
            let label = Self.label(branch, depth, templates)
            nodes.append(Node(labelStart: UInt32(labels.count), labelCount: UInt16(label.count)))
            initials.append(label[label.startIndex])
            labels.append(contentsOf: label)
        }
        for (offset, branch) in branches.enumerated() {
            fill(first + offset, branch, depth: depth + Int(nodes[first + offset].labelCount), templates)
        }
    }

    /// `numbers`, which are sorted by their text, by the byte that follows the first `depth`.
    private static func branches(
        _ numbers: ArraySlice<Int>, _ depth: Int, _ templates: [MessageTemplate]
    ) -> [ArraySlice<Int>] {
        var branches: [ArraySlice<Int>] = []
        var rest = numbers
        while let first = rest.first {
            let branch = rest.prefix { templates[$0].parts[0][depth] == templates[first].parts[0][depth] }
            branches.append(branch)
            rest = rest.dropFirst(branch.count)
        }
        return branches
    }

    /// What all of `branch` have in common behind the first `depth` bytes: as its ends are sorted, what those two have.
    private static func label(
        _ branch: ArraySlice<Int>, _ depth: Int, _ templates: [MessageTemplate]
    ) -> ArraySlice<UInt8> {
        let first = templates[branch[branch.startIndex]].parts[0]
        let last = templates[branch[branch.endIndex - 1]].parts[0]
        var end = depth
        while end < first.count, end < last.count, first[end] == last[end] { end += 1 }
        return first[depth..<end]
    }

    /// The number of the node to which the text leads on from `node` at `at`, and where it has got to; nil if it leads
    /// nowhere.
    @inline(__always)
    func step(_ node: Node, _ text: RawSpan, _ at: Int, _ end: Int) -> (node: Int, at: Int)? {
        guard at < end else { return nil }
        let initial = text.byte(at).lowercased
        var child = Int(node.firstChild)
        let last = child + Int(node.childCount)
        // Most nodes have few children; the root has one for each letter.
        if child == 1 { child = Int(rootChildren[Int(initial)]) }
        while child < last, initials[child] < initial { child += 1 }
        guard child < last, initials[child] == initial else { return nil }
        let next = nodes[child]
        let count = Int(next.labelCount)
        guard count <= end - at,
            unsafe text.equalsLowercase(at, labels.span.bytes, Int(next.labelStart), count: count)
        else { return nil }
        return (child, at + count)
    }
}
