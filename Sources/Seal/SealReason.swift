/// Why a batch was closed: the `why` of a seal.
public enum SealReason: String, Hashable, Sendable, CaseIterable {
    /// It had as many records as a batch may have.
    case count
    /// It had as many bytes as a batch may have.
    case bytes
    /// Its first record had waited as long as a record may.
    case age
    /// Nothing had come for so long that silence is worth saying.
    case idle
    /// The file it is stored in was closed.
    case rotate
    /// The configuration was loaded again.
    case reload
    /// The relay stopped.
    case stop
    /// The relay found it unsealed at its start.
    case recover
    /// The key is about to change.
    case rekey
}
