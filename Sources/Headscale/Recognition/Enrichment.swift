public import GeoIP
internal import Syslog

/// What a record gains from elsewhere: the nodes that it names and that have its address, and where its address is.
/// Nothing is waited for: what is not known is not there.
public struct Enrichment: ~Copyable {
    /// The nodes of now; put in its place in front of each batch.
    public var context: ContextTable
    private var places: GeoIPLookup

    /// An enrichment by the nodes of `context`, empty while nothing is known, and by the databases of `places`.
    public init(context: ContextTable = ContextTable(), places: consuming GeoIPLookup = GeoIPLookup([])) {
        self.context = context
        self.places = places
    }

    /// Whether nothing is known of anything.
    var isEmpty: Bool { context.count == 0 && !places.hasDatabases }

    /// Appends parameters about the node that the record names by its id.
    mutating func write(node id: UInt64, into out: inout ByteWriter) {
        if let parameters = context.parameters(ofNode: id) { out.append(parameters) }
    }

    /// Appends parameters about an address: the node that has it, or where on earth it is.
    mutating func write(address: IPAddress, into out: inout ByteWriter) {
        if let parameters = context.parameters(ofAddress: address) {
            out.append(parameters)
        } else {
            places.write(high: address.high, low: address.low, into: &out)
        }
    }
}
