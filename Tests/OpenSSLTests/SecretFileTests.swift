import Glibc
import OpenSSL
import Testing

@Suite("Files of secrets")
struct SecretFileTests {
    let directory = TemporaryDirectory()

    @Test(arguments: [0o600, 0o400, 0o200 | 0o400] as [mode_t])
    func readsWhatOnlyTheOwnerMay(mode: mode_t) throws {
        let path = directory.write("key", [1, 2, 3], mode: mode)
        #expect(try SecretFile.read(path).array == [1, 2, 3])
    }

    @Test(
        arguments: [
            0o640, 0o604, 0o660, 0o644, 0o666, 0o610, 0o601, 0o700, 0o620, 0o602, 0o777, 0o4600, 0o2600, 0o1600,
        ] as [mode_t])
    func refusesWhatOthersMay(mode: mode_t) throws {
        let path = directory.write("key", [1, 2, 3], mode: mode)
        let error = #expect(throws: OpenSSLError(.permissions, "")) { try SecretFile.read(path) }
        #expect(error?.message.contains("chmod 600 \(path)") == true)
        #expect(throws: OpenSSLError(.permissions, "")) { try SecretFile.check(path) }
    }

    @Test(.enabled(if: geteuid() == 0))
    func refusesWhatBelongsToSomebodyElse() throws {
        let path = directory.write("key", [1])
        #expect(unsafe chown(path, 4711, 0) == 0)
        let error = #expect(throws: OpenSSLError(.owner, "")) { try SecretFile.read(path) }
        #expect(error?.message.contains(path) == true)
    }

    @Test func refusesWhatIsNotARegularFile() {
        #expect(throws: OpenSSLError(.notRegularFile, "")) { try SecretFile.read(directory.path) }
        #expect(throws: OpenSSLError(.notRegularFile, "")) { try SecretFile.read("/dev/zero") }
        // A pipe that nobody writes to must not be waited for.
        let pipe = directory.file("pipe")
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        #expect(throws: OpenSSLError(.notRegularFile, "")) { try SecretFile.read(pipe) }
    }

    @Test func saysWhichFileIsMissing() {
        let error = #expect(throws: OpenSSLError(.file, "")) { try SecretFile.read(directory.file("none")) }
        #expect(error?.message == "cannot open \(directory.path)/none: No such file or directory")
    }

    @Test(arguments: [(SecretFile.byteLimit, true), (SecretFile.byteLimit + 1, false)])
    func limitsLength(count: Int, isTaken: Bool) throws {
        let path = directory.write("key", [UInt8](repeating: 7, count: count))
        if isTaken {
            #expect(try SecretFile.read(path).count == count)
        } else {
            #expect(throws: OpenSSLError(.length, "")) { try SecretFile.read(path) }
        }
    }

    @Test func followsALink() throws {
        let path = directory.write("key", [5])
        #expect(unsafe symlink(path, directory.file("link")) == 0)
        #expect(try SecretFile.read(directory.file("link")).array == [5])
    }

    @Test func createsAndNeverOverwrites() throws {
        let path = directory.file("new")
        try SecretFile.create(path, SecretBytes("first"))
        #expect(mode(of: path) == 0o600)
        #expect(try SecretFile.read(path).text == "first")
        let error = #expect(throws: OpenSSLError(.exists, "")) { try SecretFile.create(path, SecretBytes("second")) }
        #expect(error?.message.contains(path) == true)
        #expect(try SecretFile.read(path).text == "first")
    }

    @Test func createsNothingThroughALink() throws {
        #expect(unsafe symlink(directory.file("target"), directory.file("link")) == 0)
        #expect(throws: OpenSSLError(.exists, "")) { try SecretFile.create(directory.file("link"), SecretBytes("x")) }
        #expect(directory.names == ["link"])
    }

    @Test func createsOnlyInADirectoryThatIsThere() {
        #expect(throws: OpenSSLError(.file, "")) { try SecretFile.create(directory.file("no/key"), SecretBytes("x")) }
    }

    @Test func replaces() throws {
        let path = directory.file("state")
        // What a crash in the middle of an earlier replacement leaves behind.
        directory.write("state.new", [9, 9])
        for text in ["first", "the second, longer", "3"] {
            try SecretFile.replace(path, SecretBytes(text))
            #expect(try SecretFile.read(path).text == text)
            #expect(mode(of: path) == 0o600)
            #expect(directory.names == ["state"])
        }
    }

    @Test func replacingErasesTheOldContent() throws {
        let path = directory.file("state")
        try SecretFile.create(path, SecretBytes("old secret"))
        let old = unsafe open(path, O_RDONLY)
        defer { close(old) }
        try SecretFile.replace(path, SecretBytes("new secret"))
        var bytes = [UInt8](repeating: 1, count: 64)
        #expect(unsafe read(old, &bytes, bytes.count) == 10)
        #expect(bytes.prefix(10).allSatisfy { $0 == 0 })
        #expect(try SecretFile.read(path).text == "new secret")
    }
}
