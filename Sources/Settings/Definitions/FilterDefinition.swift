// The keys of a destination's filter: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.Filter {
    static let filter = Object(
        "filter", Settings.Filter(),
        fields: [
            Field(
                optional: \.severity, "severity", .severity, example: "warning",
                "The least severe severity; more severe ones pass too."),
            Field(\.facilities, "facilities", .list(of: .facility, 1...24), "Facilities, any of which will do."),
            Field(
                \.applications, "applications", .list(of: .pattern(example: "headscale"), 1...64),
                "APP-NAMEs, any of which will do; * stands for anything."),
            Field(
                \.hosts, "hosts", .list(of: .pattern(example: "hs*.example.net"), 1...64),
                "HOSTNAMEs, any of which will do; * stands for anything."),
            Field(
                \.headscaleEvents, "headscale_events", .list(of: .pattern(example: "auth.*"), 1...64),
                "Events that were recognised in Headscale's records, any of which will do; * stands for anything."),
            Field(
                optional: \.expression, "expression", .expression, example: "app = headscale or severity >= error",
                "What else has to hold: comparisons of severity, facility, host, app, procid, msgid, message and "
                    + "ELEMENT.PARAMETER such as headscale.user, with and, or, not and parentheses."),
        ],
        check: { filter, path, decoding in
            guard filter.isEmpty else { return }
            decoding.report(
                .missingKey, at: decoding.position(of: path), "\(path): the filter has no condition",
                remedy: "give it one, or remove it")
        })
}
