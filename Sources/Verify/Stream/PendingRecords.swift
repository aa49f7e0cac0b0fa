internal import TransparencyLog

/// The records that were read and are not verified yet.
///
/// What comes in order is a run, appended to arrays; what does not is in a table. For an ordered export there is only
/// the run, and it is as long as a batch.
struct PendingRecords: ~Copyable {
    /// Where a record stands and where its bytes are kept.
    private struct Place: BitwiseCopyable {
        var position: SourcePosition
        var text: UInt64
    }

    // The run: record `runStart` is at offset `head` of both arrays, and what lies in front is done with.
    private var runStart: UInt64 = 0
    private var head = 0
    private var leaves: [Hash] = []
    private var places: [Place] = []
    private var table = RecordTable()

    init() {}

    var count: Int { runCount + table.count }
    private var runCount: Int { leaves.count - head }
    private var runEnd: UInt64 { runStart + UInt64(runCount) }

    /// Whether `index` is behind the record that came last.
    @inline(__always)
    func isNext(_ index: UInt64) -> Bool { index == runEnd && runCount > 0 }

    func find(_ index: UInt64) -> PendingRecord? {
        if index >= runStart, index < runEnd {
            return record(offset(index))
        }
        return table.find(index)
    }

    /// Adds a record, unless there is one at `index`: that one is then returned, and stays.
    mutating func insert(_ index: UInt64, _ record: PendingRecord) -> PendingRecord? {
        if index == runEnd, runCount > 0 {
            if let present = table.find(index) { return present }
        } else {
            if let present = find(index) { return present }
            moveRunToTable()
            runStart = index
        }
        append(record)
        return nil
    }

    /// Puts `record` in the place of the one at `index`.
    mutating func replace(_ index: UInt64, with record: PendingRecord) {
        if index >= runStart, index < runEnd {
            leaves[offset(index)] = record.leaf
            places[offset(index)] = Place(position: record.position, text: record.text)
        } else {
            table.set(index, record)
        }
    }

    /// Removes the records of `range` that are there, and their bytes from `store`.
    mutating func remove(_ range: Range<UInt64>, from store: LeafStore?) {
        if runCount > 0, range.lowerBound < runEnd, range.upperBound > runStart {
            removeFromRun(range, from: store)
        }
        guard table.count > 0 else { return }
        // The table's indexes take a look at each of its slots, of which there may be far more than records.
        if range.upperBound - range.lowerBound > UInt64(table.slotCount) {
            for index in table.indexes where range.contains(index) {
                if let record = table.remove(index) { store?.release(record.text) }
            }
        } else {
            for index in range {
                if let record = table.remove(index) { store?.release(record.text) }
            }
        }
    }

    /// Tells `recent` the records of `range`, which all lie in the run.
    func remember(_ range: Range<UInt64>, in recent: RecentLeaves) {
        for index in range {
            let offset = offset(index)
            recent.remember(index, leaves[offset], places[offset].position)
        }
    }

    /// All indexes, sorted.
    var indexes: [UInt64] {
        var indexes = table.indexes
        indexes.append(contentsOf: runStart..<runEnd)
        indexes.sort()
        return indexes
    }

    /// Hands the leaf hashes of `range` to `body` if all are there in one piece, and returns its result.
    func withRun<Result>(_ range: Range<UInt64>, _ body: (Span<Hash>) -> Result) -> Result? {
        guard range.lowerBound >= runStart, range.upperBound <= runEnd else { return nil }
        return body(leaves.span.extracting(offset(range.lowerBound)..<offset(range.upperBound)))
    }

    // MARK: - The run

    @inline(__always)
    private mutating func append(_ record: PendingRecord) {
        leaves.append(record.leaf)
        places.append(Place(position: record.position, text: record.text))
    }

    /// Where the record at `index`, which lies in the run or at its end, is in the arrays.
    @inline(__always)
    private func offset(_ index: UInt64) -> Int { head &+ Int(index &- runStart) }

    private mutating func removeFromRun(_ range: Range<UInt64>, from store: LeafStore?) {
        let clamped = range.clamped(to: runStart..<runEnd)
        let (first, end) = (offset(clamped.lowerBound), offset(clamped.upperBound))
        if let store {
            for offset in first..<end { store.release(places[offset].text) }
        }
        // What lies in front goes to the table, so that the run stays in one piece.
        moveToTable(head..<first)
        head = end
        runStart = clamped.upperBound
        if head == leaves.count {
            emptyRun()
        } else if head > leaves.count / 2 {
            leaves.removeFirst(head)
            places.removeFirst(head)
            head = 0
        }
    }

    private mutating func moveRunToTable() {
        moveToTable(head..<leaves.count)
        emptyRun()
    }

    private mutating func moveToTable(_ offsets: Range<Int>) {
        for offset in offsets { table.set(runStart + UInt64(offset - head), record(offset)) }
    }

    private mutating func emptyRun() {
        leaves.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        head = 0
    }

    private func record(_ offset: Int) -> PendingRecord {
        PendingRecord(leaf: leaves[offset], position: places[offset].position, text: places[offset].text)
    }
}
