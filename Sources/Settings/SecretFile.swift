/// The content of a secret file. Printing or inspecting it shows nothing.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself.
    public let bytes: [UInt8]

    public var description: String { "(secret)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Reads what the `*_file` keys for secrets name.
public enum SecretFile {
    /// Bytes a secret may have.
    public static let sizeLimit = 64 << 10

    /// The content of the file at `path`, less one line feed (and a carriage return before it) at its end.
    ///
    /// - Parameter position: Where the path was given (``Settings/position(of:)``), for errors.
    /// - Throws: If it is not a regular file, cannot be read, is empty, has more than ``sizeLimit`` bytes, or may be
    ///   read or written by its group or others.
    public static func read(_ path: String, givenAt position: FilePosition = .builtIn) throws(SettingsError) -> Secret {
        var (bytes, mode): ([UInt8], UInt32)
        do throws(FileContents.Failure) {
            (bytes, mode) = try FileContents.read(path, limit: sizeLimit)
        } catch {
            throw SettingsError(
                error.code, at: position, "\(clipped(path, to: 200)): \(error.message)", remedy: error.remedy)
        }
        guard mode & 0o066 == 0 else {
            throw SettingsError(
                .permissions, at: position,
                "\(clipped(path, to: 200)): others can read or write it (mode 0\(String(mode & 0o777, radix: 8)))",
                remedy: "run: chmod 600 \(clipped(path, to: 200))")
        }
        if bytes.last == 0x0A {
            bytes.removeLast()
            if bytes.last == 0x0D { bytes.removeLast() }
        }
        guard !bytes.isEmpty else {
            throw SettingsError(
                .invalidValue, at: position, "\(clipped(path, to: 200)): the file is empty",
                remedy: "write the secret into it")
        }
        return Secret(bytes: bytes)
    }
}
