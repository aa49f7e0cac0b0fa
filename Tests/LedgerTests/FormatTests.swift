@testable import Ledger
import Testing

@Suite struct FormatTests {
    private func block() -> [UInt8] {
        let payload = Array("5 hello11 hello world".utf8)
        var bytes = [UInt8](repeating: 0, count: BlockHeader.size) + payload
        let header = BlockHeader(
            firstIndex: 7, recordCount: 2, payloadLength: payload.count, endsBatch: true, writtenAt: 1_795_000_000_000)
        unsafe bytes.withUnsafeMutableBytes { unsafe header.write(to: $0) }
        return bytes
    }

    @Test func blockHeaderRoundTrip() throws {
        let bytes = block()
        let header = unsafe bytes.withUnsafeBytes { unsafe BlockHeader($0) }
        #expect(header?.firstIndex == 7)
        #expect(header?.nextIndex == 9)
        #expect(header?.endsBatch == true)
        #expect(unsafe bytes.withUnsafeBytes { unsafe BlockHeader.isIntact($0) })
    }

    @Test func everyFlippedBitIsNoticed() {
        let good = block()
        for bit in 0..<good.count * 8 {
            var bad = good
            bad[bit / 8] ^= 1 << UInt8(bit % 8)
            let isTaken = unsafe bad.withUnsafeBytes { bytes in
                guard let header = unsafe BlockHeader(bytes), BlockHeader.size + header.payloadLength == bytes.count else {
                    return false
                }
                return unsafe BlockHeader.isIntact(bytes)
            }
            #expect(!isTaken, "bit \(bit)")
        }
    }

    @Test(arguments: [
        ("5 hello3 abc", ["hello", "abc"]), ("", []), ("5 hell", []), ("0 ", []), ("x 1", []), ("3 abc9", ["abc"]),
        ("99999999999999999999 a", []), ("1 a 1 b", ["a"]),
    ])
    func recordWalk(text: String, records: [String]) {
        var found: [String] = []
        let bytes = Array(text.utf8)
        unsafe bytes.withUnsafeBytes { bytes in
            var walk = RecordWalk()
            while let line = unsafe walk.next(bytes) { unsafe found.append(String(decoding: bytes[line], as: UTF8.self)) }
        }
        #expect(found == records)
    }

    @Test func aTornCursorLeavesTheOneBeforeIt() throws {
        for torn in 0..<36 {  // the last four bytes are zeros, before and after
            let system = ModelFileSystem()
            var cursor = try CursorFile("/c", system)
            try cursor.store(CursorFile.Value(nextIndex: 1))
            try cursor.store(CursorFile.Value(nextIndex: 2, detail: 9))
            let slot = try system.open("/c", .update)
            let third = try tornThird(torn)
            try slot.write(third, at: 512)
            let reopened = try CursorFile("/c", system)
            #expect(reopened.value == CursorFile.Value(nextIndex: 2, detail: 9), "torn after \(torn) bytes")
        }
    }

    /// The first `count` bytes that storing a third value writes, over the first value.
    private func tornThird(_ count: Int) throws -> [UInt8] {
        let system = ModelFileSystem()
        var cursor = try CursorFile("/c", system)
        for index in 1...3 { try cursor.store(CursorFile.Value(nextIndex: UInt64(index) << 8 | 0x5A)) }
        return Array((system.contents("/c") ?? [])[512..<512 + count])
    }
}
