internal import Syslog

/// Finds out whose a line is, and what it tells.
///
/// A record is told by its text, not by who sends it: zerolog's JSON and console text, Go's standard logger, gin, gRPC,
/// crashes and plain lines, under any tag. Another program's lines are left alone: what has no text of Headscale's own
/// counts only under a tag of Headscale's.
struct LineExaminer: ~Copyable {
    /// Where the fields stand of the line last examined.
    private(set) var line = LogLine()
    /// What the line last examined tells, if it is Headscale's.
    private(set) var found = Finding(.dumped, level: nil, format: .plain, message: nil)
    /// Whether the record last examined, which is not Headscale's, says what an administrator did.
    private(set) var isHint = false
    /// The line without its colours or quotes, if it had any.
    private(set) var rewritten = RewrittenLine()
    /// The id of the node that the line last examined names, if any nodes are known.
    private(set) var node: UInt64?
    /// The nodes of now, which are looked up later: the memory is asked for them as soon as it is known which.
    var context = ContextTable()
    /// What was remembered of the lines before.
    private(set) var memory = SourceMemory()
    /// What the access log said since somebody took it.
    var accessLog = AccessLogTally()

    private let catalogue = MessageCatalogue.embedded
    private let names = FieldNames()
    private var messages = MessageCache()
    /// Whether the line that is read is in ``rewritten``.
    private var isRewritten = false
    /// Whether there was a record of Headscale's under the tag of somebody else.
    private var knowsOthers = false

    /// Whose a record is.
    enum Verdict {
        /// Another program's.
        case other
        /// Headscale's. The offsets in ``line`` are of its own bytes.
        case headscale
        /// Headscale's. The offsets are of ``LineExaminer/rewritten``.
        case rewritten
    }

    /// Finds out whose a record is whose text begins behind `split`, and what it tells.
    mutating func examine(_ record: RawSpan, split: Int, _ head: RecordHead) -> Verdict {
        isHint = false
        isRewritten = false
        let start = record.has("\u{FEFF}", at: split + 1) ? split + 4 : split + 1
        guard start < record.byteCount else { return .other }
        let range = start..<record.byteCount
        let shape = LineShape(record, range)
        if case .plain = shape, !knowsOthers, !Wrapping.mayBegin(record, start), head.origin(record) == .other {
            // Most of what other programs write.
            isHint = head.isOfAdministrators(record)
            return .other
        }
        node = nil
        guard read(record, shape, range, head, record, layers: 0) else { return .other }
        if let node { context.prefetch(node: node) }
        return isRewritten ? .rewritten : .headscale
    }

    // All that read a line fill in ``line`` and ``found``, or return false: it is not Headscale's. They read `range` of
    // `text`, which is `record` or what was made of it.

    /// Reads a line of any shape, from which so many `layers` were taken away.
    private mutating func read(
        _ text: RawSpan, _ shape: LineShape, _ range: Range<Int>, _ head: RecordHead, _ record: RawSpan, layers: Int
    ) -> Bool {
        switch shape {
        case .json where readJSON(text, range, head, record): return true
        case .text where readText(text, range, head, record): return true
        case .colours:
            guard layers < Wrapping.layers else { return false }
            rewritten.removeColours(of: text, range)
            return readRewritten(head, record, layers)
        case .docker(let start):
            guard layers < Wrapping.layers, rewritten.unquote(text, start..<range.upperBound) else { return false }
            return readRewritten(head, record, layers)
        case .plain where layers < Wrapping.layers:
            if let start = Wrapping.behindBlanks(text, range) ?? Wrapping.behindRuntime(text, range) {
                let rest = start..<range.upperBound
                return read(text, LineShape(text, rest), rest, head, record, layers: layers + 1)
            }
        default: break
        }
        return readRest(text, shape, range, head, record, layers)
    }

    /// Reads what is not zerolog's, or not quite: it counts only if something tells whose it is.
    private mutating func readRest(
        _ text: RawSpan, _ shape: LineShape, _ range: Range<Int>, _ head: RecordHead, _ record: RawSpan, _ layers: Int
    ) -> Bool {
        let origin = origin(head, record)
        guard origin != .other else {
            isHint = head.isOfAdministrators(record)
            return false
        }
        if case .plain = shape, layers < Wrapping.layers, let (name, start) = Wrapping.container(text, range) {
            let inner = head.ofContainer(text, name, record)
            let rest = start..<range.upperBound
            let innerShape = LineShape(text, rest)
            // A table has bars, too.
            if inner.origin(record) == .headscale || innerShape != .plain {
                return read(text, innerShape, rest, inner, record, layers: layers + 1)
            }
        }
        switch shape {
        case .json, .text:
            guard origin == .headscale, !isOfAnotherLibrary(text, range) else { return false }
            return readOther(text, .plain, range, head, origin, record)
        default: return readOther(text, shape, range, head, origin, record)
        }
    }

