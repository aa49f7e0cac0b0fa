import CMaxMindDB

/// Why a database of places cannot be used.
public struct GeoIPError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, with the file's path, in one line.
    public let description: String
}

/// A file in the MaxMind DB format, mapped into memory: GeoLite2, GeoIP2, DB-IP and whatever has the same fields.
///
/// It is opened once. A newer file takes effect at the next start; it has to be renamed over the old one, as geoipupdate
/// does, and not be written into it.
@safe
public final class GeoIPDatabase: @unchecked Sendable {
    public let path: String
    /// What the file says it is: `GeoLite2-City`.
    public let type: String
    /// When it was made, in seconds since 1970.
    public let builtAt: UInt64

    private let database: OpaquePointer

    /// Opens the file at `path`.
    public init(path: String) throws(GeoIPError) {
        var reason: UnsafePointer<CChar>?
        guard let database = unsafe waxwing_maxmind_open(path, &reason) else {
            let text = unsafe reason.map { unsafe String(cString: $0) } ?? "it cannot be opened"
            throw GeoIPError(description: "\(path) cannot be used as a MaxMind database: \(text)")
        }
        self.path = path
        unsafe self.database = unsafe database
        type = unsafe String(cString: waxwing_maxmind_type(database))
        builtAt = unsafe waxwing_maxmind_built_at(database)
    }

    deinit { unsafe waxwing_maxmind_close(database) }

    /// Adds what is known of `address` to `facts`, whose text lies in this database.
    func lookUp(_ address: PublicAddress, _ facts: inout waxwing_maxmind_facts) {
        unsafe withUnsafeBytes(of: address.octets) { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe waxwing_maxmind_look_up(database, start, address.length, &facts)
        }
    }
}
