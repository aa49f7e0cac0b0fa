import Syslog

/// Times as Headscale's API and database write them, in whole seconds since 1970.
enum StateTime {
    /// The time that `text` is: `2026-09-23T15:28:40.293817627Z`, or the same with a space for `T`, as Go's driver for
    /// SQLite has it. Nil for none: Go's zero time, and whatever is no time.
    static func seconds(_ text: String) -> Int64? {
        var bytes = Array(text.utf8)
        guard bytes.count >= 19 else { return nil }
        if bytes[10] == UInt8(ascii: " ") { bytes[10] = UInt8(ascii: "T") }
        let isFraction: (UInt8) -> Bool = { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
        let zone = bytes[19...].drop(while: isFraction)
        let stamp = bytes[..<19] + (zone.isEmpty ? [UInt8(ascii: "Z")] : zone)
        guard let time = Timestamp(rfc3339: String(decoding: stamp, as: UTF8.self)), time.seconds > 0 else {
            return nil
        }
        return time.seconds
    }

    /// RFC 3339, UTC, to the second.
    static func text(_ seconds: Int64) -> String {
        spell(Timestamp(seconds: seconds, fractionDigits: 0))
    }

    /// RFC 3339, UTC, of milliseconds since 1970.
    static func text(milliseconds: Int64) -> String {
        let rest = (milliseconds % 1000 + 1000) % 1000
        return spell(
            Timestamp(
                seconds: (milliseconds - rest) / 1000, microseconds: Int(rest) * 1000, fractionDigits: 3))
    }

    private static func spell(_ time: Timestamp) -> String {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            var writer = unsafe ByteWriter(unsafeOver: buffer.baseAddress!, capacity: 32)
            time.write(into: &writer)
            count = writer.count
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
