/// Base 64 with the standard alphabet and padding (RFC 4648 §4), the only form in notes, checkpoints and proofs.
///
/// The decoder is strict, so that one sequence of bytes has one spelling: no white space, no missing padding, and the
/// bits behind the last byte are zero (RFC 4648 §3.5).
public enum Base64 {
    /// Characters that `byteCount` bytes take.
    @inlinable
    public static func encodedLength(_ byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }

    /// `bytes` in base64.
    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(encodedLength(bytes.count))
        unsafe encode(bytes.span.bytes) { text.append($0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Hands the characters of `bytes` in base64 to `emit`, one after another. Allocates nothing.
    @inlinable
    public static func encode(_ bytes: RawSpan, _ emit: (UInt8) -> Void) {
        var position = 0
        let count = bytes.byteCount
        while position < count {
            let present = min(3, count &- position)
            let first = byte(bytes, position)
            let second = present > 1 ? byte(bytes, position &+ 1) : 0
            let third = present > 2 ? byte(bytes, position &+ 2) : 0
            emit(character(first >> 2))
            emit(character((first & 0x03) << 4 | second >> 4))
            emit(present > 1 ? character((second & 0x0F) << 2 | third >> 6) : padding)
            emit(present > 2 ? character(third & 0x3F) : padding)
            position &+= 3
        }
    }

    /// The bytes that `text` spells, or nil if it is not padded standard base64.
    public static func decode(_ text: String) -> [UInt8]? {
        let characters = Array(text.utf8)
        return unsafe decode(characters.span.bytes)
    }

    /// The bytes that `text` spells, or nil if it is not padded standard base64.
    public static func decode(_ text: RawSpan) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.byteCount / 4 * 3)
        return decode(text) { bytes.append($0) } ? bytes : nil
    }

    /// Hands the bytes that `text` spells to `emit`. Returns false if `text` is not padded standard base64; some bytes
    /// may then have been emitted. Allocates nothing.
    @inlinable
    public static func decode(_ text: RawSpan, _ emit: (UInt8) -> Void) -> Bool {
        let count = text.byteCount
        guard count & 3 == 0 else { return false }
        var position = 0
        while position < count {
            let isLast = position &+ 4 == count
            guard let first = value(byte(text, position)), let second = value(byte(text, position &+ 1)) else {
                return false
            }
            emit(first << 2 | second >> 4)
            let thirdCharacter = byte(text, position &+ 2)
            let fourthCharacter = byte(text, position &+ 3)
            if isLast, fourthCharacter == padding, thirdCharacter == padding {
                return second & 0x0F == 0
            }
            guard let third = value(thirdCharacter) else { return false }
            emit((second & 0x0F) << 4 | third >> 2)
            if isLast, fourthCharacter == padding {
                return third & 0x03 == 0
            }
            guard let fourth = value(fourthCharacter) else { return false }
            emit((third & 0x03) << 6 | fourth)
            position &+= 4
        }
        return true
    }

    // MARK: - Alphabet

    @usableFromInline static let padding: UInt8 = 0x3D

    @inlinable @inline(__always)
    static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        // Checked against the bounds; "unsafe" is only for types that are not plain bytes.
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inlinable
    static func character(_ value: UInt8) -> UInt8 {
        switch value {
        case 0...25: 0x41 &+ value
        case 26...51: 0x47 &+ value
        case 52...61: value &- 4
        case 62: 0x2B
        default: 0x2F
        }
    }

    @inlinable
    static func value(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character &- 0x41
        case 0x61...0x7A: character &- 0x47
        case 0x30...0x39: character &+ 4
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
