import OpenSSL
import Seal
import Syslog
import TransparencyLog

/// The stream of the format's test vector: two records, a seal, two more, a seal.
enum Vectors {
    static let originText = "relay1.example.net/all"
    static let verifierKeyText =
        "relay1.example.net/all+f60b5335+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

    /// First eight bytes of the leaf hash, and the line.
    static let rows: [(leaf: String, line: String)] = [
        (
            "a50cfa4154aaeabb",
            #"<13>1 2026-11-23T06:15:00.000Z host1.example.com app 100 ID1 [waxwing@32473 l="41342dd0" i="0"] hello 0"#
        ),
        (
            "51ff71d20063ca53",
            #"<13>1 2026-11-23T06:15:00.100Z host1.example.com app 100 ID1 [waxwing@32473 l="41342dd0" i="1"] hello 1 é"#
        ),
        (
            "5851eb7176d8bd3c",
            #"<110>1 2026-11-23T06:15:01.100Z relay1.example.net waxwing 4242 SEAL [waxwing@32473 l="41342dd0" i="2"]"#
                + #"[waxwing-seal@32473 v="1" log="relay1.example.net/all" s="1" from="0" n="3" key="f60b5335" why="age" drop="0"]"#
                + #"[waxwing-sig@32473 root="60fNOiaX5SLJJaE9uLmgVczZeheSejY1Y3xP/RSdaWQ=" f="" p="" "#
                + #"sig="9gtTNaGDC/7iMZZeB04DCmoOjw+883F4m5qdvr/DsxUj5wxLI+j7Q753ziaWkNTtlqklDApThew/cagopaw1VDMZQAo=" "#
                + #"mac="+E0qa92PTrMbi9Ctdr34+MPaL9kbFU+0S8Hnx+v/uwE="] sealed records 0..2"#
        ),
        (
            "e54359d9dac2fbca",
            #"<13>1 2026-11-23T06:15:02.000Z host1.example.com app 100 ID1 [waxwing@32473 l="41342dd0" i="3"] hello 2"#
        ),
        (
            "7c1a98e972076fcf",
            #"<13>1 2026-11-23T06:15:02.000Z host1.example.com app 100 ID1 [waxwing@32473 l="41342dd0" i="4"] hello 2"#
        ),
        (
            "73fec78d924432bc",
            #"<110>1 2026-11-23T06:15:03.000Z relay1.example.net waxwing 4242 SEAL [waxwing@32473 l="41342dd0" i="5"]"#
                + #"[waxwing-seal@32473 v="1" log="relay1.example.net/all" s="2" from="3" n="6" key="f60b5335" why="age" drop="0"]"#
                + #"[waxwing-sig@32473 root="zGYhmT0lTn2YuEIvw8I10AI3XXCNhGhC4dTXMOfuBNo=" "#
                + #"f="eElUiePp5d7/Scmm1WlIvsrz3QwDdHWUqWigaEKbV2NYUetxdti9PAhl/9oCVWPUkrfLEasV3bGC0Mmv4doO+g==" "#
                + #"p="WFHrcXbYvTwIZf/aAlVj1JK3yxGrFd2xgtDJr+HaDvo=" "#
                + #"sig="9gtTNeZbcXyC8N9VeXVG5PZcXsWL5u+Nqc4UxKJJ7zHK2l/9FJEef/dZTdiusiFxRfgvRPd/3cWBjneWqolt5xQZQAQ=" "#
                + #"mac="yIyo9m8Nx/lKXx2+mgtmtqr6V7iktuYpWzpoMJ0rJQM="] sealed records 3..5"#
        ),
    ]

    static var lines: [String] { rows.map(\.line) }
    static var seals: [String] { [lines[2], lines[5]] }

    static func key() throws -> LogKey {
        try LogKey(
            origin: Origin(originText), privateKey: Ed25519PrivateKey(seed: secret(Array(0..<32))))
    }

    static func ratchet() throws -> Ratchet {
        guard let key = HMACKey(secret([UInt8](repeating: 0x4B, count: 32))) else { throw Missing() }
        return Ratchet(key: key)
    }

    static func sealer() throws -> Sealer {
        try Sealer(key: key(), ratchet: ratchet())
    }

    struct Missing: Error {}
}

// MARK: - Helpers of these tests

func secret(_ bytes: [UInt8]) -> SecretBytes {
    unsafe SecretBytes(bytes.span.bytes)
}

extension CanonicalLine {
    init(_ text: String) { self.init(Array(text.utf8)) }
    init(_ bytes: [UInt8]) { unsafe self.init(bytes.span.bytes) }

    /// The leaf's bytes, put together.
    func leaf(of bytes: [UInt8]) -> [UInt8] { Array(bytes[leafHead]) + Array(bytes[leafTail]) }
}

extension SealRecord {
    init(_ text: String) throws(SealError) { try self.init(Array(text.utf8)) }
    init(_ bytes: [UInt8]) throws(SealError) { try unsafe self.init(parsing: bytes.span.bytes) }
}

extension SealTime {
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        unsafe self.init(bytes.span.bytes)
    }
}

/// What `body` writes into room for `capacity` bytes.
func written<Result, Failure: Error>(
    capacity: Int = 1 << 16, _ body: (inout ByteWriter) throws(Failure) -> Result
) throws(Failure) -> (bytes: [UInt8], result: Result) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    defer { unsafe memory.deallocate() }
    var writer = unsafe ByteWriter(unsafeOver: memory, capacity: capacity)
    let result = try body(&writer)
    return (unsafe Array(UnsafeRawBufferPointer(start: memory, count: writer.count)), result)
}

extension Sealer {
    /// Seals, with what the test does not care about filled in.
    mutating func seal(
        why: SealReason = .age, at time: SealTime = SealTime(clamping: 1_800_000_000_000),
        dropped: UInt64 = 0,
        host: String = "relay1.example.net", processID: UInt32 = 4242, capacity: Int = 1 << 16
    ) throws -> (line: [UInt8], batch: SealedBatch) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        defer { unsafe memory.deallocate() }
        var writer = unsafe ByteWriter(unsafeOver: memory, capacity: capacity)
        let batch = try seal(
            why: why, at: time, dropped: dropped, host: host, processID: processID, into: &writer)
        return (unsafe Array(UnsafeRawBufferPointer(start: memory, count: writer.count)), batch)
    }
}
