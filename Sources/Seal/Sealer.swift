public import OpenSSL
public import Syslog
public import TransparencyLog

/// What a seal left behind, for who wrote it down.
public struct SealedBatch: Hashable, Sendable {
    /// The seal, value by value; its own index is ``SealRecord/index``.
    public let record: SealRecord
    /// The hash of the seal's own leaf.
    public let leaf: Hash
    /// Bytes written.
    public let byteCount: Int
}

/// Turns the leaf hashes of a stream into seals. It does no I/O and knows no clock: who owns it stores the lines and
/// the state, and says what time it is.
///
/// Nothing changes when a call throws, but that a ratchet that was behind is wound on. What ``seal(why:at:dropped:host:processID:into:)`` returns is signed, so it has
/// to be on the disk before anything else happens to the stream, and the ratchet (``encodedRatchet()``) after it: a
/// ratchet that is behind is wound on, one that is ahead means that the stream was restored from an old copy.
public struct Sealer: ~Copyable, Sendable {
    public let key: LogKey
    /// Writes the identity elements of this stream's records.
    public let identity: IdentityElement
    public private(set) var state: SealerState

    private let enterpriseNumber: UInt32
    private var hasher: SHA256Hasher
    private var ratchet: Ratchet?

    /// A sealer that goes on where `state` stands. Without a ratchet, seals have no MAC.
    public init(
        key: LogKey, enterpriseNumber: UInt32 = IdentityElement.defaultEnterpriseNumber,
        ratchet: consuming Ratchet? = nil,
        restoring state: SealerState = SealerState()
    ) throws(SealError) {
        do throws(OpenSSLError) {
            hasher = try SHA256Hasher()
        } catch {
            throw SealError(error)
        }
        self.key = key
        self.enterpriseNumber = enterpriseNumber
        self.state = state
        self.ratchet = ratchet
        identity = IdentityElement(key.origin.tag, enterpriseNumber: enterpriseNumber)
    }

    /// The index of the next record, which is the number of records so far.
    public var nextIndex: UInt64 { state.frontier.size }
    /// Records since the last seal.
    public var pending: UInt64 { state.frontier.size - state.base.size }

    /// The ratchet to store, or nil if the stream has none; see ``Ratchet/encoded()``.
    public borrowing func encodedRatchet() -> SecretBytes? {
        switch ratchet {
        case .some(let ratchet): ratchet.encoded()
        case .none: nil
        }
    }

    // MARK: - Records

    /// Takes in the leaf hashes of the next records, in order.
    public mutating func absorb(_ leaves: Span<Hash>) {
        state.frontier.append(leaves, &hasher)
    }

    /// Takes in the leaf hashes of the next records, in order.
    public mutating func absorb(_ leaves: [Hash]) {
        absorb(leaves.span)
    }

    // MARK: - Seals

    /// Closes the batch: writes the seal's line, without a line end, and takes in its leaf.
    ///
    /// - Parameters:
    ///   - time: Now. The seal has the time of the one before if that is later.
    ///   - dropped: Records lost since the last seal before they got an index.
    ///   - host: HOSTNAME, 1 to 255 printable ASCII characters.
    ///   - processID: PROCID.
    ///   - writer: Has room for ``SealRecord/lengthLimit`` bytes.
    public mutating func seal(
        why reason: SealReason, at time: SealTime, dropped: UInt64, host: String, processID: UInt32,
        into writer: inout ByteWriter
    ) throws(SealError) -> SealedBatch {
        guard (1...SealRecord.hostLimit).contains(host.utf8.count), host.utf8.allSatisfy(SealRecord.allowsInHost) else {
            throw SealError(
                .header, "a host name has 1 to \(SealRecord.hostLimit) printable ASCII characters, not \(host)")
        }
        guard state.frontier.size < CompactRange.sizeLimit, dropped <= CompactRange.sizeLimit else {
            throw SealError(.inconsistent, "the stream is full")
        }
        var record = SealRecord(
            time: max(time, state.time), host: host, processID: processID, enterpriseNumber: "\(enterpriseNumber)",
            origin: key.origin, number: state.number, from: state.base.size, size: state.frontier.size + 1,
            keyID: key.keyID, reason: reason, dropped: dropped, root: Hash(), frontier: state.base.hashes,
            previous: state.previous, signature: [], mac: nil)
        let leaf = hasher.leafHash(record.leaf)
        var frontier = state.frontier
        frontier.append(leaf, &hasher)
        record.root = frontier.root(&hasher)
        try sign(&record)

        let line = record.encoded()
        guard line.count <= writer.remaining else {
            throw SealError(.noRoom, "a seal of \(line.count) bytes does not fit into \(writer.remaining)")
        }
        try advanceRatchet()
        writer.append(line)
        commit(record, leaf, frontier)
        return SealedBatch(record: record, leaf: leaf, byteCount: line.count)
    }

    /// Takes in a seal that was written earlier, with the hash of its leaf, after checking that it is the next of this
    /// stream and that its root is that of the records taken in so far. Does not check its signature.
    public mutating func replay(_ seal: SealRecord, leaf: Hash) throws(SealError) {
        guard seal.origin == key.origin else {
            throw SealError(.chain, "seal \(seal.number) is of stream \(seal.origin), not of \(key.origin)")
        }
        guard seal.number == state.number, seal.from == state.base.size, seal.frontier == state.base.hashes,
            seal.previous == state.previous
        else {
            throw SealError(.chain, "seal \(seal.number) does not follow seal \(state.number - 1) of this stream")
        }
        guard seal.index == state.frontier.size, seal.time >= state.time else {
            throw SealError(.chain, "seal \(seal.number) is not the next record of this stream")
        }
        var frontier = state.frontier
        frontier.append(leaf, &hasher)
        guard frontier.root(&hasher) == seal.root else {
            throw SealError(.chain, "seal \(seal.number) was made over other records than the stored ones")
        }
        commit(seal, leaf, frontier)
    }

    // MARK: - Parts of a seal

    /// Signs and authenticates the record's checkpoint.
    private mutating func sign(_ record: inout SealRecord) throws(SealError) {
        try ratchet?.advance(to: record.number)
        let body = record.body
        do throws(OpenSSLError) {
            record.signature = try key.signature(of: body)
            record.mac = try authenticationCode(of: body)
        } catch {
            throw SealError(error)
        }
    }

    private borrowing func authenticationCode(of body: [UInt8]) throws(OpenSSLError) -> Hash? {
        switch ratchet {
        case .some(let ratchet): try ratchet.authenticationCode(of: body)
        case .none: nil
        }
    }

    private mutating func advanceRatchet() throws(SealError) {
        do throws(OpenSSLError) {
            try ratchet?.advance()
        } catch {
            throw SealError(error)
        }
    }

    private mutating func commit(_ seal: SealRecord, _ leaf: Hash, _ frontier: CompactRange) {
        state.frontier = frontier
        state.base = frontier
        state.number += 1
        state.previous = leaf
        state.time = seal.time
    }
}
