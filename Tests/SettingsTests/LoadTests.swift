import Foundation
import Settings
import Testing

@Suite struct LoadTests {
    /// A folder that is removed with the test.
    final class Folder {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "waxwing-settings-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ bytes: [UInt8], mode: Int = 0o600) throws -> String {
            let file = "\(path)/\(name)"
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            return file
        }
    }

    // MARK: - Configuration files

    @Test func pathsStartFromTheFilesFolder() throws {
        let folder = try Folder()
        let file = try folder.write("waxwing.yaml", Array("stream: {mac_key_file: secrets/mac}".utf8))
        let settings = try Settings.load(path: file, environment: [:])
        #expect(settings.data == "\(folder.path)/waxwing-data")
        #expect(settings.stream.key == .generated(path: "\(folder.path)/waxwing-data/keys/log.pem"))
        #expect(settings.stream.macKeyFile == "\(folder.path)/secrets/mac")
        #expect(settings.position(of: "stream.mac_key_file") == FilePosition(file: file, line: 1, column: 24))
    }

    @Test(arguments: [
        ("", "x", "x"), (".", "x", "x"), ("./", "./x", "x"), ("conf", ".", "conf"), ("", "./", "."),
        ("conf/", "x/y", "conf/x/y"),
        ("/", "x", "/x"), ("/etc/waxwing", "../x", "/etc/waxwing/../x"), ("/etc", "/x", "/x"),
        ("conf", ".//x", "conf/x"),
        ("conf", "..x", "conf/..x"), ("conf", ".x", "conf/.x"),
    ])
    func relativePath(_ base: String, _ given: String, _ expected: String) throws {
        #expect(try Settings.parse("data: \(given)", baseDirectory: base).data == expected)
    }

    @Test func missingFile() throws {
        let folder = try Folder()
        let error = #expect(throws: SettingsErrors.self) {
            try Settings.load(path: "\(folder.path)/none.yaml", environment: [:])
        }
        #expect(
            error?.description == "\(folder.path)/none.yaml: the file cannot be opened: No such file or directory; "
                + "check the path and its permissions")
    }

    @Test func otherThanRegularFiles() throws {
        let folder = try Folder()
        #expect(unsafe mkfifo("\(folder.path)/pipe", 0o600) == 0)
        for path in [folder.path, "\(folder.path)/pipe", "/dev/zero"] {
            let error = #expect(throws: SettingsErrors.self) { try Settings.load(path: path, environment: [:]) }
            #expect(error?.description == "\(path): not a regular file; give the path of a file")
        }
    }

    @Test func fileSize() throws {
        let folder = try Folder()
        let comment = Array(repeating: UInt8(ascii: "#"), count: Settings.sizeLimit)
        let largest = try folder.write("largest.yaml", comment)
        #expect(throws: Never.self) { try Settings.load(path: largest, environment: [:]) }
        let larger = try folder.write("larger.yaml", comment + [0x23])
        let error = #expect(throws: SettingsErrors.self) { try Settings.load(path: larger, environment: [:]) }
        #expect(error?.errors.first?.code == .tooLarge)
        #expect(throws: SettingsErrors.self) { try Settings.parse(String(decoding: comment + [0x23], as: UTF8.self)) }
    }

    @Test func notUTF8() throws {
        let folder = try Folder()
        let file = try folder.write("latin.yaml", Array("# one\n# z".utf8) + [0xFC] + Array("rich\n".utf8))
        let error = #expect(throws: SettingsErrors.self) { try Settings.load(path: file, environment: [:]) }
        #expect(error?.description == "\(file):2:1: the line is not UTF-8; save the file as UTF-8")
    }

    @Test func byteOrderMarkAndCarriageReturns() throws {
        let folder = try Folder()
        let file = try folder.write("windows.yaml", Array("\u{FEFF}queue: 8MiB\r\ndrain: 5\r\n".utf8))
        let error = #expect(throws: SettingsErrors.self) { try Settings.load(path: file, environment: [:]) }
        #expect(error?.errors.map { [$0.position.line, $0.position.column] } == [[2, 8]])
    }
}
