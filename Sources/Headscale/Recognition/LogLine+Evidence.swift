extension LogLine {
    /// Whether something in the line is nobody else's, whatever its message says: Headscale's source files, or a machine's
    /// key.
    func isFromHeadscale(_ text: RawSpan) -> Bool {
        if let caller = self[.caller], Self.sources.contains(where: { text.first($0, in: caller.range) != nil }) {
            return true
        }
        guard let key = self[.machineKey], self[.nodeID] != nil || self[.node] != nil else { return false }
        return MachineKey.isKey(text, key.range)
    }

    private static let sources: [StaticString] = ["hscontrol/", "cmd/headscale/", "headscale/headscale/"]

    /// Whether the fields tell that a message is Headscale's that others have, too: all of those of its access log (from
    /// 0.29 on), or one with a name of its own.
    var hasFieldsOfHeadscale: Bool {
        if fields & Self.requestFields == Self.requestFields { return true }
        var rest = fields
        while rest != 0 {
            let field = rest.trailingZeroBitCount
            rest &= rest &- 1
            if Field.ownNames[field] >> self[field].rank & 1 == 1 { return true }
        }
        return fields & Self.databaseFields == Self.databaseFields
    }

    private static let requestFields = [Field.method, .path, .remote, .status, .bytes, .elapsed].reduce(0) {
        $0 | $1.bit
    }
    private static let databaseFields = Field.database.bit | Field.path.bit

    /// Whether a line without a tag is as Headscale writes them. In JSON the level is in front and the time a number:
    /// other libraries have other names, and other users of zerolog most often another form of time.
    func isAsHeadscaleWrites(_ text: RawSpan) -> Bool {
        guard fields & (Field.message.bit | Field.error.bit | Field.sql.bit) != 0 else { return false }
        if format == .text { return true }
        guard let level = self[.level]?.range, let time = self[.time]?.range, level.lowerBound >= 10 else {
            return false
        }
        return text.has("{\"level\":\"", at: level.lowerBound - 10) && text.decimal(time) != nil
    }
}
