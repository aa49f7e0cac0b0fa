import CInflate

/// What gzip data is made of, all members of it.
public func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    struct Damaged: Error {}
    guard let decoder = unsafe waxwing_inflate_create() else { throw Damaged() }
    defer { unsafe waxwing_inflate_destroy(decoder) }
    var (result, taken, piece) = ([UInt8](), 0, [UInt8](repeating: 0, count: 64 << 10))
    while true {
        var (stepTaken, count) = (0, 0)
        let status = unsafe bytes[taken...].withUnsafeBufferPointer { input in
            unsafe waxwing_inflate_step(
                decoder, input.baseAddress, input.count, &stepTaken, &piece, piece.count, &count)
        }
        taken += stepTaken
        result += piece[..<count]
        switch status {
        case WAXWING_INFLATE_NEED_INPUT where count == 0:
            guard unsafe waxwing_inflate_is_complete(decoder) != 0 else { throw Damaged() }
            return result
        case WAXWING_INFLATE_NEED_INPUT, WAXWING_INFLATE_OUTPUT_FULL: continue
        default: throw Damaged()
        }
    }
}
