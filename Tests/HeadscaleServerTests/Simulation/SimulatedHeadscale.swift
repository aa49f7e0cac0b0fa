import Headscale
import Synchronization
import TestSupport

@testable import HeadscaleServer

/// A Headscale of the tests' own: state that a script changes as somebody on its command line would, without a line of
/// log, and that is shown as an API or a database of some version.
final class SimulatedHeadscale: Sendable {
    enum Version: String, Sendable, CaseIterable {
        case v22 = "0.22"
        case v26 = "0.26"
        case v28 = "0.28"
        case v29 = "0.29"
        case v30 = "0.30"

        /// Whether keys have a public part, and nodes that have tags no user.
        var isSince28: Bool { self == .v28 || self == .v29 || self == .v30 }
    }

    let version: Version
    private let state: Mutex<Snapshot>

    init(_ version: Version) {
        self.version = version
        state = Mutex(.simulated(version))
    }

    var snapshot: Snapshot { state.withLock { $0 } }

    func change(_ body: (inout Snapshot) -> Void) { state.withLock { body(&$0) } }
}

extension Snapshot {
    /// What a simulated Headscale starts with.
    static func simulated(_ version: SimulatedHeadscale.Version) -> Snapshot {
        var snapshot = Snapshot.example
        snapshot.users.append(User(id: 3, name: "carol"))
        for id in 3...12 as ClosedRange<UInt64> {
            snapshot.nodes.append(.example(id, "node\(id)", user: 1 + id % 3, ["alice", "bob", "carol"][Int(id % 3)]))
        }
        for id in 2...8 as ClosedRange<UInt64> {
            for kind in [Key.Kind.preAuth, .api] { snapshot.keys[kind]?.append(.simulated(id, kind)) }
        }
        if version == .v30 { snapshot.keys[.oauth] = [.simulated(1, .oauth), .simulated(2, .oauth)] }
        return snapshot
    }
}

extension Snapshot.Key {
    static func simulated(_ id: UInt64, _ kind: Kind) -> Self {
        var key = Self(id: id)
        let digits = "\(id)"
        key.prefix = String(repeating: kind == .api ? "P" : "Q", count: 12 - digits.count) + digits
        key.user = kind == .preAuth ? "bob" : ""
        key.expiry.at = kind == .oauth ? nil : 4_000_000_000
        return key
    }
}
