import Testing

@testable import Headscale

/// Who tells of what matters, by version and level.
@Suite struct CoverageAuditTests {
    private static let all = Asking(watch: .api, health: true)

    /// VERSION LEVEL EVENT → verdict
    @Test(arguments: [
        "0.24 info key.refused → logged", "0.25 info key.refused → never", "0.30 trace key.refused → never",
        "0.29 info api.auth.failure → logged", "0.30 info api.auth.failure → partly",
        "0.30 warn api.auth.failure → never", "0.28 info oidc.login → never", "0.29 info oidc.login → partly",
        "0.30 info ssh.check.approved → hidden", "0.30 trace ssh.check.approved → logged",
        "0.28 info node.registered → logged", "0.30 info node.registered → partly",
        "0.30 trace node.registered → logged", "0.30 info derp.denied → hidden", "0.30 debug derp.denied → logged",
        "0.30 info user.deleted → partly", "0.22 info api.request → logged", "0.23 info noise.failure → logged",
        "0.30 panic headscale.crashed → logged", "0.30 error headscale.started → hidden",
        "0.30 info health.down → partly",
    ])
    func verdict(_ text: String) throws {
        let words = text.split(separator: " ").map { String($0) }
        let version = try #require(HeadscaleVersion(words[0]))
        let audit = try #require(
            CoverageAudit(version, level: words[1], asking: Self.all, sightings: Sightings()))
        let finding = try #require(audit.findings.first { $0.row.events.first == words[2] })
        #expect(finding.verdict.rawValue == words[4])
    }

    /// What coverage.tsv says of Headscale's own words is in messages.tsv; what it calls by a name is in events.tsv, and
    /// so is who else tells it.
    @Test func tablesAgree() {
        let events = Dictionary(uniqueKeysWithValues: HeadscaleEvent.all.map { ($0.name, $0) })
        #expect(CoverageRow.all.count > 60)
        for row in CoverageRow.all {
            let named = row.events.compactMap { events[$0] }
            #expect(named.count == row.events.count, "\(row.what)")
            for version in (22...30).map({ HeadscaleVersion(minor: $0) }) {
                let known = Set(named.flatMap { $0.logged.levels(in: version) })
                #expect(known.isSuperset(of: row.logged.levels(in: version)), "\(row.what) in \(version)")
            }
            let sources = Set(named.flatMap(\.sources))
            #expect(row.access.isEmpty || sources.contains(.access), "\(row.what)")
            #expect(row.asked.map { sources.contains($0) } ?? true, "\(row.what)")
        }
    }

    /// What the watcher or the health checks report is audited, but for the details.
    @Test func watchedEventsAreAudited() {
        let audited = Set(CoverageRow.all.flatMap(\.events))
        let details: Set = [
            "user.changed", "key.changed", "node.expiry.changed", "node.address.changed", "node.changed",
            "route.withdrawn", "watcher.baseline", "watcher.blind", "watcher.recovered", "health.up",
            "health.version.changed", "health.audible", "health.metrics.failure", "health.metrics.recovered",
            "certificate.renewed", "certificate.failure",
        ]
        for event in HeadscaleEvent.all where event.sources.contains(.watcher) || event.sources.contains(.health) {
            #expect(audited.contains(event.name) != details.contains(event.name), "\(event.name)")
        }
    }

    /// What cannot happen in a version is not asked of it.
    @Test func onlyWhatExists() throws {
        for (minor, event, isThere) in [
            (28, "ssh.check.denied", false), (29, "ssh.check.denied", true), (23, "api.request", false),
        ] {
            let version = HeadscaleVersion(minor: UInt8(minor))
            let audit = try #require(
                CoverageAudit(version, level: "info", asking: Self.all, sightings: Sightings()))
            #expect(audit.findings.contains { $0.row.events.first == event } == isThere)
        }
    }

    /// What is not set up does not count.
    @Test func onlyWhoAsks() throws {
        let version = HeadscaleVersion(minor: 28)
        for (asking, verdict, count) in [
            (Asking(watch: .api), CoverageAudit.Verdict.partly, 1), (Asking(health: true), .never, 1),
            (Asking(), .never, 2), (Self.all, .partly, 0),
        ] {
            let audit = try #require(CoverageAudit(version, level: "info", asking: asking, sightings: Sightings()))
            #expect(audit.findings.first { $0.row.events.first == "user.deleted" }?.verdict == verdict)
            #expect(audit.warnings.count { $0.contains("not set up") || $0.contains("not looked at") } == count)
        }
    }

    /// Nor does what the watcher cannot see from where it looks.
    @Test func onlyWhatIsSeen() throws {
        func seen(_ watch: Asking.Watch) throws -> [String] {
            let audit = try #require(
                CoverageAudit(
                    HeadscaleVersion(minor: 30), level: "panic", asking: Asking(watch: watch), sightings: Sightings()))
            return audit.findings.filter(\.isAsked).map { $0.row.events.joined(separator: " ") }
        }
        let all = try seen(.api)
        #expect(all.count > 15)
        #expect(try seen(.oauth) == all)
        #expect(try seen(.database) == all.filter { $0 != "policy.changed" })
        let missing = ["key.", "policy.", "node.key", "route.announced"]
        #expect(try seen(.file) == all.filter { row in !missing.contains { row.hasPrefix($0) } })
        for watch in Asking.Watch.allCases {
            let warnings = Asking(watch: watch, health: true).warnings
            #expect(warnings.count == 1 && warnings[0].contains("not seen"))
        }
    }

    @Test func warnings() throws {
        let version = HeadscaleVersion.known.upperBound
        let trace = try #require(
            CoverageAudit(version, level: "trace", asking: Self.all, sightings: Sightings()))
        #expect(trace.warnings.contains { $0.contains("pre-auth keys in clear text") })
        let old = try #require(
            CoverageAudit(
                HeadscaleVersion(minor: 22), level: "info", asking: Self.all, sightings: Sightings()))
        #expect(old.warnings.contains { $0.contains("API key") })
        #expect(CoverageAudit(version, level: "loud", asking: Self.all, sightings: Sightings()) == nil)
    }

    @Test(
        arguments: [
            ("0.29", 29), ("v0.29.2", 29), ("0.30.0-dev", 30), ("0.30-dev", 30), ("0.22.3", 22), ("0.26.0-beta.2", 26),
            ("1.29", nil), ("dev", nil), ("0", nil), ("0.", nil), ("0.x", nil), ("0.29x", nil), ("", nil),
            ("0.999", nil),
        ] as [(String, UInt8?)])
    func versions(_ text: String, _ minor: UInt8?) {
        #expect(HeadscaleVersion(text)?.minor == minor)
    }

    // MARK: - What was seen

    @Test func sightings() {
        var sightings = Sightings()
        sightings.note(
            Array(
                """
                <134>1 2026-11-27T10:00:00Z hs headscale 1 - [headscale@32473 event="node.connected" outcome="success"] a
                <134>1 2026-11-27T10:00:01Z hs headscale 1 - [meta x="1"][headscale@32473 event="headscale.started" \
                version="v0.29.2"][waxwing@32473 l="4" i="2"] b
                <134>1 2026-11-27T10:00:02Z hs headscale 1 - [headscale@32473 event="node.connected" version="9"] c
                <134>1 2026-11-27T10:00:02Z hs headscale 1 - [headscale@32473 event="node.connected" duplicate="true"] d
                <134>1 2026-11-27T10:00:02Z hs headscale 1 - [headscale@32473 event="node.connected" part="2"] d
                <134>1 2026-11-27T10:00:03Z hs sshd 1 - - [headscale@32473 event="user.created"] no element
                <134>1 2026-11-27T10:00:04Z hs sshd 1 - [x-headscale@32473 event="user.created"] a client's
                <134>1 2026-11-27T10:00:05Z hs sshd 1 - [a b="[headscale@32473 event=\\"user.created\\"\\]"] in a value

                not syslog [headscale@32473 event="user.created"]
                """.utf8))
        #expect(sightings.version == "v0.29.2")
        #expect(sightings.events.keys.sorted() == ["headscale.started", "node.connected"])
        #expect(sightings.events["node.connected"]?.count == 2)
        #expect(sightings.events["node.connected"]?.last == "2026-11-27T10:00:02Z")
    }

    /// Of the names of one event the one that was seen last counts.
    @Test func seenUnderAnyName() throws {
        var sightings = Sightings()
        for (second, event) in ["api.user.delete", "user.deleted", "api.user.delete"].enumerated() {
            sightings.note(
                Array("<134>1 2026-11-27T10:00:0\(second)Z h a p m [headscale@32473 event=\"\(event)\"] x\n".utf8))
        }
        let audit = try #require(
            CoverageAudit(
                HeadscaleVersion(minor: 30), level: "info", asking: Self.all, sightings: sightings))
        let finding = try #require(audit.findings.first { $0.row.events.first == "user.deleted" })
        #expect(finding.seen?.last == "2026-11-27T10:00:02Z")
        #expect(audit.findings.count { $0.seen != nil } == 1)
    }
}
