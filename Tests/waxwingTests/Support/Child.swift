import Glibc
import Synchronization

/// A process of the `waxwing` that was built with the tests, in a folder of its own.
final class Child {
    /// How it ended, and what it said.
    struct Outcome {
        var output: [UInt8]
        var errors: [UInt8]
        /// The exit code, or 128 and the signal that ended it.
        var status: Int32
    }

    /// SwiftPM puts the executables of a package where it puts the tests.
    static let executable: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex) + "/waxwing"
    }()

    /// How long a process may take before it is killed.
    private static let patience: Int = 30

    private let process: pid_t
    private var outputs: [(descriptor: Int32, bytes: [UInt8])] = []
    private let deadline = time(nil) + patience

    /// One is started at a time, so that none inherits the pipes of another.
    private static let starting = Mutex<Void>(())

    /// Starts it with `input` as its standard input and `variables` in addition to this process's environment.
    init(_ arguments: [String], in folder: String, input: [UInt8] = [], variables: [String: String] = [:]) {
        let source = unsafe tmpfile()!
        defer { unsafe fclose(source) }
        unsafe write(fileno(source), input, input.count)
        unsafe lseek(fileno(source), 0, SEEK_SET)
        let arguments = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder, Self.executable] + arguments
        let descriptor = unsafe fileno(source)
        (process, outputs) = Self.starting.withLock { _ in
            let (output, errors) = (Pipe(), Pipe())
            defer { for pipe in [output, errors] { close(pipe.writer) } }
            let standard = [(descriptor, STDIN_FILENO), (output.writer, STDOUT_FILENO), (errors.writer, STDERR_FILENO)]
            return (
                Self.spawn(arguments, Self.environment(variables), standard),
                [(output.reader, []), (errors.reader, [])]
            )
        }
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String], _ descriptors: [(from: Int32, to: Int32)]
    ) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in descriptors { unsafe posix_spawn_file_actions_adddup2(&actions, from, to) }
        var process: pid_t = 0
        let code = unsafe withCStrings(arguments) { arguments in
            unsafe withCStrings(environment) { environment in
                unsafe posix_spawn(&process, arguments[0]!, &actions, nil, arguments, environment)
            }
        }
        precondition(code == 0, "no process can be started: \(unsafe String(cString: strerror(code)))")
        return process
    }

    /// Reads what it says until standard output holds `text`, or it has ended. False if it ended first.
    func waitForOutput(_ text: String) -> Bool { wait(for: text, of: 0) }

    /// The same for standard error.
    func waitForErrors(_ text: String) -> Bool { wait(for: text, of: 1) }

    private func wait(for text: String, of output: Int) -> Bool {
        while !String(decoding: outputs[output].bytes, as: UTF8.self).contains(text) {
            guard read() else { return false }
        }
        return true
    }

    func signal(_ number: Int32) {
        kill(process, number)
    }

    /// Reads all it has to say, and waits for its end.
    func wait() -> Outcome {
        while read() {}
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
        for output in outputs { close(output.descriptor) }
        let signal = status & 0x7F
        return Outcome(
            output: outputs[0].bytes, errors: outputs[1].bytes, status: signal == 0 ? status >> 8 & 0xFF : 128 + signal)
    }

    /// Reads what there is to read, having waited for it; false when both outputs are closed.
    private func read() -> Bool {
        var polled = outputs.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let left = max(0, deadline - time(nil))
        if unsafe poll(&polled, nfds_t(polled.count), Int32(left) * 1000) == 0 { kill(process, SIGKILL) }
        var isOpen = false
        for (index, poll) in polled.enumerated() where poll.revents != 0 {
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                count = max(0, unsafe Glibc.read(poll.fd, buffer.baseAddress!, buffer.count))
            }
            outputs[index].bytes += bytes
            if bytes.isEmpty {
                close(outputs[index].descriptor)
                outputs[index].descriptor = -1
            }
        }
        for output in outputs where output.descriptor >= 0 { isOpen = true }
        return isOpen
    }

    // MARK: - What it gets

    private struct Pipe {
        let reader: Int32
        let writer: Int32

        init() {
            var ends: [Int32] = [0, 0]
            let code = unsafe pipe(&ends)
            precondition(code == 0, "there are no file descriptors left")
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (reader, writer) = (ends[0], ends[1])
        }
    }

    /// This process's environment, in a terminal of 80 columns.
    private static func environment(_ variables: [String: String]) -> [String] {
        var result: [String] = []
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            unsafe result.append(String(cString: text))
            unsafe entry += 1
        }
        let variables = variables.merging(["COLUMNS": "80", "LC_ALL": "C.UTF-8", "JOURNAL_STREAM": "1:1"]) { $1 }
        result.removeAll { entry in variables.keys.contains { entry.hasPrefix("\($0)=") } }
        return result + variables.map { "\($0.key)=\($0.value)" }
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { while unsafe !pointers.isEmpty { unsafe free(pointers.removeLast()) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
    }
}