    /// Whose a record is: what its head says, or that an earlier one of its source was Headscale's. A docker container
    /// runs one program; under other tags there may be several.
    // Inlined, since a call that only reads would copy all of `self` first.
    @inline(__always)
    private func origin(_ head: RecordHead, _ record: RawSpan) -> LineOrigin {
        let origin = head.origin(record)
        guard knowsOthers, origin == .container || origin == .other, memory.knows(head.sourceKey(record)) else {
            return origin
        }
        return origin == .container ? .headscale : .unnamed
    }

    private mutating func readRewritten(_ head: RecordHead, _ record: RawSpan, _ layers: Int) -> Bool {
        isRewritten = true
        // The span is used only until the line is rewritten once more, and while that is made of it.
        let text = unsafe _overrideLifetime(rewritten.bytes, copying: record)
        guard text.byteCount > 0 else { return false }
        let range = 0..<text.byteCount
        return read(text, LineShape(text, range), range, head, record, layers: layers + 1)
    }

    // MARK: - zerolog

    private mutating func readJSON(
        _ text: RawSpan, _ range: Range<Int>, _ head: RecordHead, _ record: RawSpan
    ) -> Bool {
        // Headscale puts the level first, unless there is none.
        let isZerolog = text.has("{\"level\":\"", at: range.lowerBound)
        let origin = isZerolog ? nil : origin(head, record)
        guard isZerolog || origin == .headscale || origin == .unnamed else { return false }
        guard JSONLine.read(text, range, names, into: &line) else { return false }
        let level = line[.level].flatMap { Level(text, $0.range) }
        guard line[.message] != nil || (level != nil && !isOfAnotherLibrary(text, range)) else { return false }
        findNode(text)
        line.level = level
        let message = line[.message]?.range ?? range.upperBound..<range.upperBound
        let result: MessageCache.Result
        if let key = MessageCache.Key(text, message, level) {
            if let known = messages[key] {
                result = known
            } else {
                result = lookedUp(catalogue.match(text, message, .whole), text, message)
                messages.keep(result, of: key)
            }
        } else {
            result = lookedUp(isMessage(message) ? catalogue.match(text, message, .whole) : nil, text, message)
        }
        return note(text, result, head, origin ?? self.origin(head, record), record)
    }

    private mutating func readText(
        _ text: RawSpan, _ range: Range<Int>, _ head: RecordHead, _ record: RawSpan
    ) -> Bool {
        guard let console = ConsoleLine(text, range) else { return false }
        line.reset(.text)
        line.level = console.level
        line.set(.time, console.time)
        if let caller = console.caller { line.set(.caller, caller) }
        var match = catalogue.match(text, console.rest, .prefix)
        let end = match.map { Int($0.end) } ?? ConsoleLine.fieldsStart(text, console.rest)
        line.set(.message, console.rest.lowerBound..<end)
        ConsoleLine.readFields(text, end..<console.rest.upperBound, names, into: &line)
        findNode(text)
        if !isMessage(console.rest.lowerBound..<end) { match = nil }
        return note(text, lookedUp(match, text, console.rest.lowerBound..<end), head, origin(head, record), record)
    }

    @inline(__always)
    private mutating func findNode(_ text: RawSpan) {
        guard context.count > 0, let node = line[.nodeID].flatMap({ text.decimal($0.range) }) else { return }
        self.node = node
        context.prefetchIndex(node: node)
    }

    /// Whether an object of JSON is one of zap's and its like, which call the message otherwise.
    private func isOfAnotherLibrary(_ text: RawSpan, _ range: Range<Int>) -> Bool {
        line[.message] == nil && text.first("\"msg\":", in: range) != nil
    }

    private func lookedUp(
        _ match: CatalogueMatch?, _ text: RawSpan, _ message: Range<Int>
    ) -> MessageCache.Result {
        if let match { return .match(match) }
        return .unmatched(MessageCatalogue.fallback(text, message, level: line.level).meaning)
    }

    /// Whether the catalogue may be asked for the message: only queries of the database have none.
    private func isMessage(_ message: Range<Int>) -> Bool { !message.isEmpty || line[.sql] != nil }

    /// Notes what a line of zerolog's tells, if it is Headscale's.
    private mutating func note(
        _ text: RawSpan, _ result: MessageCache.Result, _ head: RecordHead, _ origin: LineOrigin, _ record: RawSpan
    ) -> Bool {
        let isTrusted = origin == .headscale || (origin == .unnamed && line.isAsHeadscaleWrites(text))
        switch result {
        case .unmatched(let meaning):
            guard isTrusted || line.isFromHeadscale(text) else { return false }
            noteUnmatched(meaning, head.sourceKey(record), isEmpty: line[.message]?.range.isEmpty ?? true)
        case .match(let match):
            let entry = catalogue.entry(match, level: line.level, text, error: line[.error]?.range)
            guard !entry.isGeneric || isTrusted || line.hasFieldsOfHeadscale || line.isFromHeadscale(text) else {
                return false
            }
            let key = head.sourceKey(record)
            found = Finding(entry.meaning, level: line.level, format: line.format, message: Int32(match.message))
            if entry.meaning.event == "http.request", let method = line[.method], let path = line[.path] {
                found = request(text, method.range, path.range, match)
            }
            memory.begin(key, found.meaning, level: line.level)
            memory.join(&found, text, line, key)
        }
        learn(origin)
        return true
    }

