/// The names of channels, made up when a channel is used first.
struct ChannelNames {
    private static let countLimit = 64
    /// Of the channels to a server that were left, so many may still be asked about.
    private static let leftLimit = 8
    private var names: [Route: String] = [:]

    /// Where a request on `route` goes.
    mutating func target(_ route: Route) -> HTTPTarget {
        if let name = names[route] { return HTTPTarget(node: route.node, channel: name) }
        if names.count >= Self.countLimit {
            names = names.filter { $0.key.node != route.node || $0.key.channel + Self.leftLimit > route.channel }
        }
        let name = RandomUUID.make()
        names[route] = name
        return HTTPTarget(node: route.node, channel: name)
    }
}
