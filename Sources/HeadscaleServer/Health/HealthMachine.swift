public import Headscale

/// Decides what there is to say about the health of a server: an event goes in with the time at which it happened, and
/// what has changed comes out. It is told
///
/// - what each look at the server showed (``note(_:at:)``), and
/// - every now and then, when Headscale's last record came (``tick(lastRecord:at:)``).
///
/// A record is made when a state changes, never while it lasts. Trouble counts when it was seen twice in a row, or for two
/// minutes; that it is over, at once.
public struct HealthMachine: Sendable {
    /// Looks in a row, or seconds, after which trouble counts.
    static let confirmations = 2
    static let confirmationSeconds: Int64 = 120
    /// Seconds between two looks at what seldom changes: version and certificate.
    static let thoroughInterval: Int64 = 600

    private enum State {
        case unknown, up, degraded, down
    }

    /// What the gauges show.
    public private(set) var report = HealthReport()

    private let server: String
    private var state = State.unknown
    private var trouble = Trouble()
    private var metricsTrouble = Trouble()
    private var metricsFailed = false
    private var certificate = CertificateWatch()
    private var silence = LogSilence()
    private var version: String?
    private var lastThoroughLook: Int64?

    /// `server` is what records call it, its URL.
    public init(server: String) {
        self.server = server
    }

    /// Whether the next look should also ask for what seldom changes: now and then, and as long as something is wrong.
    public func wantsThoroughLook(at now: Moment) -> Bool {
        guard let last = lastThoroughLook, report.health == true else { return true }
        return now.uptime - last >= Self.thoroughInterval
    }

    /// Takes what a look showed; returns what has changed. `isThorough` says whether version and certificate were asked
    /// for, too.
    public mutating func note(_ seen: HealthObservation, isThorough: Bool, at now: Moment) -> [StateRecord] {
        if isThorough { lastThoroughLook = now.uptime }
        report.isUp = seen.answer == .pass || seen.answer == .databaseFailure
        report.health = seen.answer == .pass
        var records = judge(seen.answer, at: now)
        records += certificate.note(seen, server: server, at: now)
        report.certificateEnd = certificate.end
        records += note(version: seen.version)
        if let metrics = seen.metrics { records += note(metrics, isUp: report.health == true, at: now) }
        return records
    }

    /// Takes when Headscale's last record came, by the monotonic clock in seconds; nil if none has come yet.
    public mutating func tick(lastRecord: Int64?, at now: Moment) -> [StateRecord] {
        let change = silence.tick(lastRecord: lastRecord, isUp: state == .up, at: now.uptime)
        report.logAge = lastRecord.map { max(0, now.uptime - $0) }
        report.isSilent = lastRecord == nil ? nil : silence.isSilent
        switch change {
        case .began(let seconds, let limit):
            return [
                .health(
                    "health.silent", .error, [("url", server), ("seconds", "\(seconds)"), ("expected", "\(limit)")],
                    "No record of Headscale for \(seconds) s, though \(server) is up: within \(limit) s there usually is one"
                )
            ]
        case .ended(let seconds):
            return [
                .health(
                    "health.audible", .good, [("url", server), ("seconds", "\(seconds)")],
                    "Records of Headscale come again after \(seconds) s")
            ]
        case nil: return []
        }
    }

    // MARK: - Up and down

    private mutating func judge(_ answer: HealthObservation.Answer, at now: Moment) -> [StateRecord] {
        guard let problem = answer.problem else {
            let (before, since) = (state, trouble.since)
            (state, trouble) = (.up, Trouble())
            if before != .up { silence.restart(at: now.uptime) }
            guard before == .down || before == .degraded else { return [] }
            return [
                .health(
                    "health.up", .good, [("url", server)] + Self.since(since),
                    "Headscale at \(server) is well again" + Self.duration(since, now))
            ]
        }
        trouble.note(at: now)
        guard trouble.counts(at: now) else { return [] }
        let isDown = answer != .databaseFailure
        guard state != (isDown ? .down : .degraded) else { return [] }
        state = isDown ? .down : .degraded
        let parameters = [("url", server), ("error", problem)] + Self.since(trouble.since)
        return [
            isDown
                ? .health("health.down", .critical, parameters, "Headscale at \(server) is down: \(problem)")
                : .health(
                    "health.degraded", .error, parameters, "Headscale at \(server) is up, but \(problem)",
                    category: "database")
        ]
    }

    private static func since(_ moment: Moment?) -> [(name: String, value: String)] {
        moment.map { [("since", DateText.utc($0.date))] } ?? []
    }

    private static func duration(_ since: Moment?, _ now: Moment) -> String {
        since.map { ", after \(now.uptime - $0.uptime) s" } ?? ""
    }

    // MARK: - Version and metrics

    private mutating func note(version new: String?) -> [StateRecord] {
        guard let new, new != version else { return [] }
        let old = version
        version = new
        guard let old else { return [] }
        return [
            .health(
                "health.version.changed", .good, [("url", server), ("old", old), ("new", new), ("version", new)],
                "Headscale at \(server) was \(old) and is \(new) now")
        ]
    }

    /// Of a server that does not answer, nothing else is to be said about its metrics.
    private mutating func note(_ metrics: HealthObservation.Metrics, isUp: Bool, at now: Moment) -> [StateRecord] {
        switch metrics {
        case .figures(let figures):
            report.figures = figures
            metricsTrouble = Trouble()
            guard metricsFailed else { return [] }
            metricsFailed = false
            return [
                .health(
                    "health.metrics.recovered", .good, [("url", server)], "The metrics of Headscale can be read again")
            ]
        case .failure(let reason):
            report.figures = nil
            guard isUp else { return [] }
            metricsTrouble.note(at: now)
            guard !metricsFailed, metricsTrouble.counts(at: now) else { return [] }
            metricsFailed = true
            return [
                .health(
                    "health.metrics.failure", .warning, [("url", server), ("error", reason)],
                    "The metrics of Headscale cannot be read: \(reason)")
            ]
        }
    }
}

/// Something that goes wrong, again and again.
struct Trouble: Sendable {
    /// When it began; nil while all is well.
    private(set) var since: Moment?
    private var count = 0

    mutating func note(at now: Moment) {
        if since == nil { since = now }
        count += 1
    }

    /// Whether it has happened often enough, or long enough, to be believed.
    func counts(at now: Moment) -> Bool {
        guard let since else { return false }
        return count >= HealthMachine.confirmations || now.uptime - since.uptime >= HealthMachine.confirmationSeconds
    }
}

/// What is known of a server's health, for the gauges: nil is not known.
public struct HealthReport: Sendable, Equatable {
    /// Whether it answers.
    public var isUp: Bool?
    /// Whether it says that it is well.
    public var health: Bool?
    /// When its certificate ends, in seconds since 1970.
    public var certificateEnd: Int64?
    /// Seconds since the last record of Headscale.
    public var logAge: Int64?
    /// Whether that is longer than usual.
    public var isSilent: Bool?
    /// What its metrics say.
    public var figures: ServerFigures?
}
