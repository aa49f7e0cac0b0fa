import Batch
import Syslog
import Testing

@Suite struct BatchTests {
    // MARK: - Records

    @Test func aRecordSaysWhereItsPartsAre() {
        let record = Record(start: 3, split: 5, end: 9, originalLength: 70_000)
        #expect(record.line == 3..<9)
        #expect(record.head == 3..<5)
        #expect(record.tail == 5..<9)
        #expect(record.originalLength == 70_000)
        #expect(Record(start: 0, split: 0, end: 0).line.isEmpty)
        #expect(Record(start: 0, split: 0, end: 1, originalLength: .max).originalLength == .max)
    }

    // MARK: - Appending

    @Test func linesLieOneAfterAnotherEachBeforeALineFeed() {
        var batch = Batch()
        #expect(batch.isEmpty && batch.byteCount == 0)
        batch.append("<13>1 - - - - - - hello", tail: " hello", originalLength: 9)
        batch.append("")
        batch.append("<14>1 - - - - - -")
        #expect(!batch.isEmpty && batch.recordCount == 3)
        #expect(batch.text(0..<batch.byteCount) == "<13>1 - - - - - - hello\n\n<14>1 - - - - - -\n")
        #expect(batch.text(batch[0].head) == "<13>1 - - - - - -")
        #expect(batch.text(batch[0].tail) == " hello")
        #expect(batch[0].originalLength == 9)
        #expect(batch[1].line == 24..<24)
        #expect(batch.text(batch[2].line) == "<14>1 - - - - - -")
        #expect(batch[2].tail.isEmpty && batch[2].originalLength == 0)
    }

    @Test func aLineOfTheGreatestLengthFitsUntilTheBatchIsFull() {
        var batch = Batch(byteCapacity: 4 * Batch.lineLimit, recordCapacity: 100)
        let line = [UInt8](repeating: 0x61, count: Batch.lineLimit)
        var count = 0
        while !batch.isFull {
            batch.append { writer in
                writer.append(line)
                #expect(!writer.overflowed && writer.remaining == 0)
                return (0, 0)
            }
            count += 1
        }
        // Each takes one byte more than the limit, for its LF.
        #expect(count == 3)
        #expect(batch.byteCount == 3 * (Batch.lineLimit + 1))
    }

