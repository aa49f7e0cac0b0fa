/// What an event of Headscale's is in ECS: the contents of the arrays `event.category` and `event.type`, of which only
/// certain words may be members.
struct ECSWords: Sendable {
    var category: StaticString
    var type: StaticString
    /// Whether the user that is named is whom it was done to, and not who did it.
    var isOfTarget: Bool

    init(_ category: StaticString, _ type: StaticString, isOfTarget: Bool = false) {
        self.category = category
        self.type = type
        self.isOfTarget = isOfTarget
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

    private static let userCreation = ECSWords(#""iam""#, #""user","creation""#, isOfTarget: true)
    private static let userChange = ECSWords(#""iam""#, #""user","change""#, isOfTarget: true)
    private static let userDeletion = ECSWords(#""iam""#, #""user","deletion""#, isOfTarget: true)
    private static let keyCreation = ECSWords(#""iam""#, #""admin","creation""#, isOfTarget: true)
    private static let keyChange = ECSWords(#""iam""#, #""admin","change""#, isOfTarget: true)
    private static let keyDeletion = ECSWords(#""iam""#, #""admin","deletion""#, isOfTarget: true)
    private static let nodeCreation = ECSWords(#""iam","host""#, #""creation""#)
    private static let nodeChange = ECSWords(#""iam","host""#, #""change""#, isOfTarget: true)
    private static let nodeDeletion = ECSWords(#""iam","host""#, #""deletion""#, isOfTarget: true)

    /// The node itself did it, and its user is who it is.
    private static let nodeRenewal = ECSWords(#""iam","host""#, #""change""#)
    private static let configurationInfo = ECSWords(#""configuration""#, #""info""#)
    private static let hostError = ECSWords(#""host""#, #""error""#)
    private static let databaseError = ECSWords(#""database""#, #""error""#)

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
        ("node.expired", nodeChange), ("node.expiry.changed", nodeChange), ("node.key.changed", nodeRenewal),
        ("node.address.changed", nodeChange), ("node.changed", nodeChange), ("node.reauthenticated", nodeRenewal),
        ("route.announced", nodeRenewal), ("route.approved", nodeChange), ("route.withdrawn", nodeChange),
        ("api.node.rename", nodeChange), ("api.node.expire", nodeChange), ("api.node.tag", nodeChange),
        ("api.node.move", nodeChange), ("api.node.routes", nodeChange), ("api.node.change", nodeChange),
        ("node.deleted", nodeDeletion), ("api.node.delete", nodeDeletion),
        ("node.connected", ECSWords(#""session","network""#, #""start""#)),
        ("node.disconnected", ECSWords(#""session","network""#, #""end""#)),
        ("node.logout", ECSWords(#""session","network""#, #""end""#)),
        ("api.denied", denial), ("ssh.check.denied", denial), ("node.key.mismatch", denial),
        ("node.tags.denied", denial),
        ("headscale.started", ECSWords(#""host""#, #""start""#)),
        ("headscale.stopping", ECSWords(#""host""#, #""end""#)),
        ("headscale.stopped", ECSWords(#""host""#, #""end""#)),
        ("headscale.crashed", ECSWords(#""host""#, #""end","error""#)),
        ("headscale.error", hostError), ("headscale.start.failure", hostError), ("headscale.stop.failure", hostError),
        ("http.panic", ECSWords(#""web""#, #""error""#)),
        ("database.failure", databaseError), ("database.migration.failure", databaseError),
        ("headscale.listening", ECSWords(#""host""#, #""info""#)),
        ("config.warning", configurationInfo), ("config.dumped", configurationInfo),
        ("config.detail", configurationInfo), ("certificate.expiring", configurationInfo),
        ("certificate.expired", configurationInfo), ("certificate.failure", configurationInfo),
    ])
}
