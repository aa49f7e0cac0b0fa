import CZstd

/// Makes Zstandard frames (RFC 8878), each with the length and the checksum of its content.
@safe
struct ZstandardEncoder: ~Copyable {
    /// Of records, which resemble one another, this level makes less than 2 and 3 do, and is faster; higher ones take
    /// several times as long for a few per cent.
    static let level: Int32 = 1

    private let encoder: OpaquePointer

    init() {
        guard let encoder = unsafe waxwing_zstd_encoder_create(Self.level) else { fatalError("out of memory") }
        unsafe self.encoder = unsafe encoder
    }

    deinit { unsafe waxwing_zstd_encoder_destroy(encoder) }

    /// The frame with `content`.
    borrowing func frame(_ content: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: waxwing_zstd_bound(content.count)) { buffer, count in
            count = unsafe waxwing_zstd_encode(encoder, content, content.count, buffer.baseAddress, buffer.count)
            precondition(count <= buffer.count, "compressing into a buffer that is large enough cannot fail")
        }
    }
}

/// Takes Zstandard frames apart.
@safe
struct ZstandardDecoder: ~Copyable, @unchecked Sendable {
    /// Frames of a segment need a window of no more than their content.
    private static let windowLog: Int32 = 22

    private let decoder: OpaquePointer

    init() {
        guard let decoder = unsafe waxwing_zstd_decoder_create(Self.windowLog) else { fatalError("out of memory") }
        unsafe self.decoder = unsafe decoder
    }

    deinit { unsafe waxwing_zstd_decoder_destroy(decoder) }

    /// The content of `frame`, which has to have `length` bytes; nil if it is damaged.
    borrowing func content(of frame: [UInt8], length: Int) -> [UInt8]? {
        let content = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            let result = unsafe waxwing_zstd_decode(decoder, frame, frame.count, buffer.baseAddress, buffer.count)
            count = result == length ? length : 0
        }
        return content.count == length ? content : nil
    }
}
