import Telemetry
import Testing

@Suite struct MetricsTests {
    @Test func countersGrowAndGaugesMove() {
        let (counter, gauge) = (Counter(), Gauge())
        counter.add()
        counter.add(0)
        counter.add(41)
        gauge.set(-5)
        gauge.add(3)
        #expect(counter.current == 42 && gauge.current == -2)
    }

    @Test func theTextIsThatOfPrometheus() {
        let registry = MetricsRegistry()
        let bytes = registry.counter(
            "waxwing_b_total", "Octets.", labels: ["listener": "udp [::1]:514", "format": "raw"])
        let other = registry.counter("waxwing_b_total", "Octets.", labels: ["listener": "tcp", "format": "raw"])
        let level = registry.gauge("waxwing_c", "A level.")
        registry.observe("waxwing_a_total", "Asked for.", type: "counter") { 7 }
        bytes.add(3)
        other.add(.max)
        level.set(-1)
        #expect(
            registry.prometheusText() == """
                # HELP waxwing_a_total Asked for.
                # TYPE waxwing_a_total counter
                waxwing_a_total 7
                # HELP waxwing_b_total Octets.
                # TYPE waxwing_b_total counter
                waxwing_b_total{listener="udp [::1]:514",format="raw"} 3
                waxwing_b_total{listener="tcp",format="raw"} 9223372036854775807
                # HELP waxwing_c A level.
                # TYPE waxwing_c gauge
                waxwing_c -1

                """)
    }

    @Test func anEmptyRegistryHasNoText() {
        #expect(MetricsRegistry().prometheusText().isEmpty)
    }

    @Test(arguments: [
        ("plain", "plain"), ("back\\slash", "back\\\\slash"), ("\"quoted\"", "\\\"quoted\\\""),
        ("two\nlines", "two\\nlines"),
        ("carriage\r\nreturn", "carriage\r\\nreturn"), ("\n\n", "\\n\\n"), ("é\u{301}\"", "é\u{301}\\\""), ("", ""),
    ])
    func labelValuesAreEscaped(value: String, escaped: String) {
        let registry = MetricsRegistry()
        _ = registry.gauge("g", "G.", labels: ["v": value])
        #expect(registry.prometheusText() == "# HELP g G.\n# TYPE g gauge\ng{v=\"\(escaped)\"} 0\n")
    }

    @Test func aValueIsReadWhenItIsAskedFor() {
        let registry = MetricsRegistry()
        let counter = registry.counter("c_total", "C.")
        #expect(registry.prometheusText().hasSuffix("c_total 0\n"))
        counter.add(9)
        #expect(registry.prometheusText().hasSuffix("c_total 9\n"))
    }

    /// What is not known is not zero; and a name of which nothing is known is not there.
    @Test func whatIsNotKnownHasNoSample() {
        let registry = MetricsRegistry()
        let known = Gauge()
        let value = { @Sendable in known.current == 0 ? nil : known.current }
        registry.observe("a", "A.", labels: ["n": "1"], read: value)
        registry.observe("a", "A.", labels: ["n": "2"]) { 0 }
        registry.observe("b", "B.", read: value)
        registry.observeFraction("c", "C.") { value().map { Double($0) / 4 } }
        #expect(registry.prometheusText() == "# HELP a A.\n# TYPE a gauge\na{n=\"2\"} 0\n")
        known.set(1)
        #expect(
            registry.prometheusText() == """
                # HELP a A.
                # TYPE a gauge
                a{n="1"} 1
                a{n="2"} 0
                # HELP b B.
                # TYPE b gauge
                b 1
                # HELP c C.
                # TYPE c gauge
                c 0.25

                """)
    }

    @Test func histogramsAreThoseOfPrometheus() {
        let registry = MetricsRegistry()
        let plain = registry.histogram("d_seconds", "D.", bounds: [150, 2_000_000])
        let labelled = registry.histogram("e_seconds", "E.", bounds: [1_000], labels: ["n": "1"])
        plain.add(2, inRange: 0)
        plain.add(1, inRange: 1)
        plain.add(4, inRange: 2)
        plain.add(microseconds: 12_500_000)
        labelled.add(1, inRange: 1)
        #expect(plain.current == DurationHistogram.Reading(counts: [2, 1, 4], microseconds: 12_500_000))
        #expect(
            registry.prometheusText() == """
                # HELP d_seconds D.
                # TYPE d_seconds histogram
                d_seconds_bucket{le="0.00015"} 2
                d_seconds_bucket{le="2.0"} 3
                d_seconds_bucket{le="+Inf"} 7
                d_seconds_sum 12.5
                d_seconds_count 7
                # HELP e_seconds E.
                # TYPE e_seconds histogram
                e_seconds_bucket{n="1",le="0.001"} 0
                e_seconds_bucket{n="1",le="+Inf"} 1
                e_seconds_sum{n="1"} 0.0
                e_seconds_count{n="1"} 1

                """)
    }

    /// Strangers say how long something took.
    @Test func aSumThatIsTooLargeDoesNoHarm() {
        let histogram = DurationHistogram(bounds: [1])
        histogram.add(microseconds: .max)
        histogram.add(microseconds: 2)
        #expect(histogram.current.microseconds == 1)
    }

    @Test func seriesBeyondTheLimitCountButAreNotShown() {
        let registry = MetricsRegistry()
        for number in 0..<MetricsRegistry.seriesLimit { _ = registry.gauge("g", "G.", labels: ["n": "\(number)"]) }
        let full = registry.prometheusText()
        let late = registry.counter("late_total", "Late.")
        late.add()
        #expect(late.current == 1)
        _ = registry.histogram("h_seconds", "H.", bounds: [1])
        #expect(registry.prometheusText() == full)
        #expect(full.split(separator: "\n").count == MetricsRegistry.seriesLimit + 2)
    }
}
