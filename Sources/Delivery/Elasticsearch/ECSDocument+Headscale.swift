import Glibc
import Syslog

// The fields that records of Headscale have besides: who did what from where.

extension ECSDocument {
    /// Appends the members of `event` that only Headscale's records have.
    func writeHeadscaleEvent(_ line: RawSpan, _ fields: ECSFields, into out: inout BodyWriter) {
        out.append(#","module":"headscale","dataset":"headscale."#)
        if let service = fields[.service] {
            out.append(jsonOfParameter: line, service)
        } else {
            out.append("log")
        }
        out.append(UInt8(ascii: "\""))
        out.append(member: "action", line, parameter: fields[.event])
        if let outcome = fields[.outcome], ECSNames.outcomes.contains(where: { line.equals($0, outcome) }) {
            out.append(member: "outcome", line, parameter: outcome)
        }
        if let category = fields[.category],
            let words = ECSNames.categories.first(where: { line.equals($0.name, category) })
        {
            out.append(#","category":["#)
            out.append(words.category)
            out.append(#"],"type":["#)
            out.append(words.type)
            out.append(UInt8(ascii: "]"))
        }
        if let elapsed = fields[.elapsed] {
            out.append(member: "duration", line.nanoseconds(ofMilliseconds: elapsed))
        }
    }

    /// Appends the objects that only Headscale's records have.
    func writeHeadscale(_ line: RawSpan, _ fields: ECSFields, into out: inout BodyWriter) {
        out.append(#","service":{"name":"headscale","type":"headscale""#)
        out.append(member: "version", line, parameter: fields[.version])
        out.append(UInt8(ascii: "}"))
        let address = fields[.ip].flatMap { line.isAddress($0) ? $0 : nil }
        writeSource(line, fields, address, into: &out)
        writeObject(#","user":{"name":""#, line, fields[.user], into: &out)
        writeObject(#","device":{"id":""#, line, fields[.nodeID], into: &out)
        writeObject(#","url":{"path":""#, line, fields[.path], into: &out)
        writeObject(#","error":{"message":""#, line, fields[.error], into: &out)
        writeRequest(line, fields, into: &out)
        writeRelated(line, fields, address, into: &out)
    }

    private func writeSource(
        _ line: RawSpan, _ fields: ECSFields, _ address: Range<Int>?, into out: inout BodyWriter
    ) {
        guard let address else { return }
        out.append(#","source":{"ip":""#)
        out.append(line.extracting(address))
        out.append(UInt8(ascii: "\""))
        if let port = fields[.port] { out.append(member: "port", line.number(port, upTo: 65_535)) }
        if fields[.country] == nil {
            writeObject(#","geo":{"city_name":""#, line, fields[.city], into: &out)
        } else {
            writeObject(#","geo":{"country_iso_code":""#, line, fields[.country], closing: "\"", into: &out)
            out.append(member: "city_name", line, parameter: fields[.city])
            out.append(UInt8(ascii: "}"))
        }
        writeNetwork(line, fields, into: &out)
        out.append(UInt8(ascii: "}"))
    }

    private func writeNetwork(_ line: RawSpan, _ fields: ECSFields, into out: inout BodyWriter) {
        guard let system = fields[.asn].flatMap({ line.number($0, upTo: UInt64(UInt32.max)) }) else { return }
        out.append(#","as":{"number":"#)
        out.append(decimal: system)
        writeObject(#","organization":{"name":""#, line, fields[.asOrg], into: &out)
        out.append(UInt8(ascii: "}"))
    }

    private func writeRequest(_ line: RawSpan, _ fields: ECSFields, into out: inout BodyWriter) {
        let status = fields[.status].flatMap { line.number($0, upTo: 999) }
        let bytes = fields[.bytes].flatMap { line.number($0, upTo: .max) }
        // Some records have the method of a registration, or of gRPC, under the same name.
        let method = fields[.method].flatMap { line.isUppercase($0) ? $0 : nil }
        writeObject(#","http":{"request":{"method":""#, line, method, closing: "\"}", into: &out)
        guard status != nil || bytes != nil else {
            if method != nil { out.append(UInt8(ascii: "}")) }
            return
        }
        out.append(method == nil ? #","http":{"response":{"# : #","response":{"#)
        if let status {
            out.append(#""status_code":"#)
            out.append(decimal: status)
        }
        if let bytes {
            out.append(status == nil ? #""body":{"bytes":"# : #","body":{"bytes":"#)
            out.append(decimal: bytes)
            out.append(UInt8(ascii: "}"))
        }
        out.append("}}")
    }

    /// Appends the addresses and users in one place, for those who search for all that concerns one of them.
    private func writeRelated(
        _ line: RawSpan, _ fields: ECSFields, _ address: Range<Int>?, into out: inout BodyWriter
    ) {
        guard address != nil || fields[.user] != nil else { return }
        out.append(#","related":{"#)
        if let address {
            out.append(#""ip":[""#)
            out.append(line.extracting(address))
            out.append(#""]"#)
        }
        if let user = fields[.user] {
            out.append(address == nil ? #""user":[""# : #","user":[""#)
            out.append(jsonOfParameter: line, user)
            out.append(#""]"#)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Appends an object with one member, if there is a value for it.
    private func writeObject(
        _ opening: StaticString, _ line: RawSpan, _ value: Range<Int>?, closing: StaticString = #""}"#,
        into out: inout BodyWriter
    ) {
        guard let value else { return }
        out.append(opening)
        out.append(jsonOfParameter: line, value)
        out.append(closing)
    }
}

extension RawSpan {
    /// Whether all in `range` are capital letters.
    fileprivate func isUppercase(_ range: Range<Int>) -> Bool {
        range.allSatisfy { byte($0) &- UInt8(ascii: "A") < 26 }
    }

    /// Whether an IPv4 or IPv6 address is what stands in `range`.
    fileprivate func isAddress(_ range: Range<Int>) -> Bool {
        guard range.count < Int(INET6_ADDRSTRLEN) else { return false }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            for (index, offset) in range.enumerated() { unsafe text[index] = CChar(bitPattern: byte(offset)) }
            unsafe text[range.count] = 0
            var address = in6_addr()
            // The address is as large as the larger of the two families needs.
            return unsafe inet_pton(AF_INET, text.baseAddress, &address) == 1
                || inet_pton(AF_INET6, text.baseAddress, &address) == 1
        }
    }
}
