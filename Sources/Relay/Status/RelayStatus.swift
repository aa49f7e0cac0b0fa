/// How a relay is, at one time: the ledger, the listeners, the destinations and the Headscale behind them, in numbers.
struct RelayStatus {
    struct Ledger {
        var origin: String
        /// Index behind the newest durable record, and behind the newest seal.
        var durableIndex: UInt64
        var sealedIndex: UInt64
        /// Octets of its folder.
        var octets: UInt64
        /// How often old records could not be deleted or compressed.
        var keepingFailures: UInt64 = 0
        /// Octets that wait in front of it, and how many may.
        var queueOctets: Int
        var queueLimit: Int
        /// Why no records are taken at present; nil while they are.
        var hindrance: String?
    }

    struct Listener {
        var name: String
        var received: UInt64
        /// Records and datagrams that were lost: the queue was full, or the kernel's buffer.
        var dropped: UInt64
        var connections: Int
    }

    struct Destination {
        struct Failure {
            var reason: String
            /// Seconds since 1970.
            var time: UInt64
        }

        var name: String
        /// `connected`, `waiting`, or `halted` when somebody has to change something.
        var state: String
        /// What is durable and not acknowledged: records, octets of the ledger, and milliseconds since the oldest one
        /// became durable.
        var lagRecords: UInt64
        var lagOctets: UInt64
        var lagMilliseconds: UInt64
        /// Records sent in a second, over the last minute.
        var rate: UInt64
        /// Index of the first record that is not acknowledged.
        var confirmedIndex: UInt64
        var retries: UInt64
        /// Seconds since 1970 of the last acknowledgement, nil before the first.
        var acknowledged: UInt64?
        var rejected: UInt64
        var filtered: UInt64
        var skipped: UInt64
        var failure: Failure?
    }

    /// The Headscale server that the records are of.
    struct Headscale {
        /// What it says of itself, where `headscale.health` is configured; nil for what is not known.
        struct Server {
            var isUp: Bool?
            var isWell: Bool?
            /// Whether it is up and has not logged for far longer than usual.
            var isSilent: Bool?
            /// When its certificate ends, in seconds since 1970.
            var certificateEnd: Int64?
        }

        /// Its nodes, where the configuration says from where they are read.
        struct State {
            var nodes: UInt64
            /// Seconds since they were read, nil before the first time.
            var age: UInt64?
            /// Times they could not be read.
            var failures: UInt64
        }

        /// Its records, and those of them whose message the catalogue does not have.
        var records: UInt64
        var unmatched: UInt64
        /// Seconds since the last of them, nil before the first.
        var silence: UInt64?
        var server: Server?
        var state: State?
    }

    var version: String
    /// Seconds since 1970.
    var time: UInt64
    /// Seconds since the start.
    var uptime: UInt64
    var ledger: Ledger
    var listeners: [Listener]
    var destinations: [Destination]
    /// Nil if the configuration names none and it has not sent anything.
    var headscale: Headscale?
}
