import CMaxMindDB
import Glibc
public import Syslog

/// Says of addresses where they are, as parameters of a structured data element, ready to be copied into a record:
///
///     country="DE" city="Frankfurt am Main" asn="64500" as_org="Example Networks"
///
/// Each thread has one of its own. It remembers the last addresses (``slotCount``, each in the place that its octets
/// decide), so that an address which comes again costs one comparison and one copy. Nothing is allocated.
@safe
public struct GeoIPLookup: ~Copyable {
    /// Addresses that can be remembered: 1 MiB, of which only what is used takes memory.
    static let slotCount = 4096
    /// The longest name of a city or an organisation, in octets.
    static let nameLimit = 64

    // A slot is the two halves of an address, whether there is one, the length of the text, and the text.
    private static let slotSize = 256
    private static let textOffset = 24
    private static let textLimit = slotSize - textOffset

    private let databases: [GeoIPDatabase]
    private let slots: UnsafeMutableRawBufferPointer

    /// Of several databases that know the same of an address, the first counts.
    public init(_ databases: [GeoIPDatabase]) {
        self.databases = databases
        let size = Self.slotCount * Self.slotSize
        // Zeros that nobody has touched take no memory.
        unsafe slots = unsafe UnsafeMutableRawBufferPointer(start: calloc(1, size), count: size)
        precondition(unsafe slots.baseAddress != nil, "out of memory")
    }

    deinit { unsafe free(slots.baseAddress) }

    /// Whether there is any database to look into.
    public var hasDatabases: Bool { !databases.isEmpty }

    /// Appends ` name="value"` for each thing that is known of an address, whose octets are two numbers, the most
    /// significant first, IPv4 mapped into IPv6.
    @inline(__always)
    public mutating func write(high: UInt64, low: UInt64, into out: inout ByteWriter) {
        guard hasDatabases else { return }
        let hash = (high ^ low &* 0xFF51_AFD7_ED55_8CCD) &* 0x9E37_79B9_7F4A_7C15
        let start = Int(truncatingIfNeeded: hash >> 52) * Self.slotSize
        if !holds(start, high, low) { fill(start, high, low) }
        let length = unsafe Int(slots[start + 17])
        if length > 0 { out.append(unsafe slots.bytes, start + Self.textOffset..<start + Self.textOffset + length) }
    }

    @inline(__always)
    private func holds(_ start: Int, _ high: UInt64, _ low: UInt64) -> Bool {
        unsafe slots.load(fromByteOffset: start, as: UInt64.self) == high
            && slots.load(fromByteOffset: start + 8, as: UInt64.self) == low && slots[start + 16] == 1
    }

    // MARK: - Looking up

    @inline(never)
    private mutating func fill(_ start: Int, _ high: UInt64, _ low: UInt64) {
        unsafe slots.storeBytes(of: high, toByteOffset: start, as: UInt64.self)
        unsafe slots.storeBytes(of: low, toByteOffset: start + 8, as: UInt64.self)
        unsafe slots[start + 16] = 1
        unsafe slots[start + 17] = 0
        guard let address = PublicAddress(high: high, low: low), let base = unsafe slots.baseAddress else { return }
        var facts = unsafe waxwing_maxmind_facts()
        for database in databases { unsafe database.lookUp(address, &facts) }
        var writer = unsafe ByteWriter(unsafeOver: base + start + Self.textOffset, capacity: Self.textLimit)
        unsafe Self.write(facts, into: &writer)
        precondition(!writer.overflowed, "a slot has room for the longest names")
        unsafe slots[start + 17] = UInt8(writer.count)
    }

    private static func write(_ facts: waxwing_maxmind_facts, into out: inout ByteWriter) {
        unsafe write("country", facts.country, facts.country_length, limit: 8, into: &out)
        unsafe write("city", facts.city, facts.city_length, limit: nameLimit, into: &out)
        let system = unsafe facts.autonomous_system
        if system != 0 {
            out.append(" asn=\"")
            out.append(decimal: UInt64(system))
            out.append(UInt8(ascii: "\""))
        }
        unsafe write("as_org", facts.organisation, facts.organisation_length, limit: nameLimit, into: &out)
    }

    private static func write(
        _ name: StaticString, _ text: UnsafePointer<CChar>?, _ length: Int, limit: Int, into out: inout ByteWriter
    ) {
        guard let text = unsafe text, length > 0 else { return }
        out.append(UInt8(ascii: " "))
        out.append(name)
        out.append("=\"")
        // The database, where the text lies, is open as long as this is.
        let value = unsafe RawSpan(_unsafeStart: text, byteCount: length)
        out.append(quoting: value, 0..<length, limit: limit)
        out.append(UInt8(ascii: "\""))
    }
}
