/// Cuts a byte stream into syslog frames: RFC 6587, decided anew for each frame.
///
/// A frame is octet-counted (`12 <13>...`) or a line of text that ends at the first LF or NUL; a CR before the LF does
/// not belong to it, and empty frames are passed over. The framer owns no bytes. Its caller keeps what was received in
/// a buffer of its own and asks for one frame after the other; how the stream was cut into pieces on the way makes no
/// difference to the frames.
///
/// ```swift
/// var framer = Framer()
/// var position = 0
/// reading: while true {
///     switch framer.next(buffer.bytes, position: &position) {
///     case .frame(let range, let originalLength): handle(range, originalLength)
///     case .incomplete(let keep): break reading   // keep buffer[position ..< position + keep], drop all else, read on
///     case .refused(let mistake): close(mistake)
///     }
/// }
/// ```
///
/// A frame longer than ``limit`` comes out once, cut to `limit` octets (or up to three less, so that no UTF-8 character
/// is cut in two) and with the length it had; the rest of it is skipped and never makes a second frame.
public struct Framer: Sendable {
    /// The outcome of one step.
    public enum Step: Sendable, Equatable {
        /// One frame: its range in the bytes, and 0, or the octets it had before it was cut to that range.
        case frame(Range<Int>, originalLength: Int)
        /// No further frame without more bytes. The caller keeps exactly `keep` octets from the position on, drops all
        /// others, and appends what it reads next. Less is kept than there is only when a frame is too long.
        case incomplete(keep: Int)
        /// The peer does not speak syslog; nothing but closing the connection is left.
        case refused(ProtocolMistake)
    }

    private enum Stage { case streamStart, beforeFirstFrame, running }

    /// What the beginning of a frame says about its framing.
    private enum Count {
        case none
        /// It may yet become a count.
        case partial
        /// `length` octets follow behind the `header`. Only `certain` when a `<` does.
        case octets(length: Int, header: Int, certain: Bool)
    }

    /// The longest frame, in octets.
    public let limit: Int

    private var stage = Stage.streamStart
    private var mistake: ProtocolMistake?
    /// Octets from the position on that hold no LF and no NUL.
    private var searched = 0
    /// Octets of the current frame, behind the first `searched`, that the caller has dropped.
    private var dropped = 0
    /// Whether the last of those is a CR.
    private var droppedReturn = false
    /// Octets of a counted frame, already returned cut, that are still to come.
    private var skipping = 0

    /// A framer for one stream, whose frames have at most `limit` octets.
    public init(limit: Int = 65_536) {
        precondition(limit > 0 && limit <= 1 << 30, "the limit is between 1 octet and 1 GiB")
        self.limit = limit
    }

    /// Octets of a frame that are held until its end: those that will be returned, and in any case enough to see again
    /// what kind of frame it is.
    private var heldMax: Int { max(limit, 16) }

    // MARK: - Steps

    /// The next frame of `bytes` from `position` on, which moves behind what is done with. `bytes` is everything that
    /// was received and neither consumed nor dropped.
    public mutating func next(_ bytes: RawSpan, position: inout Int) -> Step {
        step(bytes, &position, isEnd: false)
    }

    /// The same when no more bytes will come: what is left is a last frame. To be repeated until it says
    /// `.incomplete(keep: 0)`.
    public mutating func finish(_ bytes: RawSpan, position: inout Int) -> Step {
        step(bytes, &position, isEnd: true)
    }

    /// The frame that a datagram is: all of it without the LF, CR and NUL at its end (RFC 5426 section 3.1 has no
    /// framing, yet senders add them), or its first `limit` octets, less the part of a character, and then the octets
    /// it had.
    public static func datagram(_ bytes: RawSpan, limit: Int = .max) -> (frame: Range<Int>, originalLength: Int) {
        let end = trimmedEnd(bytes, 0, bytes.byteCount)
        guard end > limit else { return (0..<end, 0) }
        return (0..<bytes.withoutPartOfCharacter(from: 0, to: limit), end)
    }

