/// How records lie in an export.
public enum ExportFormat: String, Hashable, Sendable {
    /// A record per line, ended by LF or CR LF.
    case lines
    /// Frames of RFC 6587 §3.4.1: the length in octets, a space, the record.
    case octetCounted
    /// JSON texts one after another (RFC 8259): JSON lines, a search response, or an array.
    case json
    /// Comma-separated values with a header line (RFC 4180), the record in the column `_raw`.
    case csv
    /// A segment of a relay's ledger: a header, then blocks of octet-counted frames, each block with a header of its
    /// own.
    case ledgerSegment

    /// What the numbers of its ``SourcePosition``s count.
    public var unit: String { self == .octetCounted || self == .ledgerSegment ? "octet" : "line" }

    /// What it is called in reports.
    public var name: String {
        switch self {
        case .lines: "syslog lines"
        case .octetCounted: "octet-counted syslog"
        case .json: "JSON"
        case .csv: "CSV"
        case .ledgerSegment: "ledger segment"
        }
    }
}

/// Tells an export's format from its first bytes.
enum FormatSniffer {
    /// Bytes looked at. A CSV header and the foreign lines in front of the first syslog line must end within them.
    static let windowLength = 2 * ExportReader.recordLimit

    /// The format of an input that starts with `bytes`, of which there are ``windowLength`` or all. They are not empty.
    static func format(of bytes: RawSpan) throws(ExportError) -> ExportFormat {
        if let format = known(bytes) { return format }
        throw ExportError(.unknownFormat, refusal(of: bytes))
    }

    /// How many bytes in front of JSON lines are the end of one that was cut off, if nothing else can be made of the
    /// input: 0 if that is not what it is.
    static func remainderOfDocument(_ bytes: RawSpan) -> Int {
        guard known(bytes) == nil else { return 0 }
        for position in 0..<bytes.byteCount where bytes[position] == 0x0A {
            return isJSON(bytes, at: position + 1) ? position + 1 : 0
        }
        return 0
    }

    private static func known(_ bytes: RawSpan) -> ExportFormat? {
        var position = 0
        while position < bytes.byteCount, isSpace(bytes[position]) { position += 1 }
        guard position < bytes.byteCount else { return .lines }
        if LedgerSegmentReader.begins(bytes) { return .ledgerSegment }
        if isPriority(bytes, at: position) { return .lines }
        if isFrame(bytes, at: position) { return .octetCounted }
        if isJSON(bytes, at: position) { return .json }
        if CSVHeader(bytes)?.recordColumn != nil { return .csv }
        return hasSyslogLine(bytes) ? .lines : nil
    }

    /// `<`, one to three digits, `>`: how every syslog record starts (RFC 5424 §6.2.1).
    static func isPriority(_ bytes: RawSpan, at position: Int) -> Bool {
        guard position < bytes.byteCount, bytes[position] == UInt8(ascii: "<") else { return false }
        let digits = digitCount(bytes, from: position + 1, limit: 3)
        let end = position + 1 + digits
        return digits > 0 && end < bytes.byteCount && bytes[end] == UInt8(ascii: ">")
    }

    private static func isFrame(_ bytes: RawSpan, at position: Int) -> Bool {
        let digits = digitCount(bytes, from: position, limit: OctetCountedReader.digitLimit)
        let space = position + digits
        return digits > 0 && space < bytes.byteCount && bytes[space] == UInt8(ascii: " ")
            && isPriority(bytes, at: space + 1)
    }

    /// Whether an object starts here, or an array of them. A syslog line never starts like this.
    private static func isJSON(_ bytes: RawSpan, at position: Int) -> Bool {
        func next(_ position: Int) -> (Int, UInt8)? {
            var position = position
            while position < bytes.byteCount, isSpace(bytes[position]) { position += 1 }
            return position < bytes.byteCount ? (position, bytes[position]) : nil
        }
        guard var (place, byte) = next(position) else { return false }
        if byte == UInt8(ascii: "[") {
            guard let inner = next(place + 1) else { return false }
            if inner.1 == UInt8(ascii: "]") { return true }
            (place, byte) = inner
        }
        guard byte == UInt8(ascii: "{"), let (_, first) = next(place + 1) else { return false }
        return first == UInt8(ascii: "\"") || first == UInt8(ascii: "}")
    }

    private static func hasSyslogLine(_ bytes: RawSpan) -> Bool {
        for position in 0..<bytes.byteCount where position == 0 || bytes[position - 1] == 0x0A {
            if isPriority(bytes, at: position) { return true }
        }
        return false
    }

    private static func digitCount(_ bytes: RawSpan, from start: Int, limit: Int) -> Int {
        var count = 0
        while count < limit, start + count < bytes.byteCount, (0x30...0x39).contains(bytes[start + count]) {
            count += 1
        }
        return count
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    // MARK: - What was seen instead

    private static let signatures: [(prefix: [UInt8], name: String)] = [
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed twice: unpack it once first (unzstd)"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive: unpack it first (unzip)"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz-compressed: unpack it first (unxz)"),
        ([0x42, 0x5A, 0x68], "bzip2-compressed: unpack it first (bunzip2)"),
        ([0x1F, 0x8B], "compressed twice: unpack it once first (gunzip)"),
        ([0xFF, 0xFE], "UTF-16: convert it to UTF-8 first (iconv)"),
        ([0xFE, 0xFF], "UTF-16: convert it to UTF-8 first (iconv)"),
    ]

    private static func refusal(of bytes: RawSpan) -> String {
        for (prefix, name) in signatures where bytes.byteCount >= prefix.count {
            if prefix.indices.allSatisfy({ bytes[$0] == prefix[$0] }) { return "the file is \(name)" }
        }
        let start = (0..<min(24, bytes.byteCount)).map { position in
            let byte = bytes[position]
            return (0x20..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : "."
        }
        return "the file starts with \"\(start.joined())\", which is neither a syslog line, an octet count, JSON "
            + "nor a CSV header with the column _raw"
    }
}

extension RawSpan {
    /// Byte `index`, which the span has.
    @inlinable @inline(__always)
    subscript(index: Int) -> UInt8 {
        // Bounds are checked; the call is "unsafe" only for types that are not plain bytes.
        unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}
