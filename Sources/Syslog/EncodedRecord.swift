/// What is known of a line that ``CanonicalEncoder`` has written: offsets from its first octet.
public struct EncodedRecord: BitwiseCopyable, Sendable {
    /// Where the identity element goes.
    public let split: Int
    /// Octets that the frame had, if the framer or the encoder had to cut it, or else 0.
    public let originalLength: Int
    public let head: HeadPlaces
}

/// Where fields of a line's header stand, from its first octet.
public struct HeadPlaces: BitwiseCopyable, Sendable, Equatable {
    /// Where HOSTNAME begins, and APP-NAME; HOSTNAME ends in front of the space before APP-NAME.
    public private(set) var hostname: UInt16 = 0
    public private(set) var appName: UInt16 = 0
    /// Where APP-NAME ends; 0 if nothing is known.
    public private(set) var appNameEnd: UInt16 = 0

    /// Nothing is known.
    public init() {}

    /// A header takes a few hundred octets at most.
    init(hostname: Int, appName: Int, appNameEnd: Int) {
        self.hostname = UInt16(truncatingIfNeeded: hostname)
        self.appName = UInt16(truncatingIfNeeded: appName)
        self.appNameEnd = UInt16(truncatingIfNeeded: appNameEnd)
    }
}
