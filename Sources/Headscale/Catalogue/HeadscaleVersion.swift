/// A minor version of Headscale: 0.29. What is logged does not change within one.
public struct HeadscaleVersion: BitwiseCopyable, Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 29 for 0.29.
    public let minor: UInt8

    /// The versions that the catalogue knows: the last one is the main branch that is not released yet.
    public static let known = HeadscaleVersion(minor: 22)...HeadscaleVersion(minor: 30)

    public init(minor: UInt8) {
        self.minor = minor
    }

    /// Reads `0.29`, `v0.29.2`, `0.30.0-dev` and the like; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let numbers = text.drop { $0 == "v" }.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard numbers.count >= 2, numbers[0] == "0" else { return nil }
        let digits = numbers[1].prefix { $0.isASCII && $0.isNumber }
        guard let minor = UInt8(digits),
            digits.count == numbers[1].count || numbers[1].dropFirst(digits.count).first == "-"
        else { return nil }
        self.minor = minor
    }

    public var description: String { "0.\(minor)" }

    public static func < (left: Self, right: Self) -> Bool { left.minor < right.minor }
}
