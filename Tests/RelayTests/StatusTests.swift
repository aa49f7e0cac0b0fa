import TestSupport
import Testing

@testable import Relay

/// How the status is written, with fixed numbers.
@Suite struct StatusTextTests {
    static let status = RelayStatus(
        version: "9.9.9", time: 1_800_000_000, uptime: 93_784,
        ledger: RelayStatus.Ledger(
            origin: "relay1.example.net/all", durableIndex: 5_000_123, sealedIndex: 5_000_000,
            octets: 3_758_096_384, keepingFailures: 2, queueOctets: 0, queueLimit: 16 << 20, hindrance: nil),
        listeners: [
            RelayStatus.Listener(name: "udp 0.0.0.0:514", received: 4_000_000, dropped: 12, connections: 0),
            RelayStatus.Listener(name: "tls 0.0.0.0:6514", received: 1_000_000, dropped: 0, connections: 3),
        ],
        destinations: [
            RelayStatus.Destination(
                name: "siem", state: "connected", lagRecords: 0, lagOctets: 0, lagMilliseconds: 0, rate: 1234,
                confirmedIndex: 5_000_123, retries: 0, acknowledged: 1_799_999_999, rejected: 0, filtered: 0,
                skipped: 0, failure: nil),
            RelayStatus.Destination(
                name: "splunk", state: "halted", lagRecords: 1_000_123, lagOctets: 250_000_000,
                lagMilliseconds: 3_723_456, rate: 0, confirmedIndex: 4_000_000, retries: 17, acknowledged: nil,
                rejected: 2, filtered: 300, skipped: 4,
                failure: RelayStatus.Destination.Failure(
                    reason: "403 \"Invalid token\"", time: 1_799_999_940)),
        ],
        headscale: RelayStatus.Headscale(
            records: 1_234_567, unmatched: 3, silence: 4,
            server: RelayStatus.Headscale.Server(
                isUp: true, isWell: nil, isSilent: false, certificateEnd: 1_800_864_000),
            state: RelayStatus.Headscale.State(nodes: 57, age: 12, failures: 2)))

    @Test func text() {
        #expect(
            Self.status.text == """
                waxwing 9.9.9, up 1 d 2 h
                ledger relay1.example.net/all: takes records
                  durable 5000123, sealed 5000000, 3.5 GiB on disk, queue 0 B of 16.0 MiB
                  old records could not be deleted or compressed 2 times: the log says why
                listener udp 0.0.0.0:514: received 4000000, dropped 12, connections 0
                listener tls 0.0.0.0:6514: received 1000000, dropped 0, connections 3
                destination siem: connected
                  behind by 0 records, 0 B, 0.0 s
                  1234 records/s, acknowledged 1.0 s ago, retries 0
                destination splunk: halted
                  behind by 1000123 records, 238.4 MiB, 1 h 2 min
                  0 records/s, acknowledged never, retries 17
                  rejected 2, filtered 300, skipped 4
                  last error 1 min 0 s ago: 403 "Invalid token"
                headscale: 1234567 records, the last 4.0 s ago, 3 of unknown messages
                  server up, not known whether well, its certificate ends in 10 d 0 h
                  state read 12 s ago, 57 nodes, failures 2

                """)
    }

    @Test func hindranceIsTold() {
        var status = Self.status
        status.ledger.hindrance = "the disk budget is used up"
        #expect(status.text.contains("ledger relay1.example.net/all: takes nothing, the disk budget is used up\n"))
        #expect(status.json.contains("\"takes_records\":false,\"hindrance\":\"the disk budget is used up\""))
    }

    @Test func headscaleOfWhichLittleIsKnown() {
        var status = Self.status
        status.headscale = RelayStatus.Headscale(
            records: 0, unmatched: 0,
            server: RelayStatus.Headscale.Server(isUp: false, isSilent: true, certificateEnd: 1),
            state: RelayStatus.Headscale.State(nodes: 0, failures: 1))
        #expect(
            status.text.hasSuffix(
                """
                headscale: 0 records, none yet, 0 of unknown messages
                  server down, not known whether well, silent for longer than usual, its certificate has ended
                  state not read yet, 0 nodes, failures 1

                """))
        status.headscale = nil
        #expect(!status.text.contains("headscale") && status.json.hasSuffix(#","headscale":null}"#))
    }

    @Test func json() {
        #expect(
            Self.status.json == """
                {"version":"9.9.9","time":1800000000,"uptime":93784,"ledger":{"origin":"relay1.example.net/all",\
                "durable_index":5000123,"sealed_index":5000000,"disk_octets":3758096384,"keeping_failures":2,"queue_octets":0,\
                "queue_limit_octets":16777216,"takes_records":true,"hindrance":null},"listeners":[\
                {"name":"udp 0.0.0.0:514","received":4000000,"dropped":12,"connections":0},\
                {"name":"tls 0.0.0.0:6514","received":1000000,"dropped":0,"connections":3}],"destinations":[\
                {"name":"siem","state":"connected","lag":{"records":0,"octets":0,"ms":0},"records_per_second":1234,\
                "confirmed_index":5000123,"retries":0,"rejected":0,"filtered":0,"skipped":0,\
                "acknowledged":1799999999,"last_error":null},\
                {"name":"splunk","state":"halted","lag":{"records":1000123,"octets":250000000,"ms":3723456},\
                "records_per_second":0,"confirmed_index":4000000,"retries":17,"rejected":2,"filtered":300,"skipped":4,\
                "acknowledged":null,"last_error":{"time":1799999940,"reason":"403 \\"Invalid token\\""}}],\
                "headscale":{"records":1234567,"unmatched":3,"silence":4,"server":{"up":true,"well":null,\
                "silent":false,"certificate_end":1800864000},"state":{"nodes":57,"age":12,"failures":2}}}
                """)
    }
}

