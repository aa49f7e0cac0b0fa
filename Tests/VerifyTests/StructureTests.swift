import Testing
import TransparencyLog

@testable import Verify

/// The verifier's data structures against simple models.
@Suite struct StructureTests {
    private func record(_ number: UInt64) -> PendingRecord {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: number &* 31 &+ UInt64($0)) }
        return PendingRecord(
            leaf: Hash(bytes)!, position: SourcePosition(file: 1, number: number), text: LeafStore.none)
    }

    @Test func `a table is a dictionary`() {
        var generator = SeededGenerator(1)
        for range in [0..<40, 0..<5000, 0..<UInt64.max / 2] as [Range<UInt64>] {
            var table = RecordTable()
            var model: [UInt64: PendingRecord] = [:]
            for _ in 0..<20_000 {
                let index = UInt64.random(in: range, using: &generator)
                if Int.random(in: 0..<5, using: &generator) < 3 {
                    table.set(index, record(index))
                    model[index] = record(index)
                } else {
                    let victim = Bool.random(using: &generator) ? index : model.keys.first ?? 0
                    let removed = table.remove(victim)
                    let expected = model.removeValue(forKey: victim)
                    #expect(removed?.leaf == expected?.leaf)
                }
                #expect(table.count == model.count)
            }
            #expect(table.indexes.sorted() == model.keys.sorted())
            #expect(model.allSatisfy { table.find($0.key)?.position == $0.value.position })
            for index in model.keys { table.remove(index) }
            #expect(table.count == 0 && table.indexes == [])
        }
    }

    @Test func `pending records are a dictionary, in runs or not`() {
        var generator = SeededGenerator(2)
        for jump in [1, 3, 50] {
            var pending = PendingRecords()
            var model: Set<UInt64> = []
            var next: UInt64 = 0
            for _ in 0..<5000 {
                switch Int.random(in: 0..<100, using: &generator) {
                case 0..<jump: next = UInt64.random(in: 0..<400, using: &generator)
                case 97...:
                    let start = UInt64.random(in: 0..<400, using: &generator)
                    let range = start..<start + UInt64.random(in: 1..<100, using: &generator)
                    pending.remove(range, from: nil)
                    model = model.filter { !range.contains($0) }
                default:
                    let present = pending.insert(next, record(next))
                    #expect((present != nil) == model.contains(next))
                    model.insert(next)
                    next += 1
                }
                #expect(pending.count == model.count)
            }
            #expect(pending.indexes == model.sorted())
            #expect((0..<600).allSatisfy { (pending.find($0)?.leaf == record($0).leaf) == model.contains($0) })
        }
    }

    @Test func `segments join whatever their order`() {
        var generator = SeededGenerator(3)
        for _ in 0..<200 {
            var segments = Segments()
            var model: Set<UInt64> = []
            for number in (0..<12).shuffled(using: &generator).prefix(Int.random(in: 0...12, using: &generator)) {
                let range = UInt64(number) * 5..<UInt64(number) * 5 + 5
                #expect(segments.covers(range) == false)
                segments.insert(
                    Segment(
                        base: tree(range.lowerBound), frontier: tree(range.upperBound), firstSeal: nil, lastSeal: nil))
                model.formUnion(range)
                #expect(segments.covers(range) == true)
            }
            #expect(segments.all.flatMap { Array($0.range) } == model.sorted())
            #expect(
                zip(segments.all, segments.all.dropFirst()).allSatisfy { $0.range.upperBound < $1.range.lowerBound })
            #expect((0..<70).allSatisfy { segments.contains($0) == model.contains($0) })
            for start in 0..<60 as Range<UInt64> {
                let range = start..<start + 7
                let count = range.count { model.contains($0) }
                #expect(segments.covers(range) == (count == 0 ? false : count == 7 ? true : nil))
                let (left, right) = segments.neighbours(at: start)
                #expect((left != nil) == (start > 0 && model.contains(start - 1) && !model.contains(start)))
                #expect((right != nil) == (model.contains(start) && (start == 0 || !model.contains(start - 1))))
            }
        }
    }

    private func tree(_ size: UInt64) -> CompactRange {
        CompactRange(size: size, hashes: Array(repeating: .emptyRoot, count: size.nonzeroBitCount))!
    }

    @Test func `sorted indexes as ranges`() {
        let indexes: [UInt64] = [1, 2, 3, 7, 9, 10]
        #expect(indexes[...].ranges == [1..<4, 7..<8, 9..<11])
        #expect(indexes[...].gaps(in: 0..<12) == [0..<1, 4..<7, 8..<9, 11..<12])
        #expect(indexes[...].within(2..<9) == [2, 3, 7])
        #expect(indexes[0..<0].gaps(in: 3..<5) == [3..<5] && indexes[0..<0].ranges == [])
    }

    @Test func `kept bytes come back, and their memory is used again`() {
        let store = LeafStore()
        var generator = SeededGenerator(4)
        var kept: [(UInt64, [UInt8])] = []
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0..<3000, using: &generator)).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            kept.append((unsafe store.keep(bytes.span.bytes), bytes))
            if kept.count > 100 { store.release(kept.remove(at: Int.random(in: 0..<kept.count, using: &generator)).0) }
        }
        for (reference, bytes) in kept {
            var found: [UInt8] = []
            store.withBytes(reference) { found = unsafe $0.withUnsafeBytes { unsafe Array($0) } }
            #expect(found == bytes)
        }
        #expect(!store.overflowed)
    }

    @Test func `listings keep the first and count all`() {
        var listing = Listing<Int>()
        for number in 0..<50 { listing.append(number) }
        #expect(listing.items == Array(0..<20) && listing.total == 50 && listing.omitted == 30)
    }

    @Test func `positions are packed`() {
        let position = SourcePosition(file: 70_000, number: 1 << 60)
        #expect(position.file == SourcePosition.fileLimit && position.number == 1 << 48 - 1)
        #expect(SourcePosition(file: 3, number: 9).file == 3 && SourcePosition(file: 3, number: 9).number == 9)
    }
}
