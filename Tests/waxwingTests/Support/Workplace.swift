import Glibc
import TestSupport

/// A temporary folder with a copy of `Inputs`, the key of the test vectors and another one; gone with the object.
struct Workplace {
    private let directory = TemporaryDirectory()

    /// The published key of the format's test vectors (octets 0 to 31), which protects nothing, and one that follows it
    /// (octets 32 to 63). The files are made here, so that none in the repository looks like a secret.
    private static let vectorKey = pem("AABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f")
    private static let nextKey = pem("CAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/")

    /// A PKCS#8 file: octets of the key in base64, behind what says that it is one of Ed25519.
    private static func pem(_ seed: String) -> String {
        ["-----BEGIN PRIVATE KEY-----", "MC4CAQAwBQYDK2VwBCIEI\(seed)", "-----END PRIVATE KEY-----", ""].joined(
            separator: "\n")
    }

    init() {
        copy(Self.inputs, to: path)
        directory.write("log.pem", Self.vectorKey)
        directory.write("next.pem", Self.nextKey)
    }

    var path: String { directory.path }

    /// The folder of this target's sources.
    static let sources = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    private static let inputs = "\(sources)/Inputs"

    // MARK: - Files

    /// Writes a file for its owner only, and makes the folders it is in.
    func write(_ name: String, _ bytes: [UInt8]) {
        for (index, character) in name.enumerated() where character == "/" {
            unsafe mkdir(directory.path(String(name.prefix(index))), 0o700)
        }
        Self.write(directory.path(name), bytes)
    }

    func read(_ name: String) -> [UInt8]? { TemporaryDirectory.contents(directory.path(name)) }

    /// The permissions of a file, nil if it is not there.
    func mode(_ name: String) -> mode_t? {
        var status = stat()
        return unsafe stat(directory.path(name), &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    static func write(_ path: String, _ bytes: [UInt8]) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let count = unsafe Glibc.write(descriptor, bytes, bytes.count)
        precondition(count == bytes.count, "\(path) cannot be written")
    }

    /// Copies a folder's content; copies can be read by their owner only, as the files of keys have to be.
    private func copy(_ source: String, to target: String) {
        for name in TemporaryDirectory.names(in: source) {
            var status = stat()
            unsafe stat("\(source)/\(name)", &status)
            if status.st_mode & S_IFMT == S_IFDIR {
                unsafe mkdir("\(target)/\(name)", 0o700)
                copy("\(source)/\(name)", to: "\(target)/\(name)")
            } else {
                Self.write("\(target)/\(name)", TemporaryDirectory.contents("\(source)/\(name)") ?? [])
            }
        }
    }
}
