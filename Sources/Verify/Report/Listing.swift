/// The first of many, and how many there were: a report stays short however much was tampered with.
public struct Listing<Element: Sendable>: Sendable {
    /// Elements kept.
    public static var limit: Int { 20 }

    /// The first ``limit`` elements.
    public private(set) var items: [Element] = []
    /// How many there were in all.
    public private(set) var total: UInt64 = 0

    public init() {}

    init(_ elements: [Element]) {
        for element in elements { append(element) }
    }

    public var isEmpty: Bool { total == 0 }
    /// How many were not kept.
    public var omitted: UInt64 { total - UInt64(items.count) }

    mutating func append(_ element: Element) {
        total += 1
        if items.count < Self.limit { items.append(element) }
    }
}

extension Listing: Equatable where Element: Equatable {}
extension Listing: Hashable where Element: Hashable {}

/// How often each of some things was there, as far as the first of them go.
public struct Tally<Element: Hashable & Sendable>: Equatable, Sendable {
    public struct Item: Hashable, Sendable {
        public let element: Element
        public internal(set) var count: UInt64
    }

    /// Different elements kept.
    public static var limit: Int { 20 }

    /// The first ``limit`` different elements.
    public private(set) var items: [Item] = []
    /// How many there were in all.
    public private(set) var total: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { total == 0 }
    /// How many were others than those kept.
    public var omitted: UInt64 { items.reduce(total) { $0 - $1.count } }

    mutating func add(_ element: Element) {
        total += 1
        if let place = items.firstIndex(where: { $0.element == element }) {
            items[place].count += 1
        } else if items.count < Self.limit {
            items.append(Item(element: element, count: 1))
        }
    }
}