    private mutating func step(_ bytes: RawSpan, _ position: inout Int, isEnd: Bool) -> Step {
        if let mistake { return .refused(mistake) }
        if skipping > 0 {
            let length = min(skipping, bytes.byteCount - position)
            position += length
            skipping -= length
        }
        while position < bytes.byteCount {
            let start = position
            if stage != .running, let step = judgeStart(bytes, start, isEnd: isEnd) { return step }
            if let step = frame(bytes, &position, isEnd: isEnd) { return step }
            if stage == .streamStart { stage = .beforeFirstFrame }
        }
        return .incomplete(keep: 0)
    }

    /// A step for the frame at `position`, or nil when it was empty.
    @inline(__always)
    private mutating func frame(_ bytes: RawSpan, _ position: inout Int, isEnd: Bool) -> Step? {
        switch Self.count(bytes, position) {
        case .none:
            return text(bytes, &position, isEnd: isEnd)
        case .partial:
            return isEnd ? text(bytes, &position, isEnd: true) : .incomplete(keep: bytes.byteCount - position)
        case .octets(let length, let header, certain: true):
            return counted(bytes, &position, length, header, isEnd: isEnd)
        case .octets(let length, let header, certain: false):
            return perhapsCounted(bytes, &position, length, header, isEnd: isEnd)
        }
    }

    private mutating func judgeStart(_ bytes: RawSpan, _ start: Int, isEnd: Bool) -> Step? {
        switch ProtocolMistake.judge(bytes, at: start, isStreamStart: stage == .streamStart, isEnd: isEnd) {
        case .plausible: return nil
        case .undecided: return .incomplete(keep: bytes.byteCount - start)
        case .mistake(let found): return refuse(found)
        }
    }

    private mutating func refuse(_ found: ProtocolMistake) -> Step {
        mistake = found
        return .refused(found)
    }

    // MARK: - Octet counting, RFC 6587 section 3.4.1

    @inline(__always)
    private static func count(_ bytes: RawSpan, _ start: Int) -> Count {
        let first = bytes.byte(start)
        guard first.isDigit else { return .none }
        var length = first.digitValue
        for index in start + 1..<start + 9 {
            guard let byte = bytes.byteIfPresent(index) else { return .partial }
            if byte == 0x20 {
                guard let next = bytes.byteIfPresent(index + 1) else { return .partial }
                let isCertain = next == UInt8(ascii: "<") && length > 0
                // Without a PRI, a number with leading zeros is no count, and `1 ` is rather RFC 5424's VERSION.
                guard isCertain || (first != UInt8(ascii: "0") && length > 1) else { return .none }
                return .octets(length: length, header: index + 1 - start, certain: isCertain)
            }
            guard byte.isDigit, index < start + 8 else { return .none }
            length = length * 10 + byte.digitValue
        }
        return .none
    }

    private mutating func counted(
        _ bytes: RawSpan, _ position: inout Int, _ length: Int, _ header: Int, isEnd: Bool
    ) -> Step? {
        let start = position + header
        let available = bytes.byteCount - start
        let wanted = min(length, limit)
        guard available >= wanted else {
            guard isEnd else { return .incomplete(keep: bytes.byteCount - position) }
            stage = .running
            position = bytes.byteCount
            return cut(bytes, start..<position, from: length)
        }
        stage = .running
        position = start + wanted
        guard length > limit else { return whole(bytes, start, position) }
        skipping = length - limit
        return cut(bytes, start..<position, from: length)
    }

