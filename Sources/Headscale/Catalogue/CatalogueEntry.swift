/// What the catalogue knows about a message.
struct CatalogueEntry: BitwiseCopyable, Sendable {
    let meaning: Meaning
    /// The level it is logged at, the highest if there are several; nil for a line without a level.
    let level: Level?
    /// Whether its text is so common that it tells Headscale only under a tag of Headscale's.
    let isGeneric: Bool
}
