public import TransparencyLog

/// What one canonical line says about its place in a stream, found without allocating: which bytes are the leaf, which
/// index and stream it claims, whether it is a seal, and whether something stands where nothing may.
///
/// The first SD-ELEMENT named `waxwing@` and digits is the identity that the first relay gave. Behind it there may only
/// be `waxwing-seal` and `waxwing-sig` of the same relay, on a seal and in this order, and `waxwing-2`, `waxwing-3`, …
/// of relays further down. What is not part of the leaf is not covered by the tree, so anything else there is a
/// violation.
public struct CanonicalLine: BitwiseCopyable, Hashable, Sendable {
    /// What kind of line it is.
    public enum Kind: UInt8, BitwiseCopyable, Hashable, Sendable {
        /// It has no identity: no relay of ours wrote it.
        case foreign
        /// It is a record of a stream.
        case record
        /// It is a seal of a stream.
        case seal
    }

    /// How a line breaks the rule on what may follow the identity. Such a record was altered.
    public enum Violation: UInt8, BitwiseCopyable, Hashable, Sendable {
        /// The identity has other parameters than `l`, `i` and perhaps `trunc`, or another spelling of them.
        case identity
        /// An element follows that does not belong there, or belongs there and has another spelling.
        case element
        /// The structured data does not end, or neither a space nor the end of the line follows it.
        case structure
        /// A seal without its signature.
        case unsigned
    }

    public internal(set) var kind: Kind = .foreign
    /// The first violation found, or nil.
    public internal(set) var violation: Violation?
    /// The stream the record claims to be of. Zero if the line is foreign or its identity is malformed.
    public internal(set) var log = LogTag(rawValue: 0)
    /// The leaf index the record claims, or nil if the line is foreign or its identity is malformed.
    public internal(set) var index: UInt64?
    /// Octets the record had before it was cut, or nil for a whole one.
    public internal(set) var originalLength: UInt64?
    /// Whether its first element is one by which a stream replaces its key; see ``RekeyRecord``.
    public internal(set) var isRekey = false

    // Offsets in the line: of the end of the leaf's first piece, of the `waxwing-sig` element's ends, and of the end of
    // the structured data.
    var leafEnd = 0
    var signatureStart = 0
    var signatureEnd = 0
    var structureEnd = 0
    var lineEnd = 0

    /// The leaf's first piece: header and elements up to the identity, or to the seal element directly behind it.
    /// It is all of the line if nothing follows that is not part of the leaf.
    public var leafHead: Range<Int> { 0..<(isWhole ? lineEnd : leafEnd) }
    /// The leaf's second piece, possibly empty: the space and the message behind the structured data.
    public var leafTail: Range<Int> { (isWhole ? lineEnd : structureEnd)..<lineEnd }
    /// Whether the leaf is all of the line.
    public var isWhole: Bool { leafEnd == structureEnd }
    /// The `waxwing-sig` element, brackets included, or an empty range.
    public var signatureElement: Range<Int> { signatureStart..<signatureEnd }
    /// The elements of relays further down, possibly none.
    public var relayElements: Range<Int> { max(leafEnd, signatureEnd)..<max(structureEnd, max(leafEnd, signatureEnd)) }

    /// The leaf in a buffer in which the line begins at `offset`.
    public func extent(at offset: Int) -> LeafExtent {
        let (head, tail) = (leafHead, leafTail)
        return LeafExtent(
            offset: UInt32(offset + head.lowerBound), length: UInt32(head.count),
            tailOffset: UInt32(offset + tail.lowerBound), tailLength: UInt32(tail.count))
    }

    /// Reads `line`, which has no line end. Any bytes are taken; lines that are not canonical are foreign or
    /// violations. What a `waxwing-seal` or `waxwing-sig` element says is not looked at: that is ``SealRecord``'s part.
    public init(_ line: RawSpan) {
        lineEnd = line.byteCount
        leafEnd = lineEnd
        structureEnd = lineEnd
        guard lineEnd > 0, line.uncheckedByte(0) == 0x3C,
            let start = WordScan.offset(behindSpace: Self.headerSpaces, in: line)
        else { return }
        var cursor = LineCursor(line, at: start)
        isRekey = cursor.take("[waxwing-rekey@")
        cursor.position = start
        guard let enterpriseNumber = cursor.skipToIdentity() else { return }
        kind = .record
        guard let identity = cursor.takeIdentityParameters() else {
            violation = .identity
            return
        }
        log = identity.log
        index = identity.index
        originalLength = identity.originalLength
        readElements(&cursor, enterpriseNumber)
    }

