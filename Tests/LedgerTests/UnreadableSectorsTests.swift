import Glibc
import TestSupport
import Testing

@testable import Ledger

/// Bad sectors read as zeros, and cost nothing but what lies on them.
@Suite(.serialized) struct UnreadableSectorsTests {
    private static let content = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 % 251 + 1) }

    /// What is read of a file whose bytes in `bad` fail with `code`, as long as `fails` says of the round.
    private func read(
        _ range: Range<Int>, bad: [Range<Int>], code: Int32 = EIO, fails: (Int) -> Bool = { _ in true }
    ) throws(FileError) -> (bytes: [UInt8], waits: Int) {
        var bytes = [UInt8](repeating: 0xEE, count: range.count)
        var waits = 0
        var failure: FileError?
        unsafe bytes.withUnsafeMutableBytes { buffer in
            do throws(FileError) {
                unsafe try UnreadableSectors.read(into: buffer, at: UInt64(range.lowerBound), wait: { waits += 1 }) {
                    (piece, offset) throws(FileError) in
                    let wanted = Int(offset)..<Int(offset) + piece.count
                    guard !bad.contains(where: { $0.overlaps(wanted) }) || !fails(waits) else {
                        throw FileError("read", "file", code: code)
                    }
                    unsafe piece.copyBytes(from: Self.content[wanted])
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return (bytes, waits)
    }

    @Test(arguments: [0..<40_000, 4096..<8192, 5000..<5001, 100..<9000, 12_287..<12_289])
    func whatLiesBesideABadSectorIsRead(range: Range<Int>) throws {
        let bad = 4096..<8192
        let (bytes, waits) = try read(range, bad: [5000..<5001])
        for index in range {
            let expected = bad.contains(index) ? 0 : Self.content[index]
            try #require(bytes[index - range.lowerBound] == expected, "octet \(index)")
        }
        #expect(waits == (range.overlaps(bad) ? 4 : 0))
    }

    @Test func whatCanBeReadAgainIsNotGivenUp() throws {
        let before = UnreadableSectors.count
        let (bytes, waits) = try read(0..<40_000, bad: [0..<20_000, 30_000..<30_001]) { $0 < 3 }
        #expect(bytes == Self.content && waits == 3 && UnreadableSectors.count == before)
    }

    @Test func anotherFailureIsNoBadSector() {
        #expect(throws: FileError("read", "file", code: EBADF)) {
            _ = try read(0..<40_000, bad: [0..<1], code: EBADF)
        }
    }

    @Test func aDiskThatIsWellTakesAWriteAndKeepsNothingOfIt() {
        let folder = TemporaryDirectory()
        #expect(UnreadableSectors.takesWrites(folder.path))
        #expect(TemporaryDirectory.names(in: folder.path).isEmpty)
        #expect(!UnreadableSectors.takesWrites(folder.path("none")))
    }
}
