internal import CScan
public import Syslog

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
    /// Nodes and addresses, each followed by what is said about it; never changed, and freed with the table.
    nonisolated(unsafe) private let memory: UnsafeRawBufferPointer
    private let byID: ContextIndex
    private let byAddress: ContextIndex

    /// A node in ``memory``; its text begins ``textOffset`` behind it.
    private struct Entry: BitwiseCopyable {
        var id: UInt64
        /// Where in the text the parameters of the node itself end and those of its address begin.
        var split: UInt32
        var end: UInt32
        /// The end of the given name, within the parameters of the address.
        var nameEnd: UInt32
    }

    /// An address in ``memory``, and where its node is.
    private struct AddressEntry: BitwiseCopyable {
        var address: IPAddress
        var node: UInt32
    }

    private static let textOffset = MemoryLayout<Entry>.stride
    /// Entries begin at multiples of it, so that they take as few cache lines as they can.
    private static let alignment = 32

    /// A table of `nodes`, of which those beyond ``nodeLimit`` are left out. Of two nodes with one id or one address the
    /// first counts.
    public init(_ nodes: [ContextNode] = []) {
        count = min(nodes.count, Self.nodeLimit)
        excess = nodes.count - count
        let nodes = nodes.prefix(count)
        var memory: [UInt8] = []
        var byID = ContextIndex(count: count)
        var byAddress = ContextIndex(count: nodes.reduce(0) { $0 + min($1.addresses.count, Self.addressLimit) })
        for node in nodes {
            let place = Self.append(node, to: &memory)
            byID.insert(Self.hash(node.id), at: place) { Self.load($0, memory, Entry.self).id == node.id }
            for address in node.addresses.prefix(Self.addressLimit) {
                let entry = AddressEntry(address: address, node: place)
                byAddress.insert(Self.hash(address), at: Self.append(entry, to: &memory)) {
                    Self.load($0, memory, AddressEntry.self).address == address
                }
            }
        }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: memory.count, alignment: 64)
        unsafe copy.copyBytes(from: memory)
        unsafe self.memory = UnsafeRawBufferPointer(copy)
        (self.byID, self.byAddress) = (byID, byAddress)
    }

    deinit { unsafe memory.deallocate() }

    // MARK: - Lookups

    /// ` node_name="…" node_ip="…" …` of the node with this id, as far as it is known.
    @inline(__always)
    @_lifetime(borrow self)
    public func parameters(ofNode id: UInt64) -> RawSpan? {
        guard let place = byID.find(Self.hash(id), where: { load($0, Entry.self).id == id }) else { return nil }
        return text(place, 0..<load(place, Entry.self).split)
    }

    /// ` ip_node="…" ip_node_id="…"` of the node that has this address.
    @inline(__always)
    @_lifetime(borrow self)
    public func parameters(ofAddress address: IPAddress) -> RawSpan? {
        guard let place = place(address) else { return nil }
        let entry = load(place, Entry.self)
        return text(place, entry.split..<entry.end)
    }

    /// ` sender_node="…" sender_node_id="…"` of the node that has this address, without a name of more than 128 octets;
    /// nil for an address that is no node's.
    public func sender(at address: PeerAddress) -> SenderText? {
        guard count > 0, let ip = IPAddress(address.bytes, 0..<address.bytes.byteCount), let place = place(ip) else {
            return nil
        }
        let entry = load(place, Entry.self)
        let name = text(place, entry.split + UInt32(Self.nameParameter.utf8CodeUnitCount)..<entry.nameEnd)
        return unsafe withUnsafeTemporaryAllocation(byteCount: SenderText.lengthMax, alignment: 1) { memory in
            var out = unsafe ByteWriter(unsafeOver: memory.baseAddress!, capacity: memory.count)
            if name.byteCount <= 128 {
                out.append(" sender_node=\"")
                out.append(name)
                out.append(UInt8(ascii: "\""))
            }
            out.append(" sender_node_id=\"")
            out.append(decimal: entry.id)
            out.append(UInt8(ascii: "\""))
            return unsafe SenderText(RawSpan(_unsafeStart: memory.baseAddress!, byteCount: out.count))
        }
    }

    /// Asks the memory for what ``prefetch(node:)`` looks at, so that nobody waits for it then.
    @inline(__always)
    func prefetchIndex(node id: UInt64) { byID.prefetch(Self.hash(id)) }

    /// Asks the memory for what will be said about the node with this id, so that nobody waits for it later. It is not
    /// looked whether it is that node: one of a few thousand million others would have come for nothing.
    @inline(__always)
    func prefetch(node id: UInt64) {
        guard let place = byID.find(Self.hash(id), where: { _ in true }) else { return }
        unsafe cscan_prefetch(memory.baseAddress! + Int(place), min(Self.usualSize, memory.count - Int(place)))
    }

    /// Octets that most nodes take.
    private static let usualSize = 256

    /// The place of the node that has this address.
    @inline(__always)
    private func place(_ address: IPAddress) -> UInt32? {
        byAddress.find(Self.hash(address)) { load($0, AddressEntry.self).address == address }
            .map { load($0, AddressEntry.self).node }
    }

    // MARK: - Memory

    @inline(__always)
    private func load<T: BitwiseCopyable>(_ place: UInt32, _ type: T.Type) -> T {
        unsafe memory.loadUnaligned(fromByteOffset: Int(place), as: type)
    }

    @inline(__always)
    @_lifetime(borrow self)
    private func text(_ place: UInt32, _ range: Range<UInt32>) -> RawSpan {
        let start = Int(place) + Self.textOffset
        precondition(unsafe start + Int(range.upperBound) <= memory.count)
        let bytes = unsafe memory[start + Int(range.lowerBound)..<start + Int(range.upperBound)]
        let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    private static func load<T: BitwiseCopyable>(_ place: UInt32, _ memory: [UInt8], _ type: T.Type) -> T {
        unsafe memory.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: Int(place), as: type) }
    }

    /// Appends `entry` where an entry may begin, and says where that is.
    private static func append<T: BitwiseCopyable>(_ entry: T, to memory: inout [UInt8]) -> UInt32 {
        memory.append(contentsOf: repeatElement(0, count: -memory.count & (alignment - 1)))
        let place = UInt32(memory.count)
        unsafe withUnsafeBytes(of: entry) { unsafe memory.append(contentsOf: $0) }
        memory.append(contentsOf: repeatElement(0, count: Int(place) + MemoryLayout<T>.stride - memory.count))
        return place
    }

    // MARK: - Hashing

    @inline(__always)
    private static func hash(_ id: UInt64) -> UInt64 { id &* 0x9E37_79B9_7F4A_7C15 }

    /// Addresses of one tailnet differ in their low bits only; both halves are mixed all the same.
    @inline(__always)
    private static func hash(_ address: IPAddress) -> UInt64 {
        hash(address.low ^ address.high &* 0xC2B2_AE3D_27D4_EB4F)
    }

    // MARK: - Text

    private static var nameParameter: StaticString { " ip_node=\"" }

    private static func append(_ node: ContextNode, to memory: inout [UInt8]) -> UInt32 {
        var text: [UInt8] = []
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
        let place = append(Entry(id: node.id, split: split, end: UInt32(text.count), nameEnd: nameEnd), to: &memory)
        memory += text
        return place
    }

    /// Appends a parameter, unless its value is empty. `opening` is everything up to and with the first quote.
    private static func append(_ opening: StaticString, _ value: String, to text: inout [UInt8]) {
        guard !value.isEmpty else { return }
        text.append(contentsOf: "\(opening)".utf8)
        ParameterText.append(value, limit: valueLimit, to: &text)
        text.append(UInt8(ascii: "\""))
    }
}
