internal import Syslog
internal import TransparencyLog

/// The record by which a stream says that its key was replaced: PRI 110, APP-NAME `waxwing`, MSGID `REKEY`, and the
/// note in base64 as its first element, `[waxwing-rekey@PEN note="…"]`.
///
/// No sender can make one: at intake that element's name is renamed, as all of the relay's are.
public enum RekeyRecord {
    /// The record's line but for the identity element, which goes in at `split`.
    public static func line(
        _ note: RekeyNote, at time: SealTime, host: String, processID: UInt32,
        enterpriseNumber: UInt32 = IdentityElement.defaultEnterpriseNumber
    ) -> (bytes: [UInt8], split: Int) {
        let head = Array(
            ("<110>1 \(time) \(host) waxwing \(processID) REKEY "
                + "[waxwing-rekey@\(enterpriseNumber) note=\"\(Base64.encode(note.encoded()))\"]").utf8)
        let tail =
            " key \(VerifierKey.text(note.old.keyID)) is replaced by \(VerifierKey.text(note.new.keyID))"
        return (head + Array(tail.utf8), head.count)
    }

    /// The note in a record that ``CanonicalLine/isRekey`` tells to be one.
    public static func note(in line: RawSpan) throws(SealError) -> RekeyNote {
        let refusal = SealError(.rekey, "the record has no note in its first element")
        guard let start = WordScan.offset(behindSpace: CanonicalLine.headerSpaces, in: line) else { throw refusal }
        var cursor = LineCursor(line, at: start)
        guard cursor.take("[waxwing-rekey@"), cursor.takeEnterpriseNumber() != nil, cursor.take(" note=\""),
            let value = cursor.takeValue(), value.count <= Base64.encodedLength(RekeyNote.lengthLimit),
            let bytes = Base64.decode(line.extracting(value)), cursor.take("\"]")
        else { throw refusal }
        return try RekeyNote(parsing: bytes)
    }
}
