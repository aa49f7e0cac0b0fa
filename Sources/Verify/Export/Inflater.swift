internal import CInflate

/// Decompresses a gzip file (RFC 1952), any number of members, in constant memory.
@safe
struct Inflater: ~Copyable {
    private static let inputCapacity = 128 << 10

    private let decoder: OpaquePointer
    private let input: UnsafeMutableBufferPointer<UInt8>
    private var taken = 0
    private var available = 0

    /// A decoder of a file whose first bytes, at most 128 KiB, were already read.
    init(beginningWith bytes: UnsafeRawBufferPointer) {
        guard let decoder = unsafe waxwing_inflate_create() else { fatalError("out of memory") }
        unsafe self.decoder = unsafe decoder
        unsafe input = .allocate(capacity: Self.inputCapacity)
        precondition(bytes.count <= Self.inputCapacity)
        _ = unsafe input.initialize(from: bytes)
        available = bytes.count
    }

    deinit {
        unsafe waxwing_inflate_destroy(decoder)
        unsafe input.deallocate()
    }

    /// Fills up to all of `output`, which is not empty, and returns how many bytes there were: 0 only at the end.
    /// `endedEarly` then says whether that is in the middle of a member.
    mutating func read(
        from source: inout InputSource, into output: UnsafeMutableRawBufferPointer, endedEarly: inout Bool
    ) throws(ExportError) -> Int {
        while true {
            var stepTaken = 0
            var count = 0
            let status = unsafe waxwing_inflate_step(
                decoder, input.baseAddress.unsafelyUnwrapped + taken, available - taken, &stepTaken,
                output.baseAddress?.assumingMemoryBound(to: UInt8.self), output.count, &count)
            taken += stepTaken
            // What came out before the damage is still handed on: the records in it are checked one by one.
            if count > 0 { return count }
            switch status {
            case WAXWING_INFLATE_DAMAGED:
                throw ExportError(.damagedGzip, "the gzip data is damaged; fetch the file again")
            case WAXWING_INFLATE_TRAILING:
                throw ExportError(.damagedGzip, "something that is not gzip follows the gzip data")
            default: break
            }
            available = try unsafe source.read(into: UnsafeMutableRawBufferPointer(input))
            taken = 0
            guard available == 0 else { continue }
            endedEarly = unsafe waxwing_inflate_is_complete(decoder) == 0
            return 0
        }
    }
}
