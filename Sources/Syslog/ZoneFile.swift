#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The one place of this module that asks the operating system for something: a zone's file, by its name.
extension TimeZoneRule {
    /// The zone called `name`: `UTC`, `Z`, a fixed offset such as `+01:00`, or a name of the IANA database such as
    /// `Europe/Berlin`, which is read from `directory`.
    ///
    /// A name has at most 64 octets, parts of letters, digits, `+`, `-` and `_`, and cannot lead out of the directory.
    /// Throws `bad-name`, `not-found`, and what ``init(tzif:)`` throws.
    public static func named(
        _ name: String, directory: String = "/usr/share/zoneinfo"
    ) throws(TimeZoneError) -> TimeZoneRule {
        if name == "UTC" || name == "Z" { return .utc }
        let bytes = Array(name.utf8)
        if let zone = unsafe NumericZone(bytes.span.bytes, from: 0, to: bytes.count), zone.end == bytes.count {
            return TimeZoneRule(offsetSeconds: zone.offsetMinutes * 60)
        }
        guard isZoneName(bytes) else {
            throw TimeZoneError(
                .badName, "\"\(name)\" cannot be a time zone; use a name such as Europe/Berlin, or +01:00")
        }
        guard let file = contents(of: "\(directory)/\(name)") else {
            throw TimeZoneError(
                .notFound,
                "there is no time zone \"\(name)\" in \(directory); check the name, install the tzdata package, "
                    + "or give a fixed offset such as +01:00")
        }
        return try unsafe TimeZoneRule(tzif: file.span.bytes)
    }

    private static func isZoneName(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty, bytes.count <= 64 else { return false }
        return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy {
                    $0.isAlphanumeric || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// Up to one octet more than ``fileLimit`` of the file, which the decoder then refuses; nil if it cannot be read.
    private static func contents(of path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var file = [UInt8](repeating: 0, count: fileLimit + 1)
        var count = 0
        while count < file.count {
            // `read` gets the rest of the array and its length.
            let length = unsafe file.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress.unsafelyUnwrapped + count, buffer.count - count)
            }
            if length < 0 && errno == EINTR { continue }
            guard length >= 0 else { return nil }
            if length == 0 { break }
            count += length
        }
        file.removeSubrange(count...)
        return file
    }
}