@Suite struct TimelineTests {
    @Test func lagIsFromTheMomentAfterTheRecord() {
        var timeline = Timeline(Timeline.Moment(nextIndex: 100, octets: 0, time: 10_000))
        timeline.note(Timeline.Moment(nextIndex: 200, octets: 1000, time: 11_000))
        timeline.note(Timeline.Moment(nextIndex: 250, octets: 1500, time: 11_500))
        timeline.note(Timeline.Moment(nextIndex: 300, octets: 2000, time: 12_000))
        let cases: [(UInt64, UInt64?, UInt64?)] = [
            (99, nil, nil), (100, 2500, 11_000), (199, 2500, 11_000), (200, 1500, 12_000), (250, 1500, 12_000),
            (300, 500, 12_000), (310, 500, 12_000),
        ]
        for (index, octets, time) in cases {
            let found = timeline.find(index, total: 2500)
            #expect(found?.octets == octets && found?.time == time, "\(index)")
        }
    }

    /// However long the relay runs, what is remembered stays small and goes back to the start.
    @Test func thePastIsThinnedOut() {
        var timeline = Timeline(Timeline.Moment(nextIndex: 0, octets: 0, time: 0))
        let seconds: UInt64 = 100_000
        for second in 1...seconds {
            timeline.note(Timeline.Moment(nextIndex: second * 10, octets: second * 1000, time: second * 1000))
        }
        for index in stride(from: 0, to: seconds * 10, by: 9_999) {
            let found = timeline.find(index, total: seconds * 1000)
            let (octets, time) = ((seconds * 10 - index) * 100, index * 100)
            #expect(found.map { $0.octets >= octets && $0.octets <= octets + 40_000_000 } == true, "\(index)")
            #expect(found.map { $0.time >= time && $0.time <= time + 40_000 } == true, "\(index)")
        }
    }

    @Test func rateIsThatOfTheLastMinute() {
        var meter = RateMeter()
        #expect(meter.perSecond == 0)
        for second in stride(from: UInt64(0), through: 300, by: 5) {
            meter.note(second < 200 ? second * 100 : 20_000 + (second - 200) * 10, at: second * 1000)
        }
        #expect(meter.perSecond == 10)
    }
}

/// The status of relays that run.
@Suite struct StatusBoardTests {
    private static let archive = Site.configuration + "destinations: [{name: archive, type: file, path: archive}]\n"

    @Test func relayTellsHowItIs() throws {
        let site = Site()
        try site.withRelay(Self.archive) { relay in
            try relay.send((0..<20).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0)" })
            #expect(relay.waitForRecords(20))
            let isDelivered = try waitUntil {
                try relay.metric("waxwing_destination_lag_records{destination=\"archive\"}") == 0
            }
            #expect(isDelivered)
            let text = try relay.request("/status")
            #expect(text.contains("content-type: application/json"))
            #expect(text.contains("\"durable_index\":20,\"sealed_index\":0"))
            #expect(text.contains("{\"name\":\"tcp 127.0.0.1:0\",\"received\":20,\"dropped\":0,\"connections\":"))
            #expect(text.contains("\"name\":\"archive\",\"state\":\"connected\",\"lag\":{\"records\":0,"))
            #expect(text.contains("\"last_error\":null"))
            for name in ["lag_octets", "lag_seconds", "records_per_second", "halted", "retries_total"] {
                #expect(try relay.metric("waxwing_destination_\(name){destination=\"archive\"}") != nil, "\(name)")
            }
        }
    }

    /// A collector that is away: what waits is counted, whether it came before the relay was started or after.
    @Test func whoIsAwayIsBehind() throws {
        let site = Site()
        let reserved = LoopbackSocket.reservedPort()
        let text =
            Site.configuration + "destinations: [{name: siem, type: tcp, address: \"127.0.0.1:\(reserved.port)\"}]\n"
        for run in 1...2 {
            try site.withRelay(text.replacing("metrics: 127.0.0.1:0", with: "metrics: 127.0.0.1:0\ndrain: 1s")) {
                relay in
                let before = relay.ledger.access.horizon.position.nextIndex
                try relay.send((0..<10).map { "<13>1 2026-11-23T12:00:00Z h app - - - \($0)" })
                #expect(relay.waitForRecords(before + 10))
                let end = relay.ledger.access.horizon.position.nextIndex
                let labels = "{destination=\"siem\"}"
                #expect(
                    try waitUntil { try relay.metric("waxwing_destination_lag_records\(labels)") == Int(end) }, "\(run)"
                )
                #expect(try relay.metric("waxwing_destination_lag_octets\(labels)").map { $0 > 500 } == true)
                let status = try relay.request("/status")
                #expect(status.contains("\"state\":\"waiting\""))
                #expect(try waitUntil { try relay.request("/status").contains("\"reason\":\"cannot connect to") })
            }
        }
    }
}
