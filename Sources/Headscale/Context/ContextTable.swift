/// All nodes of a Headscale, to be looked up by id and by address: immutable, and made anew for each snapshot.
///
/// What a record gains is ready-made text of SD-PARAMs (RFC 5424 §6.3.3), each with a space in front, escaped, without
/// control characters. A lookup is a hash and one or two comparisons, and allocates nothing.
@safe
public final class ContextTable: Sendable {
    /// The most nodes of a table.
    public static let nodeLimit = 50_000
    /// The most addresses of a node.
    public static let addressLimit = 8
    /// Octets that a value has at most, before escaping.
    static let valueLimit = 255

    /// Nodes that are in the table.
    public let count: Int
    /// Nodes that are not, because there were too many.
    public let excess: Int
    /// The parameters of all nodes; never changed, and freed with the table.
    nonisolated(unsafe) private let text: UnsafeRawBufferPointer
    private let nodes: [Entry]
    /// Places in ``nodes`` plus one, by a hash of the id; 0 where there is none.
    private let byID: [UInt32]
    /// The same for addresses, by place in ``addresses``.
    private let byAddress: [UInt32]
    private let addresses: [AddressEntry]

    /// Where the text about a node stands.
    private struct Entry: BitwiseCopyable {
        var id: UInt64
        var start: UInt32
        /// Where the parameters of the node itself end and those of its address begin.
        var split: UInt32
        var end: UInt32
        /// The given name, within the parameters of the address.
        var nameEnd: UInt32
    }

    private struct AddressEntry: BitwiseCopyable {
        var address: IPAddress
        var node: UInt32
    }

    /// A table of `nodes`, of which those beyond ``nodeLimit`` are left out. Of two nodes with one id or one address the
    /// first counts.
    public init(_ nodes: [ContextNode] = []) {
        count = min(nodes.count, Self.nodeLimit)
        excess = nodes.count - count
        var (text, entries, addresses) = ([UInt8](), [Entry](), [AddressEntry]())
        entries.reserveCapacity(count)
        addresses.reserveCapacity(2 * count)
        for node in nodes.prefix(count) {
            for address in node.addresses.prefix(Self.addressLimit) {
                addresses.append(AddressEntry(address: address, node: UInt32(entries.count)))
            }
            entries.append(Self.append(node, to: &text))
        }
        byID = Self.index(entries.map { Self.hash($0.id) }) { entries[$0].id == entries[$1].id }
        byAddress = Self.index(addresses.map { Self.hash($0.address) }) {
            addresses[$0].address == addresses[$1].address
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 16)
        unsafe memory.copyBytes(from: text)
        unsafe self.text = UnsafeRawBufferPointer(memory)
        (self.nodes, self.addresses) = (entries, addresses)
    }

    deinit { unsafe text.deallocate() }

    // MARK: - Lookups

    /// ` node_name="…" node_ip="…" …` of the node with this id, as far as it is known.
    @inline(__always)
    @_lifetime(borrow self)
    public func parameters(ofNode id: UInt64) -> RawSpan? {
        guard let entry = entry(id) else { return nil }
        return span(entry.start, entry.split)
    }

    /// ` ip_node="…" ip_node_id="…"` of the node that has this address.
    @inline(__always)
    @_lifetime(borrow self)
    public func parameters(ofAddress address: IPAddress) -> RawSpan? {
        guard let entry = entry(address) else { return nil }
        return span(entry.split, entry.end)
    }

    /// The given name of the node that has this address, as a PARAM-VALUE.
    @inline(__always)
    @_lifetime(borrow self)
    public func name(ofAddress address: IPAddress) -> RawSpan? {
        guard let entry = entry(address) else { return nil }
        return span(entry.split + UInt32(Self.nameParameter.utf8CodeUnitCount), entry.nameEnd)
    }

    @inline(__always)
    private func entry(_ id: UInt64) -> Entry? {
        var slot = Self.slot(Self.hash(id), byID.count)
        while byID[slot] > 0 {
            let entry = nodes[Int(byID[slot]) - 1]
            if entry.id == id { return entry }
            slot = (slot + 1) & (byID.count - 1)
        }
        return nil
    }

    @inline(__always)
    private func entry(_ address: IPAddress) -> Entry? {
        var slot = Self.slot(Self.hash(address), byAddress.count)
        while byAddress[slot] > 0 {
            let entry = addresses[Int(byAddress[slot]) - 1]
            if entry.address == address { return nodes[Int(entry.node)] }
            slot = (slot + 1) & (byAddress.count - 1)
        }
        return nil
    }

    @inline(__always)
    @_lifetime(borrow self)
    private func span(_ start: UInt32, _ end: UInt32) -> RawSpan {
        precondition(unsafe start <= end && Int(end) <= text.count)
        let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: text[Int(start)..<Int(end)]))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    // MARK: - Hashing

    @inline(__always)
    private static func hash(_ id: UInt64) -> UInt64 { id &* 0x9E37_79B9_7F4A_7C15 }

    /// Addresses of one tailnet differ in their low bits only; both halves are mixed all the same.
    @inline(__always)
    private static func hash(_ address: IPAddress) -> UInt64 {
        hash(address.low ^ address.high &* 0xC2B2_AE3D_27D4_EB4F)
    }

    @inline(__always)
    private static func slot(_ hash: UInt64, _ count: Int) -> Int {
        Int(truncatingIfNeeded: hash >> 32) & (count - 1)
    }

    /// A hash table of twice to four times as many slots as there are entries.
    private static func index(_ hashes: [UInt64], areEqual: (Int, Int) -> Bool) -> [UInt32] {
        var size = 2
        while size < hashes.count * 2 { size *= 2 }
        var slots = [UInt32](repeating: 0, count: size)
        for (entry, hash) in hashes.enumerated() {
            var slot = slot(hash, size)
            while slots[slot] > 0, !areEqual(Int(slots[slot]) - 1, entry) { slot = (slot + 1) & (size - 1) }
            if slots[slot] == 0 { slots[slot] = UInt32(entry) + 1 }
        }
        return slots
    }

    // MARK: - Text

    private static var nameParameter: StaticString { " ip_node=\"" }

    private static func append(_ node: ContextNode, to text: inout [UInt8]) -> Entry {
        let start = UInt32(text.count)
        append(" node_name=\"", node.givenName, to: &text)
        let addresses = node.addresses.prefix(addressLimit).map(\.description).joined(separator: ",")
        append(" node_ip=\"", addresses, to: &text)
        append(" node_user=\"", node.user, to: &text)
        append(" node_tags=\"", node.tags.joined(separator: ","), to: &text)
        append(" node_registered=\"", node.registered ?? "", to: &text)
        append(" node_expiry=\"", node.expiry ?? "", to: &text)
        let split = UInt32(text.count)
        append(nameParameter, node.givenName.isEmpty ? "\(node.id)" : node.givenName, to: &text)
        let nameEnd = UInt32(text.count - 1)
        append(" ip_node_id=\"", "\(node.id)", to: &text)
        return Entry(id: node.id, start: start, split: split, end: UInt32(text.count), nameEnd: nameEnd)
    }

    /// Appends a parameter, unless its value is empty. `opening` is everything up to and with the first quote.
    private static func append(_ opening: StaticString, _ value: String, to text: inout [UInt8]) {
        guard !value.isEmpty else { return }
        text.append(contentsOf: "\(opening)".utf8)
        ParameterText.append(value, limit: valueLimit, to: &text)
        text.append(UInt8(ascii: "\""))
    }
}
