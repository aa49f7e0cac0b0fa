public import Filter

/// How a destination over HTTP is reached, and its limits. Times are nanoseconds.
public struct HTTPDestinationOptions: Sendable {
    public var name: String
    /// The servers; at least one. They are asked in turn, and one that fails rests for a while.
    public var nodes: [HTTPNode]
    /// Which records are sent; nil for all.
    public var filter: RecordFilter?
    public var transport = HTTPTransport.Limits()
    public var limits = HTTPDeliveryMachine.Limits()
    /// How often the cursor is stored.
    public var cursorInterval: UInt64 = 1_000_000_000
    /// How long after a failure to read the ledger the next try is.
    var readInterval: UInt64 = 5_000_000_000
    /// How long the log does not repeat the same reason.
    var reportInterval: UInt64 = 60_000_000_000

    public init(name: String, nodes: [HTTPNode]) {
        self.name = name
        self.nodes = nodes
    }
}