    /// Remembers that the record's source turned out to be Headscale by what it wrote, if its tag does not say so.
    @inline(__always)
    private mutating func learn(_ origin: LineOrigin) {
        if origin == .container || origin == .other { knowsOthers = true }
    }

    // MARK: - Other lines

    private mutating func readOther(
        _ text: RawSpan, _ shape: LineShape, _ range: Range<Int>, _ head: RecordHead, _ origin: LineOrigin,
        _ record: RawSpan
    ) -> Bool {
        let (start, format) = shape.text(range)
        // Nothing is no message, whatever the catalogue has for queries without one.
        guard start < range.upperBound else { return false }
        line.reset(format)
        let lineEnd = text.first("#012", in: start..<range.upperBound) ?? range.upperBound
        let first = start..<(lineEnd > start ? lineEnd : range.upperBound)
        line.set(.message, first)
        let key = head.sourceKey(record)
        if format == .spew, origin == .headscale || origin == .unnamed {
            memory.begin(key, .dumped, level: nil)
            found = Finding(.dumped, level: nil, format: .spew, message: nil)
            return true
        }
        if format == .gin, GinLine.read(text, first, into: &line) { return noteGin(text, origin, key) }
        let match = catalogue.match(text, first, .whole)
        // What a record says whose first line has no message is believed like that line.
        let isAwaited = memory.awaitsMessage(key)
        let entry = match.map { catalogue.entry($0, level: nil, text, error: nil) }.flatMap { entry in
            let isBelieved =
                origin == .headscale || !entry.isGeneric || (origin == .unnamed && (format != .plain || isAwaited))
            return isBelieved ? entry : nil
        }
        if format == .plain || format == .panic, let before = memory.continuation(key, entry?.meaning),
            origin == .headscale || before.meaning.isCrash || (isAwaited && entry != nil)
        {
            found = Finding(before.meaning, level: before.level, format: format, message: nil)
            found.part = before.part
            return true
        }
        if let match, let entry {
            learn(origin)
            if entry.meaning.isCrash { line.format = .panic }
            memory.begin(key, entry.meaning, level: nil)
            found = Finding(entry.meaning, level: nil, format: line.format, message: Int32(match.message))
            return true
        }
        guard origin == .headscale else { return false }
        noteUnmatched(MessageCatalogue.fallback(text, first, level: nil).meaning, key, isEmpty: false)
        return true
    }

    /// Notes what a message tells that the catalogue does not have.
    private mutating func noteUnmatched(_ meaning: Meaning, _ key: UInt64, isEmpty: Bool) {
        let isStart = line.format != .plain
        memory.begin(key, isStart ? meaning : nil, level: line.level, isEmpty: isEmpty)
        found = Finding(meaning, level: line.level, format: line.format, message: nil)
        found.isUnmatched = true
    }

    // MARK: - The access log

    /// Notes what a line of gin's tells, which may be anybody's but for the paths that nodes ask for.
    private mutating func noteGin(_ text: RawSpan, _ origin: LineOrigin, _ key: UInt64) -> Bool {
        guard let method = line[.method], let path = line[.path],
            origin == .headscale || text.has("/machine/", at: path.range.lowerBound)
        else { return false }
        learn(origin)
        found = request(text, method.range, path.range, nil)
        memory.begin(key, found.meaning, level: nil)
        return true
    }

    private mutating func request(
        _ text: RawSpan, _ method: Range<Int>, _ path: Range<Int>, _ match: CatalogueMatch?
    ) -> Finding {
        let status = line[.status].flatMap { text.decimal($0.range) } ?? 0
        let meaning = AccessLog.classify(text, method: method, path: path, status: Int(clamping: status))
        if let elapsed = line[.elapsed].flatMap({ text.microseconds(ofMilliseconds: $0.range) }) {
            let pace = AccessLog.pace(text, path: path)
            accessLog.note(
                status: Int(clamping: status), elapsedMicroseconds: pace == .own ? elapsed : nil,
                isLongPoll: pace == .session)
        }
        var finding = Finding(
            meaning, level: line.level, format: line.format, message: match.map { Int32($0.message) })
        finding.isRequest = true
        finding.isChange = status / 100 == 2 && AccessLog.isChange(text, method: method, path: path)
        return finding
    }
}