    @Test func aBatchIsFullAtItsRecordLimit() {
        var batch = Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 3)
        for count in 0..<3 {
            #expect(!batch.isFull && batch.recordCount == count)
            batch.append("x")
        }
        #expect(batch.isFull == true)
    }

    @Test func aBatchIsFullWhenALineOfTheGreatestLengthNoLongerFits() {
        // The room left is 2 * limit - used; one byte of it is for the LF.
        for (used, isFull) in [(Batch.lineLimit - 2, false), (Batch.lineLimit - 1, true)] {
            var batch = Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 10)
            batch.append { writer in
                writer.append([UInt8](repeating: 0x61, count: used))
                return (0, 0)
            }
            #expect(batch.isFull == isFull, "\(used)")
        }
    }

    @Test func emptyingKeepsTheMemoryForAsMuchAgain() {
        var batch = batch("one", "two")
        batch.removeAll()
        #expect(batch.isEmpty && batch.byteCount == 0)
        batch.append("three")
        #expect(batch.lines == ["three"])
        #expect(batch[0].start == 0)
    }

    // MARK: - Rewriting

    @Test func aRewrittenRecordKeepsItsPlaceAndWhatItsFrameHad() {
        var batch = Batch()
        batch.append("first")
        batch.append("second secret", tail: " secret", originalLength: 99)
        batch.append("third")
        batch.rewrite(1) { bytes, old, writer in
            writer.append(bytes, old.head)
            writer.append(" gone")
            return (old.head.count, true)
        }
        #expect(batch.lines == ["first", "second gone", "third"])
        #expect(batch.text(batch[1].tail) == " gone")
        #expect(batch[1].originalLength == 99)
        #expect(batch.array(batch.byteCount - 1..<batch.byteCount) == [0x0A])
    }

    @Test func aRecordThatARewriteCutsSaysHowLongItWas() {
        var batch = Batch()
        for length in [0, 77] {
            batch.append("a line of 20 octets.", originalLength: length)
            for isWhole in [true, false, false] {
                batch.rewrite(batch.recordCount - 1) { bytes, old, writer in
                    writer.append(bytes, old.line.lowerBound..<old.line.lowerBound + (isWhole ? 20 : 5))
                    return (0, isWhole)
                }
            }
        }
        #expect(batch.lines == ["a lin", "a lin"])
        #expect(batch[0].originalLength == 20)
        #expect(batch[1].originalLength == 77)
    }

    @Test func rewritingKeepsTheNumberOfRelays() {
        var batch = Batch()
        batch.append(relay: 3) { writer in
            writer.append("line")
            return (4, 0)
        }
        batch.rewrite(0) { _, _, writer in
            writer.append("other")
            return (5, true)
        }
        #expect(batch[0].relay == 3)
    }

    @Test func recordsMoveToAnotherBatchWithAllThatTheySay() {
        var one = Batch()
        var other = Batch()
        one.append("<13>1 - - - - - - hello", tail: " hello", originalLength: 9)
        one.append(relay: 3) { writer in
            writer.append("<14>1 - - - - - -")
            return (17, 0)
        }
        other.append(0, of: one)
        other.append(1, of: one) { bytes, record, out in
            out.append(bytes, record.head)
            out.append("[a]")
            return (record.head.count + 3, false)
        }
        #expect(other.text(0..<other.byteCount) == "<13>1 - - - - - - hello\n<14>1 - - - - - -[a]\n")
        #expect(other[0] == one[0])
        #expect(other[1].relay == 3 && other[1].originalLength == 17 && other.text(other[1].head).hasSuffix("[a]"))
    }

    @Test func rewritingGrowsTheMemoryAndLosesNothing() {
        var batch = Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 8)
        for number in 0..<8 { batch.append("line \(number)") }
        // Far more than the batch was made for: each rewrite leaves the old bytes behind.
        for round in 0..<6 {
            for number in 0..<8 {
                batch.rewrite(number) { bytes, old, writer in
                    writer.append(bytes, old.line)
                    writer.append([UInt8](repeating: 0x30 + UInt8(round), count: 5000))
                    return (2, true)
                }
            }
        }
        let suffix = (0..<6).map { String(repeating: "\($0)", count: 5000) }.joined()
        #expect(batch.lines == (0..<8).map { "line \($0)\(suffix)" })
        #expect((0..<8).allSatisfy { batch[$0].head.count == 2 })
    }

    @Test func aRewriteOfAFullBatchHasRoomForTheLongestLine() {
        var batch = Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 1)
        batch.append("x")
        for _ in 0..<5 {
            batch.rewrite(0) { _, _, writer in
                #expect(writer.remaining == Batch.lineLimit)
                writer.append([UInt8](repeating: 0x62, count: Batch.lineLimit))
                return (0, true)
            }
        }
        #expect(batch[0].line.count == Batch.lineLimit)
        #expect(batch.isFull == true)
    }

    // MARK: - Properties

    @Test(arguments: 0..<40 as Range<UInt64>)
    func aBatchIsAListOfLines(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var batch = Batch(byteCapacity: 2 * Batch.lineLimit, recordCapacity: 32)
        var model: [String] = []
        for step in 0..<200 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<6:
                guard !batch.isFull else { continue }
                let line = String(repeating: "\(step % 10)", count: Int.random(in: 0..<3000, using: &generator))
                batch.append(line)
                model.append(line)
            case 6..<9:
                guard !model.isEmpty else { continue }
                let index = Int.random(in: 0..<model.count, using: &generator)
                model[index] = String(model[index].prefix(10)) + "~\(step)"
                batch.rewrite(index) { bytes, old, writer in
                    writer.append(bytes, old.line.lowerBound..<old.line.lowerBound + min(10, old.line.count))
                    writer.append(Array("~\(step)".utf8))
                    return (0, true)
                }
            default:
                batch.removeAll()
                model = []
            }
            #expect(batch.lines == model, "seed \(seed), step \(step)")
        }
    }
}

// MARK: - Traps

@Suite struct BatchMisuse {
    @Test func aRecordThatEndsBeforeItsSplitIsRefused() async {
        await #expect(processExitsWith: .failure) { _ = Record(start: 0, split: 2, end: 1) }
    }

    @Test func aLineBeyondTheLimitIsRefused() async {
        await #expect(processExitsWith: .failure) {
            var batch = Batch()
            batch.append { writer in
                writer.append([UInt8](repeating: 0, count: Batch.lineLimit + 1))
                return (0, 0)
            }
        }
    }

    @Test func appendingToAFullBatchIsRefused() async {
        await #expect(processExitsWith: .failure) {
            var batch = Batch(recordCapacity: 1)
            for _ in 0..<2 { batch.append { _ in (0, 0) } }
        }
    }

    @Test func aRecordThatIsNotThereIsRefused() async {
        await #expect(processExitsWith: .failure) { _ = Batch()[0] }
    }
}
