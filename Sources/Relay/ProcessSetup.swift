import Glibc

/// What a relay wants of its process before anything is opened or any thread is started.
public enum ProcessSetup {
    /// Descriptors that are kept for ledger, destinations, metrics and listeners, beside those of connections.
    static let descriptorReserve = 128

    /// To be called first of all.
    public static func prepare() {
        openStandardDescriptors()
        blockSignals()
        raiseFileLimit()
    }

    /// Opens `/dev/null` in the place of closed standard descriptors: else the first files that are opened, which are
    /// the ledger's, would get their numbers, and messages would be written into them.
    private static func openStandardDescriptors() {
        while true {
            let descriptor = unsafe open("/dev/null", O_RDWR)
            if descriptor > STDERR_FILENO { close(descriptor) }
            guard (0...STDERR_FILENO).contains(descriptor) else { return }
        }
    }

    /// Signals that end the relay in order. SIGHUP is one if there is a terminal, which sends it when it is closed; else
    /// somebody means to say that a file was rotated, or the configuration changed.
    static var endSignals: sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&signals, signal) }
        return signals
    }

    /// Keeps the end signals for ``Relay/waitForEnd()``: threads inherit what is blocked. A peer that has gone, and a file
    /// that may not grow (`ulimit -f`), are errors of the calls that meet them, not the end of the process.
    private static func blockSignals() {
        var signals = endSignals
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Whether a person has started the process, and may close the terminal.
    static var hasTerminal: Bool { (STDIN_FILENO...STDERR_FILENO).contains { isatty($0) == 1 } }

    /// Lets the end signals end the process as they do by default.
    static func releaseSignals() {
        if !hasTerminal { signal(SIGHUP, SIG_IGN) }
        var signals = endSignals
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Raises the soft limit of open files to the hard one: each connection takes one.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Connections that all listeners together can have at one time.
    static var connectionLimit: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return max(0, Int(clamping: limit.rlim_cur) - descriptorReserve)
    }
}
