import Filter
import Settings
import Testing

@Suite struct FilterTests {
    private func filter(_ text: String) throws -> RecordFilter? {
        let settings = try Settings.parse("destinations: [{type: file, name: a, path: /x, filter: \(text)}]")
        return settings.destinations[0].filter?.record
    }

    private func pattern(_ text: String) throws -> Pattern { try #require(Pattern(text)) }

    @Test func everythingThatIsGivenHolds() throws {
        let filter = try filter(
            """
            {severity: warn, facilities: [auth, local7], applications: [headscale, ss*], hosts: ["hs*"],
             headscale_events: ["auth.*"], expression: not app = su}
            """)
        #expect(
            try filter?.condition
                == .all([
                    .atLeast(severity: 4), .any([.facility(4), .facility(23)]),
                    .any([.field(.application, pattern("headscale")), .field(.application, pattern("ss*"))]),
                    .any([.field(.host, pattern("hs*"))]),
                    .any([
                        .parameter(element: Array("headscale".utf8), name: Array("event".utf8), pattern("auth.*"))
                    ]),
                    .not(.field(.application, pattern("su"))),
                ]))
    }

    @Test func withoutItThereIsNone() throws {
        #expect(try Settings.parse("destinations: [{type: file, name: a, path: /x}]").destinations[0].filter == nil)
    }

    @Test(
        arguments: [
            ("{}", "1:56: destinations[0].filter: the filter has no condition; give it one, or remove it"),
            (
                "{severity: loud}",
                "1:67: destinations[0].filter.severity: \"loud\" is not a severity; there are emergency, alert, critical, "
                    + "error, warning, notice, informational, debug"
            ),
            (
                "{facilities: [kernel]}",
                "1:70: destinations[0].filter.facilities[0]: \"kernel\" is not a facility; did you mean \"kern\"?"
            ),
            (
                "{hosts: []}",
                "1:64: destinations[0].filter.hosts: the list is empty; give at least 1, or remove the key"
            ),
            (
                "{expression: app = x and severity >= loud}",
                "1:93: destinations[0].filter.expression: loud is no severity; there are emergency, alert, critical, "
                    + "error, warning, notice, informational, debug"
            ),
            (
                "{expression: \"app = x and (host = y\"}",
                "1:91: destinations[0].filter.expression: the parenthesis is not closed; write a ) here"
            ),
            (
                "{expression: [x]}",
                "1:69: destinations[0].filter.expression: expected an expression, found a list; write it like app = "
                    + "headscale or severity >= error"
            ),
        ])
    func mistakes(_ text: String, _ message: String) {
        let error = #expect(throws: SettingsErrors.self) { try filter(text) }
        #expect(error?.description == "waxwing.yaml:" + message)
    }
}
