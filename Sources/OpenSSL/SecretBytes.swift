internal import COpenSSL

/// Bytes that are overwritten with zeros when the last reference to them goes: a passphrase, a key, a file of one.
@safe
public final class SecretBytes: Sendable {
    // Written before `init` returns and then only read, until `deinit` erases it.
    nonisolated(unsafe) private let memory: UnsafeMutableRawBufferPointer

    public let count: Int

    /// A copy of `bytes`. The original is not erased.
    public convenience init(_ bytes: RawSpan) {
        unsafe self.init(count: bytes.byteCount) { target in
            unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
            return bytes.byteCount
        }
    }

    /// The UTF-8 of `text`. The original is not erased.
    public convenience init(_ text: String) {
        let bytes = Array(text.utf8)
        unsafe self.init(bytes.span.bytes)
    }

    /// Memory of `capacity` bytes, of which `fill` writes the first so many as it returns.
    init<Failure: Error>(
        count capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        do {
            count = try unsafe fill(memory)
        } catch {
            unsafe waxwing_cleanse(memory.baseAddress, memory.count)
            unsafe memory.deallocate()
            throw error
        }
        unsafe self.memory = unsafe memory
    }

    deinit {
        unsafe waxwing_cleanse(memory.baseAddress, memory.count)
        unsafe memory.deallocate()
    }

    /// Random bytes from OpenSSL's generator.
    public static func random(count: Int) throws(OpenSSLError) -> SecretBytes {
        try unsafe SecretBytes(count: count) { (target) throws(OpenSSLError) in
            guard unsafe waxwing_random(target.bytes, count) == 1 else {
                throw OpenSSLError(
                    library: "OpenSSL gives no random bytes: is there an entropy source on this machine?")
            }
            return count
        }
    }

    /// The bytes, lent for as long as the object is.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(
                _unsafeStart: UnsafeRawPointer(memory.baseAddress.unsafelyUnwrapped), byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Whether both hold the same bytes, found out in a time that depends on their length alone.
    public func equals(_ other: SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe waxwing_equal(memory.bytes, other.memory.bytes, count) == 1
    }

    /// The bytes without the line end that editors and `echo` put behind them.
    public func withoutLineEnd() -> SecretBytes {
        var length = count
        for byte: UInt8 in [0x0A, 0x0D] where length > 0 {
            if unsafe bytes.unsafeLoad(fromByteOffset: length - 1, as: UInt8.self) == byte { length -= 1 }
        }
        return SecretBytes(bytes.extracting(0..<length))
    }
}
