import CFile
import Seal

/// The header of a segment: what the log was like when the segment began, so that a start reads one segment only.
///
///     0   "WAXSEG01"
///     8   CRC-32C of bytes 16 ..< 8192
///     12  length of the sealer's state
///     16  index of the segment's first record
///     24  when the segment was made, milliseconds since 1970
///     32  the sealer's state; zeros to 8192
struct SegmentHeader {
    static let size = 8192
    private static let magic = Array("WAXSEG01".utf8)
    private static let stateOffset = 32

    let firstIndex: UInt64
    let createdAt: UInt64
    let state: SealerState

    /// The header's 8,192 bytes.
    func encoded() -> [UInt8] {
        let state = state.encoded()
        precondition(state.count <= Self.size - Self.stateOffset)
        var bytes = Self.magic
        bytes += Self.little(0, 4) + Self.little(UInt64(state.count), 4)
        bytes += Self.little(firstIndex, 8) + Self.little(createdAt, 8) + state
        bytes += [UInt8](repeating: 0, count: Self.size - bytes.count)
        bytes.replaceSubrange(8..<12, with: Self.little(UInt64(Self.checksum(bytes)), 4))
        return bytes
    }

    init(firstIndex: UInt64, createdAt: UInt64, state: SealerState) {
        self.firstIndex = firstIndex
        self.createdAt = createdAt
        self.state = state
    }

    /// Reads a header; nil for anything that was not written whole.
    init?(_ bytes: [UInt8]) {
        func number(_ offset: Int, _ width: Int) -> UInt64 {
            bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard bytes.count == Self.size, Array(bytes[..<8]) == Self.magic, number(8, 4) == Self.checksum(bytes) else {
            return nil
        }
        let length = Int(number(12, 4))
        guard length <= Self.size - Self.stateOffset,
            let state = try? SealerState(
                decoding: unsafe bytes.span.bytes.extracting(Self.stateOffset..<Self.stateOffset + length)),
            state.frontier.size == number(16, 8)
        else { return nil }
        firstIndex = number(16, 8)
        createdAt = number(24, 8)
        self.state = state
    }

    private static func little(_ value: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe waxwing_crc32c(0, $0.baseAddress! + 16, $0.count - 16) }
    }
}
