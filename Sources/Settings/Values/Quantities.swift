// Sizes and durations as they are written in the configuration.

/// Sizes in bytes: `64KiB`, `1MiB`, `8GiB` (powers of 1024), `10KB`, `5MB`, `1GB` (powers of 1000), or plain bytes.
enum Size {
    private static let units: [(name: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000),
        ("B", 1), ("", 1),
    ]

    /// The bytes that `text` means; nil if it is no size, `Int.max` if they are too many for an `Int`.
    static func parse(_ text: String) -> Int? {
        Quantity.parse(text, units.map { ($0.name, $0.bytes) })
    }

    /// The shortest exact way to write `bytes`.
    static func format(_ bytes: Int) -> String {
        let unit = units.first { $0.bytes <= max(bytes, 1) && bytes % $0.bytes == 0 && $0.name.hasSuffix("iB") }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? String(bytes)
    }
}

/// Durations: `50ms`, `5s`, `1m`, `2h`, `30d`, and `0`.
enum Span {
    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// The milliseconds that `text` means; nil if it is no duration, `Int.max` if they are too many for an `Int`.
    static func parse(_ text: String) -> Int? {
        text == "0" ? 0 : Quantity.parse(text, units.map { ($0.name, $0.milliseconds) })
    }

    /// The shortest exact way to write `milliseconds`.
    static func format(_ milliseconds: Int) -> String {
        let unit = units.first { $0.milliseconds <= milliseconds && milliseconds % $0.milliseconds == 0 }
        return unit.map { "\(milliseconds / $0.milliseconds)\($0.name)" } ?? "0"
    }

    /// Whole milliseconds of `duration`, which no key's limits let grow beyond an `Int`.
    static func milliseconds(_ duration: Duration) -> Int {
        Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
    }
}

private enum Quantity {
    /// Digits, at most one space, and a unit.
    static func parse(_ text: String, _ units: [(name: String, factor: Int)]) -> Int? {
        let digits = text.utf8.prefix { isDigit($0) }
        guard !digits.isEmpty, let count = String(digits) else { return nil }
        var name = text.dropFirst(count.count)
        if name.first == " " { name = name.dropFirst() }
        guard let unit = units.first(where: { $0.name == name }) else { return nil }
        guard let number = Int(count) else { return .max }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
        return overflow ? .max : product
    }
}

// MARK: - Kinds

extension Kind where Value == Int {
    /// A size within `range`, in bytes. Without an `example`, that is the smallest.
    static func size(_ range: ClosedRange<Int>, example: String? = nil) -> Kind {
        let limits = "\(Size.format(range.lowerBound)) to \(Size.format(range.upperBound))"
        return .scalar(
            "a size", types: [.text, .integer], example: example ?? Size.format(range.lowerBound), name: "size",
            schema: [
                "type": ["string", "integer"], "minimum": 0,
                "pattern": .text(JSON.pattern("[0-9]+ ?(?:B|KB|MB|GB|KiB|MiB|GiB)?")),
            ],
            limits: "\(limits)."
        ) { text, _ throws(ScalarProblem) in
            guard let bytes = Size.parse(text) else {
                throw ScalarProblem("is not a size", remedy: "write a whole number with B, KiB, MiB, GiB, KB, MB or GB")
            }
            guard range.contains(bytes) else {
                throw ScalarProblem(.outOfRange, "is not from \(limits)", remedy: "choose a size in that range")
            }
            return bytes
        } show: {
            .text(Size.format($0))
        }
    }
}

extension Kind where Value == Duration {
    /// A duration within `range`.
    static func duration(_ range: ClosedRange<Duration>) -> Kind {
        let milliseconds = Span.milliseconds(range.lowerBound)...Span.milliseconds(range.upperBound)
        let limits = "\(Span.format(milliseconds.lowerBound)) to \(Span.format(milliseconds.upperBound))"
        return .scalar(
            "a duration", types: [.text, .integer], example: Span.format(max(milliseconds.lowerBound, 1000)),
            name: "duration", schema: Kind<Duration>.durationSchema, limits: "\(limits)."
        ) { text, _ throws(ScalarProblem) in
            .milliseconds(try Kind<Duration>.milliseconds(text, in: milliseconds, limits: limits))
        } show: {
            .text(Span.format(Span.milliseconds($0)))
        }
    }

    fileprivate static var durationSchema: JSON {
        [
            "type": ["string", "integer"], "maximum": 0, "minimum": 0,
            "pattern": .text(JSON.pattern("0|[0-9]+ ?(?:ms|s|m|h|d)")),
        ]
    }

    fileprivate static func milliseconds(
        _ text: String, in range: ClosedRange<Int>, limits: String
    ) throws(ScalarProblem) -> Int {
        guard let value = Span.parse(text) else {
            let unit = ScalarType(plain: text) == .integer ? "has no unit" : "is not a duration"
            throw ScalarProblem(unit, remedy: "write a whole number with ms, s, m, h or d")
        }
        guard range.contains(value) else {
            throw ScalarProblem(.outOfRange, "is not from \(limits)", remedy: "choose a duration in that range")
        }
        return value
    }
}

extension Kind where Value == Duration? {
    /// A duration within `range`, or `0` for none.
    static func timeout(_ range: ClosedRange<Duration>) -> Kind {
        let milliseconds = Span.milliseconds(range.lowerBound)...Span.milliseconds(range.upperBound)
        let limits = "\(Span.format(milliseconds.lowerBound)) to \(Span.format(milliseconds.upperBound)), or 0 for none"
        return .scalar(
            "a duration", types: [.text, .integer], example: Span.format(max(milliseconds.lowerBound, 1000)),
            name: "duration", schema: Kind<Duration>.durationSchema, limits: "\(limits)."
        ) { text, _ throws(ScalarProblem) in
            guard Span.parse(text) != 0 else { return nil }
            return .milliseconds(try Kind<Duration>.milliseconds(text, in: milliseconds, limits: limits))
        } show: {
            .text($0.map { Span.format(Span.milliseconds($0)) } ?? "0")
        }
    }
}
