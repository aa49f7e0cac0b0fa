/// What the catalogue knows about a message.
struct CatalogueEntry: BitwiseCopyable, Sendable {
    let meaning: Meaning
    /// The level it is logged at, the highest if there are several; nil for a line without a level.
    let level: Level?
    /// Whether its text is so common that it tells Headscale only under a tag of Headscale's.
    let isGeneric: Bool
    /// The first version that logs it.
    let firstVersion: HeadscaleVersion
    /// The version from which on another message states the same fact; nil if none does.
    let secondSince: HeadscaleVersion?

    /// Whether the message is the second one for a fact that another has stated already, in a Headscale of `version`.
    /// If the version is not known, it counts as the first one that logs the message.
    func isDuplicate(in version: HeadscaleVersion?) -> Bool {
        guard let secondSince else { return false }
        return (version ?? firstVersion) >= secondSince
    }
}
