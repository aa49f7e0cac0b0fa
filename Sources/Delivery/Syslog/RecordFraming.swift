import Ledger
import NIOCore

/// How records are told apart on a stream (RFC 6587).
public enum RecordFraming: Sendable {
    /// `LENGTH SP RECORD`; what RFC 5425 requires, and what the ledger holds.
    case octetCounting
    /// `RECORD LF`; safe too, since a canonical record holds no LF.
    case lineFeed

    /// Frames a ledger block's payload for the stream. With octet counting the payload is already framed.
    func frame(_ payload: ByteBuffer, _ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard self == .lineFeed else { return payload }
        var lines = allocator.buffer(capacity: payload.readableBytes)
        var walk = RecordWalk()
        unsafe payload.withUnsafeReadableBytes { bytes in
            while let line = unsafe walk.next(bytes) {
                unsafe lines.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[line]))
                lines.writeInteger(UInt8(ascii: "\n"))
            }
        }
        return lines
    }
}
