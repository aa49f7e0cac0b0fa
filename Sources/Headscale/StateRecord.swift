/// Something that Waxwing found out about Headscale by asking the server, where the server's log says nothing: a change
/// that the watcher saw, or a change in the server's health. It is sealed and forwarded like a record of the log:
///
///     <PRI>1 TIME HOST waxwing PID headscale [headscale@PEN event="…" outcome="…" category="…" service="…" …] text
///
/// A client that sends such an element gets it back as `x-headscale`.
public struct StateRecord: Sendable, Equatable {
    /// PRI's severity, 0 (emergency) to 7 (debug). The facility is 13, log audit.
    public let severity: Int
    /// What happened, as one of the names in the list of events: `node.renamed`.
    public let event: String
    /// Further parameters of the element, in their order, without escapes.
    public let parameters: [(name: String, value: String)]
    /// What a person reads.
    public let text: String

    public init(severity: Int, event: String, parameters: [(name: String, value: String)], text: String) {
        precondition((0...7).contains(severity))
        self.severity = severity
        self.event = event
        self.parameters = parameters
        self.text = text
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.severity == right.severity && left.event == right.event && left.text == right.text
            && left.parameters.elementsEqual(right.parameters) { $0 == $1 }
    }
}
