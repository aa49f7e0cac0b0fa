/// What was found out about one line.
struct Finding: BitwiseCopyable {
    let meaning: Meaning
    let level: Level?
    let format: LineFormat
    /// The number of the message in the catalogue; nil for one that it does not have, or a line that needs none.
    let message: Int32?
    /// Whether the catalogue ought to have the message, and does not.
    var isUnmatched = false
    /// Whether it is a request of the access log.
    var isRequest = false
    /// Whether it is one that changed something.
    var isChange = false
    /// Whether another line of Headscale's has said the same just before.
    var isDuplicate = false
    /// The number of the refusal that this request of the access log was answered with.
    var refusal: Int32?
    /// The line's number in a record of several lines; 1 for the first.
    var part: UInt32 = 1

    init(_ meaning: Meaning, level: Level?, format: LineFormat, message: Int32?) {
        self.meaning = meaning
        self.level = level
        self.format = format
        self.message = message
    }
}

extension Meaning {
    /// What a line of a dumped configuration tells.
    static let dumped = Meaning(
        event: FixedText("config.dumped"), service: .core, category: .configuration, outcome: .unknown,
        isSecurityRelevant: true)

    /// Whether a stack follows, line by line.
    var isCrash: Bool { event == "headscale.crashed" || event == "http.panic" }
}
