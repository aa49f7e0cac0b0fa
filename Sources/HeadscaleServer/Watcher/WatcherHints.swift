import Synchronization

/// Something in the log that may be the cause of a change: an administrative request, a command of root's, a login.
public struct WatcherHint: Sendable, Equatable {
    public enum Cause: Sendable, Equatable {
        /// A request of Headscale's API that was served (status 2xx).
        case request(method: String, path: String, address: String)
        /// A command that was run through sudo.
        case command(user: String, command: String)
        /// A login over SSH.
        case login(user: String, address: String)
    }

    /// The time that the record names, in milliseconds since 1970.
    public let time: Int64
    /// The host that the record is from.
    public let host: String
    public let cause: Cause

    public init(time: Int64, host: String, _ cause: Cause) {
        self.time = time
        self.host = host
        self.cause = cause
    }
}

extension WatcherHint: CustomStringConvertible {
    public var description: String {
        let what =
            switch cause {
            case .request(let method, let path, let address): "\(method) \(path) from \(address)"
            case .command(let user, let command): "sudo by \(user): \(command)"
            case .login(let user, let address): "ssh login of \(user) from \(address)"
            }
        return "\(what), \(StateTime.text(milliseconds: time))"
    }
}

/// The hints of the last while, told by the threads that read the log, asked for by the watcher. Bounded: the oldest go.
public final class WatcherHints: Sendable {
    /// Hints that are remembered.
    public static let limit = 1024
    /// Characters of a path or a command.
    static let textLimit = 256

    /// Hosts that are remembered.
    static let hostLimit = 16

    private struct State {
        var hints: [WatcherHint] = []
        /// The hosts that records of Headscale's come from.
        var hosts: Set<String> = []
    }

    private let state = Mutex(State())

    public init() {}

    /// Remembers that Headscale runs on `host`.
    public func note(headscaleOn host: String) {
        state.withLock { state in
            if state.hosts.count < Self.hostLimit { state.hosts.insert(host) }
        }
    }

    /// Remembers a hint. Requests that only ask, or failed, are for the caller to leave out.
    public func note(_ hint: WatcherHint) {
        state.withLock { state in
            if state.hints.count >= Self.limit { state.hints.removeFirst(state.hints.count - Self.limit + 1) }
            state.hints.append(hint)
        }
    }

    /// Remembers a request, if it is one that changed something: a method other than GET, and a status of 2xx.
    /// `time` is in milliseconds since 1970.
    public func note(request method: String, path: String, status: Int, from address: String, host: String, time: Int64)
    {
        guard (200...299).contains(status), path.hasPrefix("/api/"),
            ["POST", "PUT", "PATCH", "DELETE"].contains(method)
        else { return }
        note(
            WatcherHint(
                time: time, host: host,
                .request(method: method, path: String(path.prefix(Self.textLimit)), address: address)))
    }

    /// Remembers what a record of sudo or sshd says, if it is a command or a login.
    public func note(application: String, message: String, host: String, time: Int64) {
        if let cause = WatcherHint.Cause(application: application, message: message) {
            note(WatcherHint(time: time, host: host, cause))
        }
    }

    /// The hints of a window, in their order; Headscale writes its times without a fraction. A login counts only on the
    /// one host that Headscale is known to run on.
    func within(_ window: ClosedRange<Int64>) -> [WatcherHint] {
        state.withLock { state in
            let host = state.hosts.count == 1 ? state.hosts.first : nil
            return state.hints.filter { hint in
                guard hint.time > window.lowerBound - 1000, hint.time <= window.upperBound else { return false }
                if case .login = hint.cause { return hint.host == host }
                return true
            }
        }
    }
}

extension WatcherHint.Cause {
    /// What a record of sudo (`alice : TTY=… ; COMMAND=…`; one that was refused has the reason behind the colon) or sshd (`Accepted publickey for alice from 192.0.2.1 port …`)
    /// says; nil for any other.
    init?(application: String, message: String) {
        let words = message.split(separator: " ", maxSplits: 8)
        switch application {
        case "sudo":
            guard words.count > 2, words[1] == ":", let name = words[2].firstIndex(of: "="),
                words[2][..<name].allSatisfy({ $0.isASCII && $0.isUppercase }),
                let command = message.firstRange(of: "COMMAND=")
            else { return nil }
            self = .command(
                user: String(words[0]), command: String(message[command.upperBound...].prefix(WatcherHints.textLimit)))
        case "sshd", "sshd-session":
            guard words.count > 5, words[0] == "Accepted", words[2] == "for", words[4] == "from" else { return nil }
            self = .login(user: String(words[3]), address: String(words[5]))
        default: return nil
        }
    }
}

// MARK: - Likely causes

/// Which hints explain which changes.
enum LikelyCauses {
    /// For each change the one hint that can be its cause, nil if there is none or more than one.
    ///
    /// A request counts when it would have just this effect, and none of the other changes. Only if no request fits,
    /// one command through sudo that may have had the effect counts, or else, if there was none, one login.
    static func find(_ changes: [Change], _ hints: [WatcherHint]) -> [WatcherHint?] {
        let requests = changes.map { change in hints.indices.filter { hints[$0].fits(change) } }
        var uses: [Int: Int] = [:]
        for index in requests.joined() { uses[index, default: 0] += 1 }
        return zip(changes, requests).map { change, fitting in
            if fitting.count == 1, let index = fitting.first, uses[index] == 1 { return hints[index] }
            return fitting.isEmpty && change.request != nil ? shellHint(for: change.event, hints) : nil
        }
    }

    private static func shellHint(for event: StateEvent, _ hints: [WatcherHint]) -> WatcherHint? {
        let commands = hints.filter { hint in
            if case .command(_, let command) = hint.cause { ShellCommand(command).fits(event) } else { false }
        }
        guard commands.isEmpty else { return commands.count == 1 ? commands.first : nil }
        let logins = hints.filter { hint in
            if case .login = hint.cause { true } else { false }
        }
        return logins.count == 1 ? logins.first : nil
    }
}

extension WatcherHint {
    fileprivate func fits(_ change: Change) -> Bool {
        guard case .request(let method, let path, _) = cause, let shape = change.request else { return false }
        return shape.fits(method: method, path: path)
    }
}
