public import Filter
public import NIOCore

extension StreamDestination {
    public struct Options: Sendable {
        public var name: String
        /// The collectors, the preferred one first; at least one.
        public var targets: [CollectorTarget]
        public var framing: RecordFraming = .octetCounting
        /// Which records are sent; nil for all.
        public var filter: RecordFilter?
        public var connectTimeout: TimeAmount = .seconds(10)
        public var handshakeTimeout: TimeAmount = .seconds(10)
        /// Bytes that are sent again after a connection has ended, since they may not have arrived.
        public var resend: Int = 8 << 20
        /// When the collector is taken to have read what its system has.
        var patience = TimeAmount.seconds(60)
        public var limits = ConnectionMachine.Limits()
        /// How often the limits are looked at and the cursor is stored.
        var tick = TimeAmount.milliseconds(250)

        public init(name: String, targets: [CollectorTarget]) {
            precondition(!targets.isEmpty)
            self.name = name
            self.targets = targets
        }
    }
}
