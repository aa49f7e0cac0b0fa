/// An address of the public Internet, of which a database of places can know something.
struct PublicAddress: Equatable {
    /// The address in network order; of IPv4, the first 4 octets.
    private(set) var octets: InlineArray<16, UInt8>
    /// 4 or 16.
    let length: Int

    /// The address whose octets are two numbers, the most significant first, IPv4 mapped into IPv6 (RFC 4291, section
    /// 2.5.5.2). Nil for private, shared (100.64.0.0/10, where Tailscale's are), local, multicast and reserved ones
    /// (RFC 6890).
    init?(high: UInt64, low: UInt64) {
        octets = InlineArray(repeating: 0)
        if high == 0, low >> 32 == 0xFFFF {
            guard Self.isPublic(UInt32(truncatingIfNeeded: low)) else { return nil }
            length = 4
            for index in 0..<4 { octets[index] = UInt8(truncatingIfNeeded: low >> UInt64(24 - index * 8)) }
        } else {
            // Only 2000::/3 has been given to anybody (RFC 4291, section 2.4).
            guard high >> 61 == 1 else { return nil }
            length = 16
            for index in 0..<8 {
                octets[index] = UInt8(truncatingIfNeeded: high >> UInt64(56 - index * 8))
                octets[index + 8] = UInt8(truncatingIfNeeded: low >> UInt64(56 - index * 8))
            }
        }
    }

    private static func isPublic(_ address: UInt32) -> Bool {
        switch (address >> 24, address >> 16 & 0xFF) {
        case (0, _), (10, _), (127, _), (224..., _): false
        case (100, 64..<128), (169, 254), (172, 16..<32), (192, 168): false
        default: true
        }
    }

    static func == (left: Self, right: Self) -> Bool {
        guard left.length == right.length else { return false }
        for index in 0..<left.length where left.octets[index] != right.octets[index] { return false }
        return true
    }
}
