/// What readers get of a running ledger: where it is durable, and readers of it. It cannot write.
public struct LedgerAccess: Sendable {
    public let layout: Layout
    public let horizon: Horizon
    let system: any FileSystem

    init(_ layout: Layout, _ horizon: Horizon, _ system: any FileSystem) {
        self.layout = layout
        self.horizon = horizon
        self.system = system
    }

    /// A reader that begins at `index`, or at the oldest record that is left when `index` is older. It calls `onLoss`
    /// when it comes to records that are lost, and leaves them out. Throws `outOfRange` when `index` is beyond the
    /// horizon.
    public func makeReader(
        from index: UInt64, onLoss: @escaping (LostRecords) -> Void = { _ in }
    ) throws(LedgerError) -> LedgerReader {
        try LedgerReader(layout, system, horizon, from: index, onLoss: onLoss)
    }
}
