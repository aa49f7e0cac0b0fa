public import TransparencyLog

/// A seal: the record that closes a batch, with the tree's root at its own size, signed and authenticated.
public struct SealRecord: Hashable, Sendable {
    /// Bytes in a seal's line at most, before any relay further down adds an element.
    public static let lengthLimit = 4096

    /// Characters in a host name at most (RFC 5424 §6).
    public static let hostLimit = 255

    // Header
    public let time: SealTime
    /// HOSTNAME of the relay, 1 to 255 printable ASCII characters (RFC 5424 §6.2.4).
    public let host: String
    public let processID: UInt32

    // Identity and `waxwing-seal`
    /// The digits behind `@` in the element names.
    public let enterpriseNumber: String
    public let origin: Origin
    /// `s`, the seal's number, from 1.
    public let number: UInt64
    /// `from`, the first leaf of the batch: the size at the previous seal.
    public let from: UInt64
    /// `n`, the tree's size with this seal in it.
    public let size: UInt64
    /// `key`, the ID of the key that signed.
    public let keyID: UInt32
    /// `why`
    public let reason: SealReason
    /// `drop`, records lost since the previous seal before they got an index.
    public let dropped: UInt64

    // `waxwing-sig`
    /// `root`, the tree's root at ``size``.
    public internal(set) var root: Hash
    /// `f`, the compact range of the first ``from`` leaves, largest subtree first.
    public let frontier: [Hash]
    /// `p`, the leaf hash of the previous seal; nil for the first.
    public let previous: Hash?
    /// `sig` without the key ID in front, 64 bytes.
    public internal(set) var signature: [UInt8]
    /// `mac`, if the stream has a ratchet.
    public internal(set) var mac: Hash?

    /// `i`, the seal's own leaf index.
    public var index: UInt64 { size - 1 }
    /// The compact range of the leaves before the batch.
    public var base: CompactRange { CompactRange(size: from, hashes: frontier)! }
    /// The tree head that is signed.
    public var checkpoint: Checkpoint { Checkpoint(origin: origin.text, size: size, root: root) }
    /// The three lines that are signed and authenticated.
    public var body: [UInt8] { Array(checkpoint.description.utf8) }

    /// Whether a host name may have this byte: printable ASCII without space (RFC 5424 §6).
    static func allowsInHost(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    // MARK: - Text

    /// The line up to and with the `waxwing-seal` element: the leaf's first piece.
    var head: String {
        "<110>1 \(time) \(host) waxwing \(processID) SEAL "
            + "[waxwing@\(enterpriseNumber) l=\"\(origin.tag)\" i=\"\(index)\"]"
            + "[waxwing-seal@\(enterpriseNumber) v=\"1\" log=\"\(origin)\""
            + " s=\"\(number)\" from=\"\(from)\" n=\"\(size)\""
            + " key=\"\(VerifierKey.text(keyID))\" why=\"\(reason.rawValue)\" drop=\"\(dropped)\"]"
    }

    /// The `waxwing-sig` element, which is no part of the leaf.
    var signatureElement: String {
        let signed = NoteSignature(name: origin.text, keyID: keyID, signature: signature).bytes
        let frontier = Base64.encode(frontier.flatMap(\.bytes))
        let code = mac.map { " mac=\"\($0.base64)\"" } ?? ""
        return "[waxwing-sig@\(enterpriseNumber) root=\"\(root.base64)\" f=\"\(frontier)\""
            + " p=\"\(previous?.base64 ?? "")\" sig=\"\(Base64.encode(signed))\"\(code)]"
    }

    /// The space and the message: the leaf's second piece.
    var tail: String { " sealed records \(from)..\(size - 1)" }

    /// The line.
    public func encoded() -> [UInt8] { Array((head + signatureElement + tail).utf8) }

    /// The bytes of the leaf: the line without its `waxwing-sig` element.
    public var leaf: [UInt8] { Array((head + tail).utf8) }

    /// The signed checkpoint.
    public var note: SignedNote {
        get throws(TransparencyLogError) {
            try SignedNote(
                text: checkpoint.description,
                signatures: [NoteSignature(name: origin.text, keyID: keyID, signature: signature)])
        }
    }
}
