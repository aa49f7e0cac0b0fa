/// What a record gains from the node that it names or that has its address.
public struct ContextNode: Sendable, Equatable {
    public var id: UInt64
    /// The name that the administrator sees and DNS has.
    public var givenName: String
    public var addresses: [IPAddress]
    /// The user it belongs to; empty for one that belongs to its tags.
    public var user: String
    public var tags: [String]
    /// `authkey`, `cli` or `oidc`; nil if that is not known.
    public var registered: String?
    /// When its key expires, RFC 3339; nil for never.
    public var expiry: String?

    public init(
        id: UInt64, givenName: String, addresses: [IPAddress] = [], user: String = "", tags: [String] = [],
        registered: String? = nil, expiry: String? = nil
    ) {
        self.id = id
        self.givenName = givenName
        self.addresses = addresses
        self.user = user
        self.tags = tags
        self.registered = registered
        self.expiry = expiry
    }
}
