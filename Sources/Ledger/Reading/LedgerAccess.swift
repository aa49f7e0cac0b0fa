/// What readers get of a running ledger: where it is durable, and readers of it. It cannot write.
public struct LedgerAccess: Sendable {
    public let layout: Layout
    public let horizon: Horizon
    private let losses: LossDeclarations
    let system: any FileSystem

    init(_ layout: Layout, _ horizon: Horizon, _ losses: LossDeclarations, _ system: any FileSystem) {
        self.layout = layout
        self.horizon = horizon
        self.losses = losses
        self.system = system
    }

    /// A reader that begins at `index`, or at the oldest record that is left when `index` is older. It calls `onLoss`
    /// when it comes to records that are lost or were deleted, and leaves them out. Throws `outOfRange` when `index` is beyond the
    /// horizon.
    public func makeReader(
        from index: UInt64, onLoss: @escaping (LostRecords) -> Void = { _ in }
    ) throws(LedgerError) -> LedgerReader {
        try LedgerReader(layout, system, horizon, from: index) { [losses] lost in
            if !lost.wereDeleted { losses.declare(lost) }
            onLoss(lost)
        }
    }
}
