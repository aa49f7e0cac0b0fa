import Filter
import Ledger

/// The ledger's records one by one, from an index on. Belongs to one thread.
///
/// Holds one block in memory. What is damaged or gone is left out, and reported by the reader.
@safe
final class RecordSource {
    /// Records that a call leaves out, by the filter, before it comes to an end: others wait for the thread too.
    private static let filteredLimit = 65_536

    private var reader: LedgerReader
    private let filter: RecordFilter?
    /// Records that the filter has left out so far.
    private(set) var filtered: UInt64 = 0
    private var block: [UInt8] = []
    private var payload = 0..<0
    private var walk = RecordWalk()
    /// Index of the next record to be given.
    private(set) var nextIndex: UInt64

    /// Records that `filter` does not take are left out. Throws what making a reader throws.
    init(
        _ ledger: LedgerAccess, from index: UInt64, filter: RecordFilter? = nil, onLoss: @escaping (LostRecords) -> Void
    ) throws(LedgerError) {
        reader = try ledger.makeReader(from: index, onLoss: onLoss)
        self.filter = filter
        nextIndex = index
    }

    /// Calls `body` with record after record, until it returns false, which leaves that record to the next call, or
    /// none is left; or until it has left out very many by the filter. Returns whether none is left.
    func visit(_ body: (borrowing DeliveryRecord) -> Bool) throws(LedgerError) -> Bool {
        let limit = filtered + UInt64(Self.filteredLimit)
        while try fill() {
            let isDone = unsafe block.withUnsafeBytes { bytes -> Bool in
                let records = unsafe UnsafeRawBufferPointer(rebasing: bytes[payload])
                var ahead = walk
                while let line = unsafe ahead.next(records) {
                    let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: records[line]))
                    if filter?.accepts(span) == false {
                        filtered += 1
                    } else {
                        guard body(DeliveryRecord(index: nextIndex, line: span)) else { return true }
                    }
                    walk = ahead
                    nextIndex += 1
                }
                return false
            }
            if isDone { return false }
            payload = 0..<0
            if filtered >= limit { return false }
        }
        return true
    }

    /// Sees to it that a block is there; false when the reader has caught up.
    private func fill() throws(LedgerError) -> Bool {
        while payload.isEmpty {
            guard let header = try reader.peek() else {
                nextIndex = reader.nextIndex
                return false
            }
            nextIndex = reader.nextIndex
            let size = BlockHeader.size + header.payloadLength
            if block.count < size { block = [UInt8](repeating: 0, count: max(size, 64 << 10)) }
            var failure: LedgerError?
            payload = unsafe block.withUnsafeMutableBytes { memory in
                do throws(LedgerError) {
                    return unsafe try reader.read(
                        header, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<size]))
                } catch {
                    failure = error
                    return 0..<0
                }
            }
            if let failure { throw failure }
            walk = RecordWalk()
        }
        return true
    }
}
