internal import OpenSSL
internal import TransparencyLog

extension SealRecord {
    /// Reads a seal from a canonical line, which may have elements of relays further down. Takes exactly what
    /// ``encoded()`` writes: any other parameter, order, spelling or number is an error.
    public init(parsing line: RawSpan) throws(SealError) {
        let shape = CanonicalLine(line)
        guard shape.kind == .seal else { throw SealError(.notSeal, "the record is not a seal") }
        guard shape.violation == nil else {
            throw SealError(.trailing, "the record has elements that do not belong on a seal")
        }
        var cursor = LineCursor(line)
        let header = try cursor.takeSealHeader()
        let identity = try cursor.takeSealIdentity()
        let claims = try cursor.takeSealElement(identity.enterpriseNumber)
        let signed = try cursor.takeSignatureElement(identity.enterpriseNumber)
        guard cursor.position == shape.signatureElement.upperBound else {
            throw SealError(.trailing, "something stands between the elements of the seal")
        }
        guard claims.from < claims.size, claims.size - 1 == identity.index else {
            throw SealError(.inconsistent, "a seal is the last leaf of its batch: from < n and i = n - 1")
        }
        guard claims.origin.tag == identity.log else {
            throw SealError(.inconsistent, "the seal's l is not the hash of its log")
        }
        guard claims.number >= 1, claims.from >= claims.number - 1, (claims.number == 1) == (claims.from == 0) else {
            throw SealError(.inconsistent, "the seal's number does not fit where its batch begins")
        }
        guard (claims.number == 1) == (signed.previous == nil) else {
            throw SealError(.inconsistent, "every seal but the first names the one before")
        }
        guard signed.frontier.count == claims.from.nonzeroBitCount else {
            throw SealError(.inconsistent, "the seal's f does not fit where its batch begins")
        }
        guard signed.keyID == claims.keyID else {
            throw SealError(.inconsistent, "the seal is signed by another key than it says")
        }
        cursor.position = shape.leafTail.lowerBound
        guard cursor.take(" sealed records "), cursor.takeDecimal() == claims.from, cursor.take(".."),
            cursor.takeDecimal() == identity.index, cursor.isAtEnd
        else { throw SealError(.message, "the seal's message does not say which records it seals") }
        self.init(
            time: header.time, host: header.host, processID: header.processID,
            enterpriseNumber: line.text(identity.enterpriseNumber), origin: claims.origin, number: claims.number,
            from: claims.from, size: claims.size, keyID: claims.keyID, reason: claims.reason, dropped: claims.dropped,
            root: signed.root, frontier: signed.frontier, previous: signed.previous, signature: signed.signature,
            mac: signed.mac)
    }
}

// MARK: - Parts of a seal

extension LineCursor {
    fileprivate typealias Header = (time: SealTime, host: String, processID: UInt32)

    fileprivate mutating func takeSealHeader() throws(SealError) -> Header {
        guard take("<110>1 ") else { throw SealError(.header, "a seal begins with <110>1") }
        guard line.byteCount - position > SealTime.length,
            let time = SealTime(line.extracting(position..<position + SealTime.length))
        else { throw SealError(.timestamp, "the time of a seal is UTC in milliseconds, from 1970 to 9999") }
        position += SealTime.length
        guard take(" "), let host = takeWord(limit: SealRecord.hostLimit, SealRecord.allowsInHost) else {
            throw SealError(.header, "a seal names the host it was made on")
        }
        guard take(" waxwing "), let processID = takeDecimal(), processID <= UInt64(UInt32.max), take(" SEAL ") else {
            throw SealError(.header, "a seal has APP-NAME waxwing, a decimal PROCID and MSGID SEAL")
        }
        return (time, line.text(host), UInt32(processID))
    }

    fileprivate typealias Identity = (enterpriseNumber: Range<Int>, log: LogTag, index: UInt64)

    fileprivate mutating func takeSealIdentity() throws(SealError) -> Identity {
        guard take("[waxwing@"), let digits = takeEnterpriseNumber(), let identity = takeIdentityParameters(),
            identity.originalLength == nil
        else { throw SealError(.identity, "a seal's first element is its identity, with l and i") }
        return (digits, identity.log, identity.index)
    }

    fileprivate typealias Claims = (
        origin: Origin, number: UInt64, from: UInt64, size: UInt64, keyID: UInt32, reason: SealReason, dropped: UInt64
    )

    fileprivate mutating func takeSealElement(_ enterpriseNumber: Range<Int>) throws(SealError) -> Claims {
        let refusal = SealError(
            .sealElement, "the waxwing-seal element has v=\"1\", log, s, from, n, key, why and drop")
        guard take("[waxwing-seal@"), takeSame(as: enterpriseNumber), take(" v=\"1\" log=\""),
            let log = takeWord(limit: Origin.lengthLimit, Origin.allows),
            take("\" s=\""), let number = takeDecimal(),
            take("\" from=\""), let from = takeDecimal(),
            take("\" n=\""), let size = takeDecimal(),
            take("\" key=\""), let keyID = takeHexadecimal(),
            take("\" why=\""), let why = takeWord(limit: 16, { (0x61...0x7A).contains($0) }),
            let reason = SealReason(rawValue: line.text(why)),
            take("\" drop=\""), let dropped = takeDecimal(), take("\"]")
        else { throw refusal }
        return (try Origin(line.text(log)), number, from, size, keyID, reason, dropped)
    }

    fileprivate typealias Signed = (
        root: Hash, frontier: [Hash], previous: Hash?, keyID: UInt32, signature: [UInt8], mac: Hash?
    )

    fileprivate mutating func takeSignatureElement(_ enterpriseNumber: Range<Int>) throws(SealError) -> Signed {
        let refusal = SealError(
            .signatureElement, "the waxwing-sig element has root, f, p, sig and perhaps mac, each in padded base64")
        guard take("[waxwing-sig@"), takeSame(as: enterpriseNumber),
            take(" root=\""), let root = takeHash(),
            take("\" f=\""), let frontier = takeHashes(),
            take("\" p=\""), let previous = takeHashes(), previous.count <= 1,
            take("\" sig=\""), let signature = takeBytes(count: 4 + Ed25519PublicKey.signatureByteCount)
        else { throw refusal }
        var mac: Hash?
        if take("\" mac=\"") {
            mac = takeHash()
            guard mac != nil else { throw refusal }
        }
        guard take("\"]") else { throw refusal }
        let keyID = signature.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        return (root, frontier, previous.first, keyID, Array(signature.dropFirst(4)), mac)
    }

    private mutating func takeHash() -> Hash? {
        guard line.byteCount - position >= Hash.base64Length,
            let hash = Hash(base64: line.extracting(position..<position + Hash.base64Length))
        else { return nil }
        position += Hash.base64Length
        return hash
    }

    /// Hashes one after another in one base64 text, possibly none, as many as a compact range can have.
    private mutating func takeHashes() -> [Hash]? {
        let limit = Base64.encodedLength((CompactRange.hashLimit - 1) * Hash.byteCount)
        guard let range = takeValue(), range.count <= limit, let bytes = Base64.decode(line.extracting(range)),
            bytes.count.isMultiple(of: Hash.byteCount)
        else { return nil }
        return stride(from: 0, to: bytes.count, by: Hash.byteCount).map {
            Hash(Array(bytes[$0..<$0 + Hash.byteCount]))!
        }
    }

    private mutating func takeBytes(count: Int) -> [UInt8]? {
        guard let range = takeValue(), range.count == Base64.encodedLength(count),
            let bytes = Base64.decode(line.extracting(range)), bytes.count == count
        else { return nil }
        return bytes
    }
}
