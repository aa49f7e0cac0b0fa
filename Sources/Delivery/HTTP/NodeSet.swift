/// The servers of a destination: which is asked next, and how long one that failed is left alone.
struct NodeSet: Sendable {
    struct Node: Sendable {
        /// Failures since the last success.
        var failures = 0
        var restsUntil: UInt64 = 0
        var underWay = 0
        /// Whether it has answered well since the start or its last failure. Until then it gets one request at a time:
        /// a server that comes back is not stormed, and a load balancer has set its cookie before a second one follows.
        var isProven = false
    }

    private let backoffFirst: UInt64
    private let backoffMost: UInt64
    private(set) var nodes: [Node]
    private var last = 0

    /// Back-off in nanoseconds: the first, doubled up to the most.
    init(count: Int, backoffFirst: UInt64, backoffMost: UInt64) {
        precondition(count > 0)
        nodes = Array(repeating: Node(), count: count)
        self.backoffFirst = backoffFirst
        self.backoffMost = backoffMost
        last = count - 1
    }

    var underWay: Int { nodes.reduce(0) { $0 + $1.underWay } }

    /// The fewest failures in a row that any of them has.
    var failuresLeast: Int { nodes.reduce(.max) { min($0, $1.failures) } }

    /// When the next of those that rest may be asked again; nil if none rests.
    func nextEnd(after now: UInt64) -> UInt64? { nodes.map(\.restsUntil).filter { $0 > now }.min() }

    /// Takes the next node in turn that may be asked now, nil if there is none.
    mutating func take(at now: UInt64) -> Int? {
        for step in 1...nodes.count {
            let candidate = (last + step) % nodes.count
            let node = nodes[candidate]
            guard node.restsUntil <= now, node.isProven || node.underWay == 0 else { continue }
            nodes[candidate].underWay += 1
            last = candidate
            return candidate
        }
        return nil
    }

    /// Notes that a request has ended, whatever its end.
    mutating func release(_ node: Int) { nodes[node].underWay -= 1 }

    mutating func noteSuccess(_ node: Int) {
        nodes[node].failures = 0
        nodes[node].isProven = true
    }

    /// Leaves `node` alone for `wish` nanoseconds, or a time that doubles with each failure in a row; `jitter`, a
    /// random number, adds up to half of it. A failure that comes while the node rests already was under way
    /// with the one before, and counts as the same.
    mutating func noteFailure(_ node: Int, at now: UInt64, wish: UInt64?, jitter: UInt64) {
        nodes[node].isProven = false
        let delay = wish ?? delay(afterFailures: nodes[node].failures, jitter: jitter)
        guard nodes[node].restsUntil <= now else {
            if let wish { nodes[node].restsUntil = max(nodes[node].restsUntil, now + wish) }
            return
        }
        nodes[node].failures += 1
        nodes[node].restsUntil = now + delay
    }

    /// The time to wait after so many failures before.
    func delay(afterFailures failures: Int, jitter: UInt64) -> UInt64 {
        let delay = min(backoffMost, backoffFirst << UInt64(min(failures, 20)))
        return delay + jitter % (delay / 2 + 1)
    }
}
