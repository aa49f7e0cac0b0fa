import OpenSSL
import Seal
import Syslog
import TransparencyLog
import Verify

/// A sealed stream to verify, made by the real sealer: its lines in order, seals among them.
struct TestStream: Sendable {
    typealias Line = [UInt8]

    static let origin = "relay1.example.net/all"
    static let start: Int64 = 1_795_414_500_000
    static let firstMACKey = [UInt8](repeating: 0x4B, count: 32)

    var lines: [Line] = []
    /// The indexes of the seals.
    var seals: [Int] = []
    var leaves: [Hash] = []
    /// The checkpoint of each seal.
    var heads: [String] = []
    let key: String
    /// All keys, ``key`` first.
    var keys: [String] = []

    struct Shape: Sendable {
        var origin = TestStream.origin
        var seed: UInt8 = 0
        /// Records of each batch, without its seal.
        var batches = Array(repeating: 63, count: 16)
        /// Records behind the last seal.
        var tail = 0
        var dropped: UInt64 = 0
        var hasMAC = false
        /// The text of a record.
        var text = "record"
        /// The batches that end with a change of the key, and the seed of the next one.
        var rekeys: [Int: UInt8] = [:]
        /// How the note of such a batch is made, if not as a relay makes it.
        var makeNote: @Sendable (LogKey, LogKey, UInt64) throws -> RekeyNote = { old, new, nextIndex in
            try RekeyNote(from: old, to: new, size: nextIndex + 2, time: 1_795_414_500)
        }
        /// What the seal of such a batch says.
        var handover = SealReason.rekey
        /// Whether the record with the note is in a batch before that seal's.
        var isApart = false
    }

    init(_ shape: Shape = Shape()) throws {
        let key = try Self.logKey(shape.origin, seed: shape.seed)
        self.key = key.verifierKey.description
        var hasher = try SHA256Hasher()
        var sealer = shape.hasMAC ? try Sealer(key: key, ratchet: Self.ratchet()) : try Sealer(key: key)
        for (number, count) in shape.batches.enumerated() {
            for _ in 0..<count { append(shape.text, &sealer, &hasher) }
            let time = SealTime(clamping: Self.start + Int64(number + 1) * 5000)
            guard let seed = shape.rekeys[number] else {
                try seal(at: time, dropped: shape.dropped, &sealer)
                continue
            }
            keys.append(sealer.key.verifierKey.description)
            let next = try Self.logKey(shape.origin, seed: seed)
            appendRekey(try shape.makeNote(sealer.key, next, sealer.nextIndex), &sealer, &hasher)
            if shape.isApart { try seal(at: time, dropped: 0, &sealer) }
            try seal(why: shape.handover, at: time, dropped: shape.dropped, &sealer)
            sealer = try Sealer(key: next, restoring: sealer.state)
        }
        keys.append(sealer.key.verifierKey.description)
        for _ in 0..<shape.tail { append(shape.text, &sealer, &hasher) }
    }

    /// The stream of a second relay that takes over the records of `first`, and seals every tenth.
    init(relaying first: TestStream, origin: String) throws {
        let key = try Self.logKey(origin, seed: 77)
        self.key = key.verifierKey.description
        var hasher = try SHA256Hasher()
        var sealer = try Sealer(key: key)
        for (number, line) in first.lines.enumerated() {
            let shape = unsafe CanonicalLine(line.span.bytes)
            let end = shape.relayElements.upperBound
            let mark = "[waxwing-2@99 l=\"\(key.origin.tag)\" i=\"\(sealer.nextIndex)\"]"
            append(Array(line[..<end]) + Array(mark.utf8) + Array(line[end...]), &sealer, &hasher)
            if number % 10 == 9 { try seal(at: SealTime(clamping: Self.start + Int64(number)), dropped: 0, &sealer) }
        }
        try seal(at: SealTime(clamping: end + 1000), dropped: 0, &sealer)
    }

    static func logKey(_ origin: String, seed: UInt8) throws -> LogKey {
        let bytes = [UInt8](0..<32).map { $0 ^ seed }
        let seed = unsafe SecretBytes(bytes.span.bytes)
        return try LogKey(origin: Origin(origin), privateKey: Ed25519PrivateKey(seed: seed))
    }

