public import TransparencyLog

/// The note by which a stream's key hands over to the next one, signed by both:
///
///     waxwing-rekey/v1
///     ORIGIN
///     old VKEY
///     new VKEY
///     size N
///     time UNIX
///
/// N is the size of the tree at the old key's last seal, that seal included. So the note alone says who signs what: the
/// old key sizes up to N, the new key those beyond. The record that carries the note is the last one before that seal,
/// at index N - 2, and the seal says why="rekey".
public struct RekeyNote: Hashable, Sendable {
    /// Bytes of an encoded note at most: it has to fit into a record.
    public static let lengthLimit = 4096
    /// The smallest size there is: the record with the note and the seal behind it.
    public static let sizeMinimum: UInt64 = 2

    private static let title = "waxwing-rekey/v1"

    public let old: LogVerifier
    public let new: LogVerifier
    /// The tree's size at the last seal of ``old``.
    public let size: UInt64
    /// When the note was signed, in seconds since 1970.
    public let time: UInt64
    /// The text with its signatures.
    public let note: SignedNote

    public var origin: Origin { old.origin }
    /// The index of the record that carries the note.
    public var index: UInt64 { size - 2 }

    /// The note that `old` and `new`, two keys of one origin, sign.
    public init(from old: LogKey, to new: LogKey, size: UInt64, time: UInt64) throws(SealError) {
        guard old.origin == new.origin, old.keyID != new.keyID, size >= Self.sizeMinimum else {
            throw SealError(.rekey, "a key is replaced by another one of the same log")
        }
        let text =
            "\(Self.title)\n\(old.origin)\nold \(old.verifierKey)\nnew \(new.verifierKey)\nsize \(size)\ntime \(time)\n"
        do {
            let signatures = try [old, new].map { key in
                NoteSignature(
                    name: key.name, keyID: key.keyID, signature: try key.signature(of: Array(text.utf8)))
            }
            note = try SignedNote(text: text, signatures: signatures)
        } catch {
            throw SealError(.library, "\(error)")
        }
        (self.old, self.new, self.size, self.time) = (old.verifier, new.verifier, size, time)
    }

    /// The note whose bytes are `bytes`. Takes what ``encoded()`` gives and nothing else; says nothing about trust:
    /// see ``isSigned``.
    public init(parsing bytes: [UInt8]) throws(SealError) {
        guard bytes.count <= Self.lengthLimit else {
            throw SealError(.rekey, "the note is longer than \(Self.lengthLimit) bytes")
        }
        do throws(TransparencyLogError) {
            note = try SignedNote(parsing: bytes)
        } catch {
            throw SealError(.rekey, error.reason)
        }
        let lines = note.text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 6, lines[0] == Self.title, note.signatures.count == 2,
            let old = Self.value(lines[2], of: "old"), let new = Self.value(lines[3], of: "new"),
            let size = Self.value(lines[4], of: "size").flatMap(Self.number), size >= Self.sizeMinimum,
            let time = Self.value(lines[5], of: "time").flatMap(Self.number)
        else { throw SealError(.rekey, "the note has six lines: its title, the origin, old, new, size and time") }
        (self.old, self.new) = (try LogVerifier(parsing: old), try LogVerifier(parsing: new))
        (self.size, self.time) = (size, time)
        guard self.old.origin.text == lines[1], self.new.origin == self.old.origin, self.old.keyID != self.new.keyID
        else { throw SealError(.rekey, "the note is not about two keys of the log that it names") }
    }

    /// Whether both keys signed it. Two signatures that take the time of two seals to check.
    public var isSigned: Bool {
        for key in [old, new] {
            do throws(TransparencyLogError) { try note.verify(by: key) } catch { return false }
        }
        return true
    }

    /// The note as it is stored, and as it is in its record in base64.
    public func encoded() -> [UInt8] { Array(note.description.utf8) }

    private static func value(_ line: Substring, of name: String) -> String? {
        line.hasPrefix("\(name) ") ? String(line.dropFirst(name.utf8.count + 1)) : nil
    }

    /// A decimal number in its one spelling, up to the largest tree.
    private static func number(_ text: String) -> UInt64? {
        guard let number = UInt64(text), number <= CompactRange.sizeLimit, "\(number)" == text else { return nil }
        return number
    }
}