    /// A number and a space without a `<` behind them: a count when as many octets follow without an LF or a NUL, and
    /// the beginning of a line otherwise.
    private mutating func perhapsCounted(
        _ bytes: RawSpan, _ position: inout Int, _ length: Int, _ header: Int, isEnd: Bool
    ) -> Step? {
        let boundary = position + header + length - dropped
        let end = min(bytes.byteCount, boundary)
        let lineEnd = bytes.lineEnd(from: min(position + searched, end), to: end)
        if lineEnd < end { return line(bytes, &position, end: lineEnd) }
        guard end == boundary else {
            return isEnd ? lastLine(bytes, &position) : wait(bytes, position, keep: header + heldMax)
        }
        let start = position + header
        forget()
        stage = .running
        position = end
        guard length > limit else { return whole(bytes, start, end) }
        return cut(bytes, start..<start + limit, from: length)
    }

    /// A counted frame of `start..<end`, of which some senders' LF, CR and NUL are no part.
    private func whole(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Step? {
        let trimmed = Self.trimmedEnd(bytes, start, end)
        return trimmed == start ? nil : .frame(start..<trimmed, originalLength: 0)
    }

    /// What was there of a frame, or could be kept, of `length` octets: without the first octets of a character, unless
    /// there is nothing else.
    @inline(never)
    private func cut(_ bytes: RawSpan, _ range: Range<Int>, from length: Int) -> Step {
        let end = bytes.withoutPartOfCharacter(from: range.lowerBound, to: range.upperBound)
        return .frame(end > range.lowerBound ? range.lowerBound..<end : range, originalLength: length)
    }

    private static func trimmedEnd(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int {
        var end = end
        while end > start, case let byte = bytes.byte(end - 1), byte == 0x0A || byte == 0x0D || byte == 0 { end -= 1 }
        return end
    }

    // MARK: - Non-transparent framing, RFC 6587 section 3.4.2

    @inline(__always)
    private mutating func text(_ bytes: RawSpan, _ position: inout Int, isEnd: Bool) -> Step? {
        let end = bytes.lineEnd(from: position + searched, to: bytes.byteCount)
        if end < bytes.byteCount { return line(bytes, &position, end: end) }
        return isEnd ? lastLine(bytes, &position) : wait(bytes, position, keep: heldMax)
    }

    /// The line that ends before the LF or NUL at `end`, or nil when it is empty.
    @inline(__always)
    private mutating func line(_ bytes: RawSpan, _ position: inout Int, end: Int) -> Step? {
        let isReturn = bytes.byte(end) == 0x0A && endsInReturn(bytes, position, end)
        return line(bytes, &position, length: end - position + dropped - (isReturn ? 1 : 0), next: end + 1)
    }

    /// What is left at the end of the stream.
    private mutating func lastLine(_ bytes: RawSpan, _ position: inout Int) -> Step? {
        let end = bytes.byteCount
        let isReturn = endsInReturn(bytes, position, end)
        return line(bytes, &position, length: end - position + dropped - (isReturn ? 1 : 0), next: end)
    }

    @inline(__always)
    private func endsInReturn(_ bytes: RawSpan, _ position: Int, _ end: Int) -> Bool {
        if dropped > 0 && end == position + searched { return droppedReturn }
        return end > position && bytes.byte(end - 1) == 0x0D
    }

    @inline(__always)
    private mutating func line(_ bytes: RawSpan, _ position: inout Int, length: Int, next: Int) -> Step? {
        let start = position
        position = next
        forget()
        guard length > 0 else { return nil }
        let range = start..<start + min(length, limit)
        if stage != .running {
            if let found = ProtocolMistake.judge(line: range, bytes) { return refuse(found) }
            stage = .running
        }
        return length > limit ? cut(bytes, range, from: length) : .frame(range, originalLength: 0)
    }

    /// Remembers what was searched, and has the caller drop what lies behind the first `keep` octets.
    private mutating func wait(_ bytes: RawSpan, _ position: Int, keep: Int) -> Step {
        let available = bytes.byteCount - position
        guard available > keep else {
            searched = available
            return .incomplete(keep: available)
        }
        droppedReturn = bytes.byte(bytes.byteCount - 1) == 0x0D
        dropped += available - keep
        searched = keep
        return .incomplete(keep: keep)
    }

    private mutating func forget() {
        searched = 0
        dropped = 0
    }
}