    private static func ratchet() throws -> Ratchet {
        guard let key = unsafe HMACKey(SecretBytes(firstMACKey.span.bytes)) else { fatalError("32 bytes are a key") }
        return Ratchet(key: key)
    }

    private mutating func append(_ text: String, _ sealer: inout Sealer, _ hasher: inout SHA256Hasher) {
        append(Self.record(sealer.nextIndex, tag: sealer.key.origin.tag, text: text), &sealer, &hasher)
    }

    private mutating func append(_ line: Line, _ sealer: inout Sealer, _ hasher: inout SHA256Hasher) {
        let leaf = hasher.leafHash(line)
        lines.append(line)
        leaves.append(leaf)
        sealer.absorb([leaf])
    }

    private mutating func appendRekey(_ note: RekeyNote, _ sealer: inout Sealer, _ hasher: inout SHA256Hasher) {
        let line = RekeyRecord.line(note, at: SealTime(clamping: Self.start), host: "relay1", processID: 1)
        let identity = "[waxwing@32473 l=\"\(sealer.key.origin.tag)\" i=\"\(sealer.nextIndex)\"]"
        append(line.bytes[..<line.split] + Array(identity.utf8) + line.bytes[line.split...], &sealer, &hasher)
    }

    private mutating func seal(
        why reason: SealReason = .count, at time: SealTime, dropped: UInt64, _ sealer: inout Sealer
    ) throws {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: SealRecord.lengthLimit, alignment: 1)
        defer { unsafe memory.deallocate() }
        var writer = unsafe ByteWriter(unsafeOver: memory, capacity: SealRecord.lengthLimit)
        let batch = try sealer.seal(
            why: reason, at: time, dropped: dropped, host: "relay1.example.net", processID: 4242, into: &writer)
        let line = unsafe TestStream.Line(UnsafeRawBufferPointer(start: memory, count: writer.count))
        seals.append(lines.count)
        lines.append(line)
        leaves.append(batch.leaf)
        heads.append(try batch.record.note.description)
    }

    /// Record `index`, as the relay writes it. Every seventh has an element of its own, every eleventh a letter beyond
    /// ASCII.
    static func record(_ index: UInt64, tag: LogTag, text: String) -> Line {
        let time = SealTime(clamping: start + Int64(index))
        let element = index % 7 == 0 ? "[origin@32473 ip=\"192.0.2.\(index % 250)\" note=\"a \\\"b\\\" \\] c\"]" : ""
        let letter = index % 11 == 0 ? " é😀\t\\" : ""
        return Array(
            ("<13>1 \(time) host\(index % 5).example.com app 100 ID1 "
                + "\(element)[waxwing@32473 l=\"\(tag)\" i=\"\(index)\"]"
                + " \(text) \(index)\(letter).").utf8)
    }

    // MARK: - Verifying

    /// Milliseconds of the newest seal.
    var end: Int64 { Self.start + Int64(seals.count) * 5000 }

    var options: VerifyOptions {
        var options = VerifyOptions(key: key)
        options.now = end + 60_000
        return options
    }

    func verify(_ lines: [Line], _ adjust: (inout VerifyOptions) -> Void = { _ in }) throws -> VerifyReport {
        try verify(Export.lines.encode(lines), adjust)
    }

    func verify(_ bytes: [UInt8], _ adjust: (inout VerifyOptions) -> Void = { _ in }) throws -> VerifyReport {
        try verify(inputs: [.bytes(bytes, name: "export")], adjust)
    }

    func verify(inputs: [ExportInput], _ adjust: (inout VerifyOptions) -> Void = { _ in }) throws -> VerifyReport {
        var options = options
        adjust(&options)
        return try Verification.run(options, inputs)
    }
}

/// The text of a line.
func text(_ line: TestStream.Line) -> String { String(decoding: line, as: UTF8.self) }

extension TestStream.Line {
    /// The line with the first `old` replaced by `new`.
    func replacing(_ old: String, with new: String) -> Self {
        let text = String(decoding: self, as: UTF8.self)
        guard let range = text.firstRange(of: old) else { fatalError("\(old) is not in \(text)") }
        return Array(text.replacingCharacters(range, new).utf8)
    }
}

extension String {
    fileprivate func firstRange(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }

    fileprivate func replacingCharacters(_ range: Range<String.Index>, _ new: String) -> String {
        String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}

/// A generator with the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
