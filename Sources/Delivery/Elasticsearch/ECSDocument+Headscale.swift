import Syslog

// The fields that records of Headscale have besides: who did what from where.

extension ECSDocument {
    /// Appends the members of `event` that only Headscale's records have.
    func writeHeadscaleEvent(
        _ line: RawSpan, _ fields: borrowing ECSFields, _ words: ECSWords?, into out: inout BodyWriter
    ) {
        out.append(#","module":"headscale","dataset":"headscale."#)
        if let service = fields[.service] {
            out.append(jsonOfParameter: line, service)
        } else {
            out.append("log")
        }
        out.append(UInt8(ascii: "\""))
        out.append(member: "action", line, parameter: fields[.event])
        out.append(member: "outcome", line, fields[.outcome])
        out.append(member: "reason", line, parameter: fields[.reason])
        if let words {
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
    func writeHeadscale(_ line: RawSpan, _ fields: borrowing ECSFields, _ words: ECSWords?, into out: inout BodyWriter)
    {
        out.append(#","service":{"name":"headscale","type":"headscale""#)
        out.append(member: "version", line, parameter: fields[.version])
        out.append(UInt8(ascii: "}"))
        writeSource(line, fields, into: &out)
        writeUser(line, fields, isTarget: fields[.actor] != nil || words?.isOfTarget == true, into: &out)
        writeObject(#","device":{"id":""#, line, fields[.nodeID], into: &out)
        writeObject(#","url":{"path":""#, line, fields[.path], into: &out)
        writeObject(#","error":{"message":""#, line, fields[.error], into: &out)
        writeRequest(line, fields, into: &out)
        writeRelated(line, fields, into: &out)
        writeOthers(line, fields, into: &out)
    }

    private func writeSource(_ line: RawSpan, _ fields: borrowing ECSFields, into out: inout BodyWriter) {
        guard let address = fields[.ip] else { return }
        out.append(#","source":{"ip":""#)
        out.append(line, address)
        out.append(UInt8(ascii: "\""))
        out.append(number: "port", line, fields[.port])
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

    private func writeNetwork(_ line: RawSpan, _ fields: borrowing ECSFields, into out: inout BodyWriter) {
        guard let system = fields[.asn] else { return }
        out.append(#","as":{"number":"#)
        out.append(line, system)
        writeObject(#","organization":{"name":""#, line, fields[.asOrg], into: &out)
        out.append(UInt8(ascii: "}"))
    }

    private func writeRequest(_ line: RawSpan, _ fields: borrowing ECSFields, into out: inout BodyWriter) {
        let (method, status, bytes) = (fields[.method], fields[.status], fields[.bytes])
        writeObject(#","http":{"request":{"method":""#, line, method, closing: "\"}", into: &out)
        guard status != nil || bytes != nil else {
            if method != nil { out.append(UInt8(ascii: "}")) }
            return
        }
        out.append(method == nil ? #","http":{"response":{"# : #","response":{"#)
        if let status {
            out.append(#""status_code":"#)
            out.append(line, status)
        }
        if let bytes {
            out.append(status == nil ? #""body":{"bytes":"# : #","body":{"bytes":"#)
            out.append(line, bytes)
            out.append(UInt8(ascii: "}"))
        }
        out.append("}}")
    }

    /// Appends the user: who did it, or whom it was done to.
    private func writeUser(
        _ line: RawSpan, _ fields: borrowing ECSFields, isTarget: Bool, into out: inout BodyWriter
    ) {
        guard fields[.user] != nil || fields[.userID] != nil else { return }
        out.append(isTarget ? #","user":{"target":{"# : #","user":{"#)
        if let name = fields[.user] {
            out.append(#""name":""#)
            out.append(jsonOfParameter: line, name)
            out.append(fields[.userID] == nil ? "\"" : "\",")
        }
        if let id = fields[.userID] {
            out.append(#""id":""#)
            out.append(jsonOfParameter: line, id)
            out.append(UInt8(ascii: "\""))
        }
        out.append(isTarget ? "}}" : "}")
    }

    /// Appends the addresses and users in one place, for those who search for all that concerns one of them.
    private func writeRelated(_ line: RawSpan, _ fields: borrowing ECSFields, into out: inout BodyWriter) {
        let (address, user) = (fields[.ip], fields[.user])
        guard address != nil || user != nil else { return }
        out.append(#","related":{"#)
        if let address {
            out.append(#""ip":[""#)
            out.append(line, address)
            out.append(#""]"#)
        }
        if let user {
            out.append(address == nil ? #""user":[""# : #","user":[""#)
            out.append(jsonOfParameter: line, user)
            out.append(#""]"#)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Appends the parameters for which ECS has no field as an object of their own.
    private func writeOthers(_ line: RawSpan, _ fields: borrowing ECSFields, into out: inout BodyWriter) {
        guard fields.otherCount > 0 else { return }
        out.append(#","headscale":{"#)
        for index in 0..<fields.otherCount {
            let parameter = fields[other: index]
            out.append(index == 0 ? "\"" : ",\"")
            out.append(json: line, parameter.name)
            out.append("\":\"")
            out.append(jsonOfParameter: line, parameter.value)
            out.append(UInt8(ascii: "\""))
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
