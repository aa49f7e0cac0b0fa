internal import CZstd

/// Decompresses a Zstandard file (RFC 8878), any number of frames and skippable frames, in constant memory.
@safe
struct ZstandardInflater: ~Copyable {
    private static let inputCapacity = 128 << 10
    /// The largest window, as a power of 2: the 8 MiB that RFC 8878 §3.1.1.1.2 wants decoders to support, and that all
    /// levels up to 19 make do with.
    private static let windowLog: Int32 = 23

    private let decoder: OpaquePointer
    private let input: UnsafeMutableBufferPointer<UInt8>
    private var taken = 0
    private var available = 0

    /// Whether a file that starts with the four `bytes` is one: a frame, or a skippable one.
    static func begins(_ bytes: (UInt8, UInt8, UInt8, UInt8)) -> Bool {
        bytes == (0x28, 0xB5, 0x2F, 0xFD)
            || ((0x50...0x5F).contains(bytes.0) && (bytes.1, bytes.2, bytes.3) == (0x2A, 0x4D, 0x18))
    }

    /// A decoder of a file whose first bytes, at most 128 KiB, were already read.
    init(beginningWith bytes: UnsafeRawBufferPointer) {
        guard let decoder = unsafe waxwing_zstd_decoder_create(Self.windowLog) else { fatalError("out of memory") }
        unsafe self.decoder = unsafe decoder
        unsafe input = .allocate(capacity: Self.inputCapacity)
        precondition(bytes.count <= Self.inputCapacity)
        _ = unsafe input.initialize(from: bytes)
        available = bytes.count
    }

    deinit {
        unsafe waxwing_zstd_decoder_destroy(decoder)
        unsafe input.deallocate()
    }

    /// Fills up to all of `output`, which is not empty, and returns how many bytes there were: 0 only at the end.
    /// `endedEarly` then says whether that is in the middle of a frame.
    mutating func read(
        from source: inout InputSource, into output: UnsafeMutableRawBufferPointer, endedEarly: inout Bool
    ) throws(ExportError) -> Int {
        while true {
            var stepTaken = 0
            var count = 0
            let status = unsafe waxwing_zstd_step(
                decoder, input.baseAddress.unsafelyUnwrapped + taken, available - taken, &stepTaken,
                output.baseAddress?.assumingMemoryBound(to: UInt8.self), output.count, &count)
            taken += stepTaken
            // What came out before the damage is still handed on: the records in it are checked one by one.
            if count > 0 { return count }
            switch status {
            case WAXWING_ZSTD_DAMAGED:
                throw ExportError(.damagedZstandard, "the zstd data is damaged; fetch the file again")
            case WAXWING_ZSTD_WINDOW:
                throw ExportError(
                    .damagedZstandard,
                    "the zstd data needs a window of more than 8 MiB: unpack it first (zstd -d --long=31)")
            default: break
            }
            guard taken == available else { continue }
            available = try unsafe source.read(into: UnsafeMutableRawBufferPointer(input))
            taken = 0
            guard available == 0 else { continue }
            endedEarly = unsafe waxwing_zstd_is_complete(decoder) == 0
            return 0
        }
    }
}
