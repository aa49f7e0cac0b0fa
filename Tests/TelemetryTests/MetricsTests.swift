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

    @Test func seriesBeyondTheLimitCountButAreNotShown() {
        let registry = MetricsRegistry()
        for number in 0..<MetricsRegistry.seriesLimit { _ = registry.gauge("g", "G.", labels: ["n": "\(number)"]) }
        let full = registry.prometheusText()
        let late = registry.counter("late_total", "Late.")
        late.add()
        #expect(late.current == 1)
        #expect(registry.prometheusText() == full)
        #expect(full.split(separator: "\n").count == MetricsRegistry.seriesLimit + 2)
    }
}