    /// PRI and version, TIMESTAMP, HOSTNAME, APP-NAME, PROCID and MSGID each end in one (RFC 5424 §6).
    static let headerSpaces = 6

    /// Reads the elements behind the identity, which ends at the cursor, and finds the end of the structured data.
    private mutating func readElements(_ cursor: inout LineCursor, _ enterpriseNumber: Range<Int>) {
        leafEnd = cursor.position
        if cursor.takeElement(named: "[waxwing-seal@", enterpriseNumber) {
            kind = .seal
            leafEnd = cursor.position
            signatureStart = cursor.position
            if cursor.takeElement(named: "[waxwing-sig@", enterpriseNumber) {
                signatureEnd = cursor.position
            } else {
                signatureEnd = signatureStart
                violation = .unsigned
            }
        }
        var relay: UInt64 = 1
        while cursor.next == 0x5B {
            if let next = cursor.takeRelayElement(), next.number > relay {
                relay = next.number
                continue
            }
            if violation == nil { violation = .element }
            guard cursor.skipElement() else {
                cursor.position = lineEnd
                violation = .structure
                break
            }
        }
        structureEnd = cursor.position
        if let next = cursor.next, next != 0x20, violation == nil { violation = .structure }
    }
}

// MARK: - Elements

extension LineCursor {
    /// Goes behind the element that begins at the cursor. Returns false, and stays, if it does not end.
    @inline(__always)
    mutating func skipElement() -> Bool {
        let scan = WordScan.closingBracket(in: line, from: position)
        guard let bracket = scan.isFound ? scan.offset : closingBracket(from: scan.offset, isQuoted: scan.isQuoted)
        else {
            return false
        }
        position = bracket &+ 1
        return true
    }

    /// The offset of the first `]` from `start` that is not between quotation marks, or nil.
    private func closingBracket(from start: Int, isQuoted: Bool) -> Int? {
        var offset = start
        if isQuoted {
            guard let quote = closingQuote(from: start) else { return nil }
            offset = quote &+ 1
        }
        while let mark = WordScan.firstOffset(of: 0x22, or: 0x5D, in: line, from: offset) {
            guard line.uncheckedByte(mark) == 0x22 else { return mark }
            guard let quote = closingQuote(from: mark &+ 1) else { return nil }
            offset = quote &+ 1
        }
        return nil
    }

    /// The offset of the quotation mark that ends the value that begins at `start` (RFC 5424 §6.3.3), or nil.
    @inline(__always)
    private func closingQuote(from start: Int) -> Int? {
        var offset = start
        while let mark = WordScan.firstOffset(of: 0x22, or: 0x5C, in: line, from: offset) {
            if line.uncheckedByte(mark) == 0x22 { return mark }
            offset = mark &+ 2
            guard offset < line.byteCount else { return nil }
        }
        return nil
    }

    /// Goes behind the name of the first element called `waxwing@` and digits. Returns where the digits are, or nil if
    /// there is no such element.
    @inline(__always)
    mutating func skipToIdentity() -> Range<Int>? {
        while next == 0x5B {
            let start = position
            if take("[waxwing@"), let digits = takeEnterpriseNumber(), next == 0x20 || next == 0x5D { return digits }
            position = start
            guard skipElement() else { return nil }
        }
        return nil
    }

    /// Takes ` l="…" i="…"]`, perhaps with ` trunc="…"` in it.
    @inline(__always)
    mutating func takeIdentityParameters() -> (log: LogTag, index: UInt64, originalLength: UInt64?)? {
        guard take(" l=\""), let log = takeHexadecimal(), take("\" i=\""), let index = takeDecimal(),
            index < CompactRange.sizeLimit
        else { return nil }
        if take("\"]") { return (LogTag(rawValue: log), index, nil) }
        guard take("\" trunc=\""), let length = takeDecimal(), length > 0, take("\"]") else { return nil }
        return (LogTag(rawValue: log), index, length)
    }

    /// Takes a whole element that is called `name` and the digits at `enterpriseNumber`, and has parameters.
    @inline(__always)
    mutating func takeElement(named name: StaticString, _ enterpriseNumber: Range<Int>) -> Bool {
        let start = position
        guard take(name), takeSame(as: enterpriseNumber), next == 0x20 else {
            position = start
            return false
        }
        position = start
        return skipElement()
    }

    /// Takes the identity element of a relay further down and returns the relay's number, 2 or more.
    mutating func takeRelayElement() -> (number: UInt64, log: LogTag)? {
        let start = position
        guard take("[waxwing-"), let number = takeDecimal(), number >= 2, take("@"), takeEnterpriseNumber() != nil,
            let identity = takeIdentityParameters()
        else {
            position = start
            return nil
        }
        return (number, identity.log)
    }
}
