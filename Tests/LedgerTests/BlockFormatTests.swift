import Testing

@testable import Ledger

@Suite struct BlockHeaderTests {
    private static let payload = Array("5 hello11 hello world".utf8)

    private static func block(_ header: BlockHeader, _ payload: [UInt8] = payload) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: BlockHeader.size) + payload
        unsafe bytes.withUnsafeMutableBytes { unsafe header.write(to: $0) }
        return bytes
    }

    private static func read(_ bytes: [UInt8]) -> BlockHeader? {
        unsafe bytes.withUnsafeBytes { unsafe BlockHeader($0) }
    }

    /// What a reader makes of a block: nil unless the header can be, the length is right and the CRC is.
    private static func accept(_ bytes: [UInt8]) -> BlockHeader? {
        unsafe bytes.withUnsafeBytes { block in
            guard let header = unsafe BlockHeader(block), BlockHeader.size + header.payloadLength == block.count,
                unsafe BlockHeader.isIntact(block)
            else { return nil }
            return header
        }
    }

    @Test(
        arguments: [
            (0, 1, false, 0), (7, 2, true, 1_795_000_000_000), (.max - 22, 21, true, .max), (1 << 40, 3, false, 1),
        ] as [(UInt64, Int, Bool, UInt64)])
    func aHeaderComesBackAsItWas(firstIndex: UInt64, count: Int, endsBatch: Bool, writtenAt: UInt64) {
        let header = BlockHeader(
            firstIndex: firstIndex, recordCount: count, payloadLength: Self.payload.count, endsBatch: endsBatch,
            writtenAt: writtenAt)
        #expect(Self.accept(Self.block(header)) == header)
        #expect(header.nextIndex == firstIndex + UInt64(count))
    }

    /// The checksum is CRC-32C (RFC 3720, appendix B.4), whatever computes it: blocks outlive the library.
    @Test func theChecksumIsCRC32C() {
        #expect(Self.castagnoli("123456789".utf8) == 0xE306_9283)
        for length in [1, 2, 7, 8, 63, 64, 65, 255, 256, 257, 1000, 3071, 3072, 3073, 16_384, 70_001] {
            let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 ^ $0 >> 3) }
            let block = Self.block(
                BlockHeader(firstIndex: 1, recordCount: 1, payloadLength: length, endsBatch: true, writtenAt: 5),
                payload)
            let stored = (4..<8).reduce(UInt32(0)) { $0 | UInt32(block[$1]) << UInt32(8 * ($1 - 4)) }
            #expect(stored == Self.castagnoli(block[8...]), "\(length) bytes")
        }
    }

    private static func castagnoli(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 0 ? 0 : 0x82F6_3B78) }
        }
    }

    @Test func everySingleByteThatIsAnotherIsNoticed() {
        let good = Self.block(
            BlockHeader(firstIndex: 7, recordCount: 2, payloadLength: Self.payload.count, endsBatch: true, writtenAt: 9)
        )
        for position in good.indices {
            for difference in 1...255 as ClosedRange<UInt8> {
                var bad = good
                bad[position] ^= difference
                #expect(Self.accept(bad) == nil, "byte \(position) ^ \(difference)")
            }
        }
    }

    @Test func everyCutIsNoticed() {
        let good = Self.block(
            BlockHeader(firstIndex: 7, recordCount: 2, payloadLength: Self.payload.count, endsBatch: true, writtenAt: 9)
        )
        for length in 0..<good.count { #expect(Self.accept(Array(good[..<length])) == nil, "\(length) bytes") }
    }

    /// A header of these numbers, as the layout says, with whatever CRC.
    private static func raw(length: UInt32, count: UInt32, first: UInt64) -> [UInt8] {
        func little(_ value: UInt64, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        }
        return Array("WXB1".utf8) + little(0, 4) + little(UInt64(length), 4) + little(UInt64(count), 4)
            + little(first, 8)
            + little(0, 8)
    }

    @Test(
        arguments: [
            (0, 0, 0, false), (1, 0, 0, false), (0, 1, 0, false), (1, 1, 0, true), (1, 2, 0, false),
            (512 << 10, 1, 0, true), (512 << 10 + 1, 1, 0, false), (.max, 1, 0, false), (9, 0x8000_0000, 0, false),
            (9, 0x8000_0001, 0, true), (9, 9, .max - 9, false), (9, 9, .max - 10, true), (9, 1, .max, false),
        ] as [(UInt32, UInt32, UInt64, Bool)])
    func numbersThatCannotBeAreRefused(length: UInt32, count: UInt32, first: UInt64, isTaken: Bool) {
        #expect((Self.read(Self.raw(length: length, count: count, first: first)) != nil) == isTaken)
    }

    @Test func randomBytesAreNoHeader() {
        var random = Seeded(1)
        for _ in 0..<2000 {
            let bytes = (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            #expect(Self.read(bytes) == nil)
            #expect(Self.accept(Array(Self.raw(length: 32, count: 1, first: 1).prefix(32) + bytes[..<32])) == nil)
        }
    }
}

@Suite struct RecordWalkTests {
    @Test(arguments: [
        ("5 hello3 abc", ["hello", "abc"]), ("", []), ("5 hell", []), ("0 ", []), ("0 1 a", []), ("x 1", []),
        (" 1 a", []),
        ("3 abc9", ["abc"]), ("3 abc9 ", ["abc"]), ("99999999999999999999 a", []), ("1048576 a", []),
        ("1 a 1 b", ["a"]),
        ("-1 a", []), ("1  ", [" "]), ("2 é", ["é"]), ("1\n", []), ("007 seconds", ["seconds"]), ("1", []),
    ])
    func recordsAreCountedOctets(text: String, records: [String]) {
        #expect(TestLog.lines(Array(text.utf8)) == records)
    }

    /// Whatever the bytes are, a walk ends, and what it gives lies in the payload, in order and apart.
    @Test func hostileBytesDoNoHarm() {
        var random = Seeded(2)
        let alphabet = Array("0123456789 <a\n".utf8) + [0, 0xFF]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            unsafe bytes.withUnsafeBytes { payload in
                var walk = RecordWalk()
                var position = 0
                while let line = unsafe walk.next(payload) {
                    #expect(line.lowerBound > position && line.upperBound <= payload.count && !line.isEmpty)
                    #expect(walk.position == line.upperBound)
                    position = line.upperBound
                }
                #expect(walk.position == position)
            }
        }
    }
}
