public import Syslog

/// Writes the element that gives a record its place in a stream: `[waxwing@PEN l="…" i="N"]`, with ` trunc="N"` for a
/// record that was cut; `[waxwing-2@PEN …]` and so on for a record that other relays have in their streams already. It
/// is the last SD-ELEMENT of the line, in the place of a NILVALUE if there is none before it
/// (RFC 5424 §6.3).
///
/// All but the numbers is put together once, so that writing one allocates nothing.
public struct IdentityElement: Sendable {
    /// The enterprise number of the element names: the one for documentation (RFC 5612).
    public static let defaultEnterpriseNumber: UInt32 = 32473
    /// Bytes in an identity element at most.
    public static let lengthLimit = CanonicalEncoder.relayReserve

    // `@PEN l="…" i="`
    @usableFromInline let prefix: [UInt8]

    public init(_ tag: LogTag, enterpriseNumber: UInt32 = defaultEnterpriseNumber) {
        prefix = Array("@\(enterpriseNumber) l=\"\(tag)\" i=\"".utf8)
    }

    /// Writes the element of record `index`. `originalLength` is how many octets the record had before it was cut, or
    /// 0; `relay` how many relays have it in their streams, this one included.
    @inlinable
    public func write(index: UInt64, originalLength: UInt32 = 0, relay: UInt32 = 1, into writer: inout ByteWriter) {
        writer.append("[waxwing")
        if relay > 1 {
            writer.append(UInt8(ascii: "-"))
            writer.append(decimal: UInt64(relay))
        }
        writer.append(prefix)
        writer.append(decimal: index)
        if originalLength > 0 {
            writer.append("\" trunc=\"")
            writer.append(decimal: UInt64(originalLength))
        }
        writer.append("\"]")
    }

    /// Bytes that ``write(index:originalLength:relay:into:)`` writes.
    @inlinable
    public func length(index: UInt64, originalLength: UInt32 = 0, relay: UInt32 = 1) -> Int {
        let name = relay > 1 ? 9 &+ ByteWriter.digits(UInt64(relay)) : 8
        let trunc = originalLength > 0 ? 9 &+ ByteWriter.digits(UInt64(originalLength)) : 0
        return name &+ prefix.count &+ ByteWriter.digits(index) &+ trunc &+ 2
    }
}
