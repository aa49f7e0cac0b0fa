public import NIOCore

/// Several destinations that are one in the configuration, each with a cursor of its own.
public final class DestinationGroup: Destination {
    private let members: [any Destination]
    private let eventLoop: any EventLoop

    public init(_ members: [any Destination], on eventLoop: any EventLoop) {
        self.members = members
        self.eventLoop = eventLoop
    }

    public func start() {
        for member in members { member.start() }
    }

    public func stop() -> EventLoopFuture<Void> {
        .andAllComplete(members.map { $0.stop() }, on: eventLoop)
    }

    public func abandon() {
        for member in members { member.abandon() }
    }
}
