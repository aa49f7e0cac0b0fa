internal import Syslog

extension SourceMemory {
    /// Joins the line that was found to tell `found` with those before it: the second line for one fact is marked, a refusal
    /// is kept for its request, and a request takes it.
    mutating func join(_ found: inout Finding, _ text: RawSpan, _ line: borrowing LogLine, _ key: UInt64) {
        if found.isRequest {
            found.refusal = refusal(of: found, text, line, key)
        } else if let code = line[.code].flatMap({ text.decimal($0.range) }), let seconds = line.seconds(text) {
            let error = line[.error] ?? FieldValue(0..<0, .plain)
            note(
                key, refusal: found.meaning.event, status: code, at: seconds, error: text.extracting(error.range),
                error.form)
        } else if found.meaning.event == "node.connected" || found.meaning.event == "node.disconnected",
            let node = line[.nodeID].flatMap({ text.decimal($0.range) }), let seconds = line.seconds(text)
        {
            found.isDuplicate = isRepeated(
                key, event: found.meaning.event, message: found.message ?? -1, node: node, at: seconds)
        }
    }

    /// What a scanner asks for has no handler that could refuse it.
    private mutating func refusal(
        of found: Finding, _ text: RawSpan, _ line: borrowing LogLine, _ key: UInt64
    ) -> Int32? {
        guard let status = line[.status].flatMap({ text.decimal($0.range) }), status >= 400,
            !(found.meaning.event == "http.probe"), let path = line[.path], let seconds = line.seconds(text)
        else { return nil }
        return takeRefusal(key, status: status, path: AccessLog.area(text, path: path.range), at: seconds)
    }
}

extension LogLine {
    /// The line's own time, in seconds since 1970; nil for one beyond what RFC 3339 can express.
    fileprivate func seconds(_ text: RawSpan) -> Int64? {
        guard let time = self[.time]?.range else { return nil }
        if let seconds = text.decimal(time).map({ Int64(clamping: $0) }) {
            return Timestamp.secondsRange.contains(seconds) ? seconds : nil
        }
        return Timestamp(rfc3339: text.extracting(time))?.seconds
    }
}
