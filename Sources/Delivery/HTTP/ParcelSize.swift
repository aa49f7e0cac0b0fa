/// How much is sent at one go: begins in the middle, grows while all goes well, and is halved when the server finds it
/// too much.
struct ParcelSize: Equatable, Sendable {
    private let most: ParcelLimits
    private(set) var current: ParcelLimits

    /// Parts of the most that are gained with each success.
    private static let steps = 32
    private static let octetsLeast = 16 << 10

    init(_ most: ParcelLimits) {
        self.most = most
        current = ParcelLimits(records: max(1, most.records / 2), octets: max(1, most.octets / 2))
    }

    mutating func grow() {
        current.records = min(most.records, current.records + max(1, most.records / Self.steps))
        current.octets = min(most.octets, current.octets + max(1, most.octets / Self.steps))
    }

    mutating func halve() {
        current.records = max(1, current.records / 2)
        current.octets = max(min(most.octets, Self.octetsLeast), current.octets / 2)
    }
}
