/// A way to learn what a Headscale knows. Reading waits for disk or network, on the thread that asks.
protocol StateSource: Sendable {
    /// What is read and how, as ``KeptSnapshot/source`` has it: `api https://…`, `sqlite /var/…`, `file /etc/…`.
    var name: String { get }

    /// The whole state, or the reason why it cannot be had: there is no half of it.
    func read() throws(ServerError) -> Snapshot

    /// Gives back what the source holds, from any thread; a reading that is under way fails, and so does every later one.
    func close()
}

extension StateSource {
    func close() {}
}

/// The limits of all sources.
enum SourceLimits {
    /// Octets of an answer, or of a file.
    static let octets = 64 << 20
    /// Elements of a list.
    static let elements = 200_000
    /// Seconds in which one reading of many requests has to end.
    static let readingTime: UInt64 = 300
    /// Octets of the policy.
    static let policyOctets = 4 << 20

    static var tooMany: ServerError {
        ServerError("there are more than \(elements) users, nodes or keys, which is the limit")
    }

    static func check(_ snapshot: Snapshot) throws(ServerError) {
        let counts = [snapshot.users.count, snapshot.nodes.count] + snapshot.keys.values.map(\.count)
        guard counts.allSatisfy({ $0 <= elements }) else { throw tooMany }
        guard (snapshot.policy?.text.utf8.count ?? 0) <= policyOctets else {
            throw ServerError("the policy is larger than \(policyOctets) octets, which is the limit")
        }
    }
}

extension Snapshot {
    /// Gives nodes and keys the names of the users whose ids they have.
    mutating func nameUsers() {
        let names = Dictionary(users.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        for index in nodes.indices where nodes[index].user.isEmpty {
            nodes[index].user = nodes[index].userID.flatMap { names[$0] } ?? ""
        }
    }
}

extension Snapshot.Key {
    /// The public part of a key: `hskey-auth-ABCDEFGHIJKL-***` and what else Headscale makes of it become `ABCDEFGHIJKL`.
    /// Nil for text that has no public part, as the old pre-auth keys: it would be the secret itself.
    static func publicPart(_ text: String, _ kind: Kind) -> String? {
        let marks = ["hskey-auth-", "hskey-api-", "hskey-client-"]
        if let mark = marks.first(where: text.hasPrefix) {
            let part = text.dropFirst(mark.utf8.count).prefix(12)
            return part.utf8.count == 12 ? String(part) : nil
        }
        guard kind != .preAuth else { return nil }
        let part = text.prefix { $0 != "." && $0 != "*" }
        return part.isEmpty || part.utf8.count > 24 ? nil : String(part)
    }
}
