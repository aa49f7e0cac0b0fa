/// The first of many, and how many there were: a report stays short however much was tampered with.
public struct Listing<Element: Sendable>: Sendable {
    /// Elements kept.
    public static var limit: Int { 20 }

    /// The first ``limit`` elements.
    public private(set) var items: [Element] = []
    /// How many there were in all.
    public private(set) var total: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { total == 0 }
    /// How many were not kept.
    public var omitted: UInt64 { total - UInt64(items.count) }

    mutating func append(_ element: Element) {
        total += 1
        if items.count < Self.limit { items.append(element) }
    }
}

extension Listing: Equatable where Element: Equatable {}
