import Filter
import Ledger
import NIOCore

extension RecordFilter {
    /// The records of a ledger block's payload that the filter takes, as a payload, and their number.
    func choose(from payload: ByteBuffer, _ allocator: ByteBufferAllocator) -> (payload: ByteBuffer, records: UInt64) {
        var chosen = allocator.buffer(capacity: payload.readableBytes)
        var records: UInt64 = 0
        unsafe payload.withUnsafeReadableBytes { bytes in
            var walk = RecordWalk()
            var start = 0
            while let line = unsafe walk.next(bytes) {
                let record = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[line]))
                if accepts(record) {
                    // The record with its length in front.
                    _ = unsafe chosen.writeBytes(bytes[start..<line.upperBound])
                    records += 1
                }
                start = line.upperBound
            }
        }
        return (chosen, records)
    }
}
