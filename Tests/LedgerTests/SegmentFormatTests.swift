import OpenSSL
import Seal
import Syslog
import Testing
import TransparencyLog

@testable import Ledger

@Suite struct SegmentHeaderTests {
    /// The state of a stream with `sealed` records behind two seals and `pending` behind those.
    private func state(sealed: Int, pending: Int) throws -> SealerState {
        var sealer = try Sealer(key: try TestLog.key.get())
        for count in [sealed, 1] where sealed > 0 {
            sealer.absorb((0..<count).map { Hash([UInt8](repeating: UInt8($0), count: 32))! })
            let memory = UnsafeMutableRawPointer.allocate(byteCount: SealRecord.lengthLimit, alignment: 1)
            defer { unsafe memory.deallocate() }
            var writer = unsafe ByteWriter(unsafeOver: memory, capacity: SealRecord.lengthLimit)
            _ = try sealer.seal(
                why: .count, at: SealTime(clamping: 5), dropped: 0, host: "h", processID: 1, into: &writer)
        }
        sealer.absorb((0..<pending).map { Hash([UInt8](repeating: UInt8($0), count: 32))! })
        return sealer.state
    }

    @Test(arguments: [(0, 0), (0, 5), (3, 0), (30, 7), (200, 200)])
    func aHeaderComesBackAsItWas(sealed: Int, pending: Int) throws {
        let state = try state(sealed: sealed, pending: pending)
        let bytes = SegmentHeader(firstIndex: state.frontier.size, createdAt: 1_795_000_000_000, state: state).encoded()
        #expect(bytes.count == SegmentHeader.size)
        let header = try #require(SegmentHeader(bytes))
        #expect(header.state == state)
        #expect(header.firstIndex == state.frontier.size)
        #expect(header.createdAt == 1_795_000_000_000)
    }

    @Test func theLargestStateFits() {
        #expect(SealerState.encodedByteLimit <= SegmentHeader.size - 32)
    }

    @Test func everySingleByteThatIsAnotherIsNoticed() throws {
        let state = try state(sealed: 3, pending: 2)
        let good = SegmentHeader(firstIndex: state.frontier.size, createdAt: 9, state: state).encoded()
        for position in good.indices {
            var bad = good
            bad[position] ^= UInt8(truncatingIfNeeded: 1 << (position % 8))
            #expect(SegmentHeader(bad) == nil, "byte \(position)")
        }
    }

    @Test func aHeaderOfAnotherLengthIsRefused() throws {
        let good = SegmentHeader(firstIndex: 0, createdAt: 9, state: SealerState()).encoded()
        for length in [0, 1, 31, 32, SegmentHeader.size - 1] { #expect(SegmentHeader(Array(good[..<length])) == nil) }
        #expect(SegmentHeader(good + [0]) == nil)
        #expect(SegmentHeader([UInt8](repeating: 0, count: SegmentHeader.size)) == nil)
    }

    @Test func aStateOfAnotherIndexIsRefused() {
        #expect(SegmentHeader(SegmentHeader(firstIndex: 1, createdAt: 9, state: SealerState()).encoded()) == nil)
    }
}

@Suite struct LayoutTests {
    @Test func namesSortAsNumbersDo() {
        let layout = Layout("/a/b/")
        #expect(layout.segment(0) == "/a/b/segments/00000000000000000000.segment")
        #expect(layout.leaves(.max) == "/a/b/segments/18446744073709551615.leaves")
        #expect(layout.cursor("siem") == "/a/b/cursors/siem.cursor")
        #expect(Layout("/").origin == "//origin")
    }

    @Test func onlySegmentsAreListed() throws {
        let system = ModelFileSystem()
        for folder in ["/d", "/d/segments"] { try system.makeDirectory(folder) }
        let layout = Layout("/d")
        for path in [
            layout.segment(9), layout.segment(10), layout.leaves(9), layout.segment(11) + ".new",
            "/d/segments/1.segment",
            "/d/segments/99999999999999999999.segment", "/d/segments/0000000000000000000x.segment",
        ] { _ = try system.open(path, .create) }
        #expect(try layout.segmentIndexes(system) == [9, 10])
    }
}
