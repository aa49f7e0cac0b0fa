import Syslog

/// Parameters of a `headscale@…` element that have a field in the Elastic Common Schema.
enum HeadscaleParameter: Int, CaseIterable {
    case event, outcome, category, service, level, reason, user, userID, nodeID, ip, port, method, path, status, bytes
    case elapsed, error, version, caller, country, city, asn, asOrg

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
        }
    }

    /// Whether the value in `range` can stand in the field: a number, an address, or a word of those that ECS allows.
    func accepts(_ line: RawSpan, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        switch self {
        case .outcome: return ECSNames.outcomes.contains { line.equals($0, range) }
        case .category: return ECSNames.category(line, range) != nil
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

    // MARK: - By name

    private struct Slot {
        var key: UInt64 = 0
        var parameter: HeadscaleParameter?
    }

    /// The parameters by a hash of their names, each in the first free place from its own on.
    private static let slots: [Slot] = {
        var slots = [Slot](repeating: Slot(), count: 64)
        for parameter in allCases {
            let name = parameter.name.withUTF8Buffer { unsafe $0.map(\.self) }
            let key = unsafe name.span.bytes.word(0..<name.count)
            var place = place(of: key)
            while slots[place].parameter != nil { place = (place + 1) % slots.count }
            slots[place] = Slot(key: key, parameter: parameter)
        }
        return slots
    }()

    private static func place(of key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> 58) }

    /// The parameter whose name is `key`: the octets of a name of at most eight.
    static func named(_ key: UInt64) -> HeadscaleParameter? {
        var place = place(of: key)
        while let parameter = slots[place].parameter {
            if slots[place].key == key { return parameter }
            place = (place + 1) % 64
        }
        return nil
    }
}
