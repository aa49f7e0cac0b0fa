/// Where in a JSON text a scanner is: the names on the way there, joined by full stops, arrays left out.
///
/// `{"event":{"original":…}}` and `{"event.original":…}` so give the same path, as they do in Elasticsearch.
struct JSONPath {
    /// Levels of nesting at most.
    static let depthLimit = 64
    /// Bytes of a path at most; below a longer one nothing is looked for.
    private static let lengthLimit = 256

    /// The places that hold a record: Splunk's raw export, search result and REST response, its HTTP event, and
    /// Elasticsearch's documents as they are, from a dump, and in a search response.
    private static let recordPlaces: [[UInt8]] = [
        "_raw", "result._raw", "results._raw", "event", "event.original", "_source.event.original",
        "hits.hits._source.event.original",
    ].map { Array($0.utf8) }

    private struct Level {
        var isObject: Bool
        /// Bytes of the path that lead to the container itself.
        var baseLength: Int
    }

    private var levels: [Level] = []
    private var names: [UInt8] = []
    private var overflowed = false
    private var overflowDepth = 0

    init() {
        levels.reserveCapacity(Self.depthLimit)
        names.reserveCapacity(Self.lengthLimit)
    }

    var depth: Int { levels.count }
    var isInObject: Bool { levels.last?.isObject ?? false }

    /// Enters the object or array that is here. Returns false beyond ``depthLimit``.
    mutating func enter(object: Bool) -> Bool {
        guard levels.count < Self.depthLimit else { return false }
        levels.append(Level(isObject: object, baseLength: names.count))
        return true
    }

    /// Leaves the container.
    mutating func leave() {
        guard let level = levels.popLast() else { return }
        names.removeLast(names.count - level.baseLength)
        if levels.count < overflowDepth { overflowed = false }
    }

    /// Starts the name of the object's next member.
    mutating func beginName() {
        guard let level = levels.last else { return }
        names.removeLast(names.count - level.baseLength)
        if levels.count <= overflowDepth { overflowed = false }
        if level.baseLength > 0 { append(UInt8(ascii: ".")) }
    }

    /// Appends a byte of the name.
    mutating func append(_ byte: UInt8) {
        guard !overflowed else { return }
        if names.count < Self.lengthLimit {
            names.append(byte)
        } else {
            overflowed = true
            overflowDepth = levels.count
        }
    }

    /// Whether a string here is a record.
    var holdsRecord: Bool {
        !overflowed && Self.recordPlaces.contains { $0.count == names.count && $0 == names }
    }

    /// Back to the top.
    mutating func removeAll() {
        levels.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        overflowed = false
        overflowDepth = 0
    }
}
