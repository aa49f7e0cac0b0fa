import Syslog

/// Parameters of a `headscale@…` element that have a field in the Elastic Common Schema.
enum HeadscaleParameter: Int, CaseIterable {
    case event, outcome, category, service, level, reason, user, userID, nodeID, ip, port, method, path, status, bytes
    case elapsed, error, version, caller, country, city, asn, asOrg, actor

    /// The name of the parameter, at most eight octets.
    var name: StaticString {
        switch self {
        case .event: "event"
        case .outcome: "outcome"
        case .category: "category"
        case .service: "service"
        case .level: "level"
        case .reason: "reason"
        case .user: "user"
        case .userID: "user_id"
        case .nodeID: "node_id"
        case .ip: "ip"
        case .port: "port"
        case .method: "method"
        case .path: "path"
        case .status: "status"
        case .bytes: "bytes"
        case .elapsed: "elapsed"
        case .error: "error"
        case .version: "version"
        case .caller: "caller"
        case .country: "country"
        case .city: "city"
        case .asn: "asn"
        case .asOrg: "as_org"
        case .actor: "actor"
        }
    }

    /// Whether the value in `range` can stand in the field: a number, an address, or a word of those that ECS allows.
    func accepts(_ line: RawSpan, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        switch self {
        case .outcome: return ECSNames.outcomes.contains { line.equals($0, range) }
        case .category: return ECSWords.categories.find(line, range) != nil
        case .ip: return line.isAddress(range)
        case .port: return line.number(range, upTo: 65_535) != nil
        case .status: return line.number(range, upTo: 999) != nil
        case .bytes: return line.number(range, upTo: .max) != nil
        case .asn: return line.number(range, upTo: UInt64(UInt32.max)) != nil
        case .elapsed: return line.nanoseconds(ofMilliseconds: range) != nil
        // Some records have the method of a registration, or of gRPC, under the same name.
        case .method: return line.isUppercase(range)
        default: return true
        }
    }

    static let count = allCases.count

    /// The parameters by name.
    static let named = NameTable(allCases.map { ($0.name, $0) })
}
