/// What an event of Headscale's is in ECS: the contents of the arrays `event.category` and `event.type`, of which only
/// certain words may be members.
struct ECSWords: Sendable {
    var category: StaticString
    var type: StaticString

    init(_ category: StaticString, _ type: StaticString) {
        self.category = category
        self.type = type
    }

    /// The words for an event: its own, or those of its category; nil if ECS has none for either.
    static func find(_ line: RawSpan, event: Range<Int>?, category: Range<Int>?) -> ECSWords? {
        if let event, let words = events.find(line, event) { return words }
        return category.flatMap { categories.find(line, $0) }
    }

    /// Categories of Headscale's events. Others are left to `headscale.category`.
    static let categories = NameTable<ECSWords>([
        ("authentication", ECSWords(#""authentication""#, #""start""#)),
        ("authorization", ECSWords(#""iam""#, #""info""#)),
        ("administration", ECSWords(#""iam""#, #""admin","change""#)),
        ("registration", ECSWords(#""iam","host""#, #""info""#)),
        ("policy", ECSWords(#""configuration""#, #""change""#)),
        ("configuration", ECSWords(#""configuration""#, #""change""#)),
        ("session", ECSWords(#""session","network""#, #""info""#)),
        ("network", ECSWords(#""network""#, #""connection""#)),
        ("derp", ECSWords(#""network""#, #""connection""#)),
        ("dns", ECSWords(#""network""#, #""info""#)),
        ("http", ECSWords(#""web""#, #""access""#)),
        ("database", ECSWords(#""database""#, #""info""#)),
        ("internal", ECSWords(#""host""#, #""info""#)),
    ])

    private static let userCreation = ECSWords(#""iam""#, #""user","creation""#)
    private static let userChange = ECSWords(#""iam""#, #""user","change""#)
    private static let userDeletion = ECSWords(#""iam""#, #""user","deletion""#)
    private static let keyCreation = ECSWords(#""iam""#, #""admin","creation""#)
    private static let keyChange = ECSWords(#""iam""#, #""admin","change""#)
    private static let keyDeletion = ECSWords(#""iam""#, #""admin","deletion""#)
    private static let nodeCreation = ECSWords(#""iam","host""#, #""creation""#)
    private static let nodeChange = ECSWords(#""iam","host""#, #""change""#)
    private static let nodeDeletion = ECSWords(#""iam","host""#, #""deletion""#)

    private static let denial = ECSWords(#""api","iam""#, #""denied""#)

    /// Events whose category says less than they do.
    static let events = NameTable<ECSWords>([
        ("user.created", userCreation), ("api.user.create", userCreation),
        ("user.renamed", userChange), ("user.changed", userChange), ("api.user.rename", userChange),
        ("api.user.change", userChange),
        ("user.deleted", userDeletion), ("api.user.delete", userDeletion),
        ("key.created", keyCreation), ("api.key.create", keyCreation),
        ("key.expired", keyChange), ("key.changed", keyChange), ("api.key.expire", keyChange),
        ("key.revoked", keyDeletion), ("key.deleted", keyDeletion), ("api.key.delete", keyDeletion),
        ("node.registered", nodeCreation), ("api.node.register", nodeCreation),
        ("node.renamed", nodeChange), ("node.moved", nodeChange), ("node.tagged", nodeChange),
        ("node.expired", nodeChange), ("node.expiry.changed", nodeChange), ("node.key.changed", nodeChange),
        ("node.address.changed", nodeChange), ("node.changed", nodeChange), ("node.reauthenticated", nodeChange),
        ("route.announced", nodeChange), ("route.approved", nodeChange), ("route.withdrawn", nodeChange),
        ("api.node.rename", nodeChange), ("api.node.expire", nodeChange), ("api.node.tag", nodeChange),
        ("api.node.move", nodeChange), ("api.node.routes", nodeChange), ("api.node.change", nodeChange),
        ("node.deleted", nodeDeletion), ("api.node.delete", nodeDeletion),
        ("node.connected", ECSWords(#""session","network""#, #""start""#)),
        ("node.disconnected", ECSWords(#""session","network""#, #""end""#)),
        ("node.logout", ECSWords(#""session","network""#, #""end""#)),
        ("api.denied", denial), ("oidc.denied", denial), ("ssh.check.denied", denial), ("node.key.mismatch", denial),
        ("node.tags.denied", denial),
        ("headscale.started", ECSWords(#""host""#, #""start""#)),
        ("headscale.stopping", ECSWords(#""host""#, #""end""#)),
        ("headscale.stopped", ECSWords(#""host""#, #""end""#)),
        ("headscale.crashed", ECSWords(#""host""#, #""end","error""#)),
    ])
}
