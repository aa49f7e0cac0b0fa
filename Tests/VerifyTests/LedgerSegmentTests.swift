import Testing

@testable import Verify

/// Segments of a relay's ledger, whole and as a crash leaves them.
@Suite struct LedgerSegmentTests {
    static let stream = try! TestStream(TestStream.Shape(batches: [30, 30, 30], tail: 10))
    private var stream: TestStream { Self.stream }

    /// A segment with a block for each of `blocks`, and where each of them starts.
    private func segment(_ blocks: [[TestStream.Line]]) -> (bytes: [UInt8], starts: [Int]) {
        var bytes = Array("WAXSEG01".utf8) + [UInt8](repeating: 0, count: 8184)
        var starts: [Int] = []
        for lines in blocks {
            starts.append(bytes.count)
            let payload = Export.octetCounted.encode(lines)
            let length = (0..<4).map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
            bytes += Array("WXB1".utf8) + [9, 0, 9, 0] + length + [UInt8](repeating: 0, count: 20) + payload
        }
        return (bytes, starts)
    }

    private var whole: (bytes: [UInt8], starts: [Int]) {
        segment(
            stride(from: 0, to: stream.lines.count, by: 10).map {
                Array(stream.lines[$0..<min($0 + 10, stream.lines.count)])
            })
    }

    @Test func `a whole segment`() throws {
        let report = try stream.verify(whole.bytes)
        #expect(report.outcome == .complete && report.cuts.isEmpty, "\(report.text)")
        #expect(report.verifiedRecords == 93 && report.unsealedTail.count == 10)
    }

    @Test func `a segment cut anywhere`() throws {
        let bytes = whole.bytes
        for length in stride(from: 1, to: bytes.count, by: 61) {
            let report = try stream.verify(Array(bytes[..<length]))
            let expected: VerifyReport.Outcome = report.verifiedRecords > 0 ? .complete : .unverifiable
            #expect(
                report.outcome == expected && report.tampered.isEmpty
                    && report.unreadable.total <= (length < 8 ? 1 : 0),
                "\(length): \(report.text)")
        }
    }

    @Test func `a tail of zeros`() throws {
        let (bytes, starts) = whole
        let last = starts[starts.count - 2]
        for start in stride(from: last, to: bytes.count, by: 47) {
            for length in [bytes.count - start, bytes.count - start + 5000] {
                let report = try stream.verify(Array(bytes[..<start]) + [UInt8](repeating: 0, count: length))
                #expect(report.outcome == .complete && report.verifiedRecords >= 62, "\(report.text)")
                #expect(report.cuts.items.map(\.kind) == [.block])
            }
        }
    }

    @Test func `zeros where sealed records were are a loss, not a lie`() throws {
        let (bytes, starts) = whole
        for block in 0..<8 {
            var zeroed = bytes
            for place in starts[block] + 100..<starts[block + 1] - 5 { zeroed[place] = 0 }
            let report = try stream.verify(zeroed)
            #expect(report.outcome == .incomplete && report.tampered.isEmpty, "\(report.text)")
            #expect(report.unreadable.total == 1 && report.missing.count > 0)
        }
    }

    @Test func `a damaged block does not hide those behind it`() throws {
        let (bytes, starts) = whole
        for offset in [0, 1, 3, 11, 33] {
            var damaged = bytes
            damaged[starts[4] + offset] ^= 0x80
            let report = try stream.verify(damaged)
            #expect(report.outcome == .incomplete && report.unreadable.total == 1, "\(offset): \(report.text)")
            #expect(report.verifiedBatches == 2)
        }
        var altered = bytes
        altered[starts[5] - 1] ^= 1
        #expect(try stream.verify(altered).outcome == .tampered)
    }
}
