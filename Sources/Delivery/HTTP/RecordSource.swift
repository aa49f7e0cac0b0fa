import Ledger

/// The ledger's records one by one, from an index on. Belongs to one thread.
///
/// Holds one block in memory. What is damaged or gone is left out, and reported by the reader.
@safe
final class RecordSource {
    private var reader: LedgerReader
    private var block: [UInt8] = []
    private var payload = 0..<0
    private var walk = RecordWalk()
    /// Index of the next record to be given.
    private(set) var nextIndex: UInt64

    /// Throws what making a reader throws.
    init(
        _ ledger: LedgerAccess, from index: UInt64, onLoss: @escaping (LostRecords) -> Void
    ) throws(LedgerError) {
        reader = try ledger.makeReader(from: index, onLoss: onLoss)
        nextIndex = index
    }

    /// Calls `body` with record after record, until it returns false, which leaves that record to the next call, or
    /// none is left. Returns whether none is left.
    func visit(_ body: (borrowing DeliveryRecord) -> Bool) throws(LedgerError) -> Bool {
        while try fill() {
            let isDone = unsafe block.withUnsafeBytes { bytes -> Bool in
                let records = unsafe UnsafeRawBufferPointer(rebasing: bytes[payload])
                var ahead = walk
                while let line = unsafe ahead.next(records) {
                    let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: records[line]))
                    guard body(DeliveryRecord(index: nextIndex, line: span)) else { return true }
                    walk = ahead
                    nextIndex += 1
                }
                return false
            }
            if isDone { return false }
            payload = 0..<0
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
