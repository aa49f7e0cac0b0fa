/// What stands in front of a line of Headscale's that came through other hands, and is none of it.
enum Wrapping {
    /// So much of it is taken away one after the other, and no more.
    static let layers = 4

    /// Whether what begins with the byte at `start` may have a blank or a runtime's time in front.
    @inline(__always)
    static func mayBegin(_ text: RawSpan, _ start: Int) -> Bool { text.byte(start) == 0x20 || text.byte(start).isDigit }

    /// What follows blanks at the start of `range`: rsyslog's `%msg%` begins with the one behind the tag. Nil if there are
    /// none, or nothing else.
    @inline(__always)
    static func behindBlanks(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        guard text.byte(range.lowerBound) == 0x20 else { return nil }
        let start = text.skippingBlanks(range.lowerBound, range.upperBound)
        return start < range.upperBound ? start : nil
    }

    /// What follows the time of a container's runtime, `2006-01-02T15:04:05.999999999Z`, and the stream (`stderr F`) that
    /// those of Kubernetes have behind it; nil if that is not there.
    static func behindRuntime(_ text: RawSpan, _ range: Range<Int>) -> Int? {
        guard let end = ConsoleLine.fractionalTimeEnd(text, range) else { return nil }
        for stream: StaticString in ["stderr F ", "stdout F ", "stderr P ", "stdout P "]
        where text.has(stream, at: end + 1) {
            return end + 1 + stream.utf8CodeUnitCount
        }
        return end + 1
    }

    /// The name in `name-1  | ` or `[pod/name/container] `, which tools for containers put in front of lines, and what
    /// follows; nil if there is no such thing.
    static func container(_ text: RawSpan, _ range: Range<Int>) -> (name: Range<Int>, rest: Int)? {
        let isPod = text.has("[pod/", at: range.lowerBound)
        let start = range.lowerBound + (isPod ? 5 : 0)
        let limit = min(range.upperBound, start + nameLimit)
        var at = start
        while at < limit, text.byte(at).isContainerName { at += 1 }
        guard at > start, at < limit else { return nil }
        let name = start..<at
        if isPod {
            guard text.has("] ", at: at) else { return nil }
            at += 2
        } else {
            guard text.byte(at) == 0x20 else { return nil }
            at = text.skippingBlanks(at, limit)
            guard text.has("| ", at: at) else { return nil }
            at += 2
        }
        return at < range.upperBound ? (name, at) : nil
    }

    /// Octets of a name and the blanks that line it up with others.
    private static let nameLimit = 160
}

extension UInt8 {
    /// A byte of the name of a container, of a task (`name.1.id@host`) or of a container in a pod.
    fileprivate var isContainerName: Bool {
        isWord || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self == UInt8(ascii: "@")
            || self == UInt8(ascii: "/")
    }
}
