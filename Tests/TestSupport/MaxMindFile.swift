/// Makes files in the MaxMind DB format (version 2.0) that are just large enough to be looked up in: an IPv6 tree, in
/// which IPv4 networks stand below `::/96`.
public struct MaxMindFile {
    public indirect enum Value {
        case text(String)
        /// Text that need not be UTF-8.
        case octets([UInt8])
        case small(UInt16)
        case number(UInt32)
        case large(UInt64)
        case map([(String, Value)])
        case list([Value])
    }

    /// What a branch of a node leads to.
    private enum Branch {
        case nothing
        case node(Int)
        case data(Int)
    }

    private let type: String
    private let builtAt: UInt64
    private let isFour: Bool
    private var nodes: [[Branch]] = [[.nothing, .nothing]]
    private var data: [UInt8] = []

    /// A file that says it is of `type`, made at `builtAt`. With `isFour` there are IPv4 addresses only.
    public init(type: String = "Test-City", builtAt: UInt64 = 1_795_000_000, isFour: Bool = false) {
        self.type = type
        self.builtAt = builtAt
        self.isFour = isFour
    }

    /// Adds a network: 4 or 16 octets and how many of their bits count. Networks must not overlap.
    public mutating func add(_ network: [UInt8], _ length: Int, _ value: Value) {
        let isFour = network.count == 4
        let octets = isFour && !self.isFour ? [UInt8](repeating: 0, count: 12) + network : network
        let bits = length + (octets.count - network.count) * 8
        var node = 0
        for bit in 0..<bits {
            let side = Int(octets[bit / 8] >> (7 - bit % 8) & 1)
            if bit == bits - 1 {
                nodes[node][side] = .data(data.count)
            } else if case .node(let next) = nodes[node][side] {
                node = next
            } else {
                nodes.append([.nothing, .nothing])
                nodes[node][side] = .node(nodes.count - 1)
                node = nodes.count - 1
            }
        }
        data += Self.encode(value)
    }

    /// The whole file.
    public var bytes: [UInt8] {
        var tree: [UInt8] = []
        for branch in nodes.joined() {
            let record =
                switch branch {
                case .nothing: nodes.count
                case .node(let node): node
                case .data(let offset): nodes.count + 16 + offset
                }
            tree += Self.bigEndian(UInt64(record), 4)
        }
        let metadata = Value.map([
            ("node_count", .number(UInt32(nodes.count))), ("record_size", .small(32)),
            ("ip_version", .small(isFour ? 4 : 6)), ("database_type", .text(type)), ("languages", .list([.text("en")])),
            ("binary_format_major_version", .small(2)), ("binary_format_minor_version", .small(0)),
            ("build_epoch", .large(builtAt)), ("description", .map([("en", .text("A test"))])),
        ])
        return tree + [UInt8](repeating: 0, count: 16) + data + [0xAB, 0xCD, 0xEF] + Array("MaxMind.com".utf8)
            + Self.encode(metadata)
    }

    // MARK: - Data

    private static func encode(_ value: Value) -> [UInt8] {
        switch value {
        case .text(let text): control(2, text.utf8.count) + text.utf8
        case .octets(let octets): control(2, octets.count) + octets
        case .small(let number): control(5, 2) + bigEndian(UInt64(number), 2)
        case .number(let number): control(6, 4) + bigEndian(UInt64(number), 4)
        case .large(let number): control(9, 8) + bigEndian(number, 8)
        case .map(let members):
            members.reduce(control(7, members.count)) { $0 + encode(.text($1.0)) + encode($1.1) }
        case .list(let elements): elements.reduce(control(11, elements.count)) { $0 + encode($1) }
        }
    }

    /// The type and the size in front of a value.
    private static func control(_ type: UInt8, _ size: Int) -> [UInt8] {
        let (short, more): (Int, [UInt8]) =
            size < 29 ? (size, []) : size < 285 ? (29, [UInt8(size - 29)]) : (30, bigEndian(UInt64(size - 285), 2))
        return type < 8 ? [type << 5 | UInt8(short)] + more : [UInt8(short), type - 7] + more
    }

    private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64((count - 1 - $0) * 8)) }
    }
}

extension MaxMindFile.Value {
    /// What a database of cities says of an address.
    public static func city(_ country: String, _ city: String) -> Self {
        .map([
            ("city", .map([("names", .map([("de", .text("Stadt")), ("en", .text(city))]))])),
            ("country", .map([("geoname_id", .number(1)), ("iso_code", .text(country))])),
        ])
    }

    /// What a database of networks says of an address.
    public static func system(_ number: UInt32, _ organisation: String) -> Self {
        .map([
            ("autonomous_system_number", .number(number)), ("autonomous_system_organization", .text(organisation)),
        ])
    }
}
