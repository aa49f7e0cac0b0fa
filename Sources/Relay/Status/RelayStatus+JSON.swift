import Verify

// The status for programs. Times are seconds since 1970, but for lags, which are milliseconds where that is said.
extension RelayStatus {
    /// The status as one JSON object, on one line.
    var json: String {
        var json = JSONText()
        json.object { json in
            json.add("version", version)
            json.add("time", time)
            json.add("uptime", uptime)
            json.object("ledger") { json in
                json.add("origin", ledger.origin)
                json.add("durable_index", ledger.durableIndex)
                json.add("sealed_index", ledger.sealedIndex)
                json.add("disk_octets", ledger.octets)
                json.add("keeping_failures", ledger.keepingFailures)
                json.add("queue_octets", ledger.queueOctets)
                json.add("queue_limit_octets", ledger.queueLimit)
                json.add("takes_records", ledger.hindrance == nil)
                Self.add("hindrance", ledger.hindrance, &json)
            }
            json.array("listeners") { json in
                for listener in listeners {
                    json.object { json in
                        json.add("name", listener.name)
                        json.add("received", listener.received)
                        json.add("dropped", listener.dropped)
                        json.add("connections", listener.connections)
                    }
                }
            }
            json.array("destinations") { json in
                for destination in destinations { json.object { json in Self.add(destination, &json) } }
            }
            guard let headscale else { return json.addNull("headscale") }
            json.object("headscale") { json in Self.add(headscale, &json) }
        }
        return json.text
    }

    private static func add(_ destination: Destination, _ json: inout JSONText) {
        json.add("name", destination.name)
        json.add("state", destination.state)
        json.object("lag") { json in
            json.add("records", destination.lagRecords)
            json.add("octets", destination.lagOctets)
            json.add("ms", destination.lagMilliseconds)
        }
        json.add("records_per_second", destination.rate)
        json.add("confirmed_index", destination.confirmedIndex)
        json.add("retries", destination.retries)
        json.add("rejected", destination.rejected)
        json.add("filtered", destination.filtered)
        json.add("skipped", destination.skipped)
        if let time = destination.acknowledged { json.add("acknowledged", time) } else { json.addNull("acknowledged") }
        guard let failure = destination.failure else { return json.addNull("last_error") }
        json.object("last_error") { json in
            json.add("time", failure.time)
            json.add("reason", failure.reason)
        }
    }

    private static func add(_ headscale: Headscale, _ json: inout JSONText) {
        json.add("records", headscale.records)
        json.add("unmatched", headscale.unmatched)
        add("silence", headscale.silence, &json)
        if let server = headscale.server {
            json.object("server") { json in
                add("up", server.isUp, &json)
                add("well", server.isWell, &json)
                add("silent", server.isSilent, &json)
                add("certificate_end", server.certificateEnd.map { UInt64(max(0, $0)) }, &json)
            }
        } else {
            json.addNull("server")
        }
        guard let state = headscale.state else { return json.addNull("state") }
        json.object("state") { json in
            json.add("nodes", state.nodes)
            add("age", state.age, &json)
            json.add("failures", state.failures)
        }
    }

    private static func add(_ name: String, _ number: UInt64?, _ json: inout JSONText) {
        if let number { json.add(name, number) } else { json.addNull(name) }
    }

    private static func add(_ name: String, _ value: Bool?, _ json: inout JSONText) {
        if let value { json.add(name, value) } else { json.addNull(name) }
    }

    private static func add(_ name: String, _ text: String?, _ json: inout JSONText) {
        if let text { json.add(name, text) } else { json.addNull(name) }
    }
}
