/// The PRI of a message: facility and severity in one number, 0 to 191 (RFC 5424 section 6.2.1).
public struct Priority: Sendable, Hashable, BitwiseCopyable {
    /// Facility times 8 plus severity.
    public let value: UInt8

    /// 13: user-level, notice. What RFC 3164 section 4.3.3 has a relay take for a message without one.
    public static let unknown = Priority(facility: 1, severity: 5)

    /// A facility from 0 (kernel) to 23 (local7) and a severity from 0 (emergency) to 7 (debug).
    public init(facility: Int, severity: Int) {
        precondition(facility >= 0 && facility <= 23 && severity >= 0 && severity <= 7)
        value = UInt8(facility * 8 + severity)
    }

    init(value: UInt8) { self.value = value }

    /// 0 (kernel) to 23 (local7), RFC 5424 table 1.
    public var facility: Int { Int(value >> 3) }
    /// 0 (emergency) to 7 (debug), RFC 5424 table 2.
    public var severity: Int { Int(value & 7) }
}
