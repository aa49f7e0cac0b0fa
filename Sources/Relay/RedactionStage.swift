import Batch
import Redaction
import Telemetry

/// What redaction did, by the names under which it is shown.
final class RedactionCounters: Sendable {
    private let records: Counter
    private let engineErrors: Counter
    private let secrets: [Counter]

    init(_ registry: MetricsRegistry, _ rules: RuleSet) {
        records = registry.counter("waxwing_redaction_records_total", "Records that a secret was taken out of.")
        engineErrors = registry.counter(
            "waxwing_redaction_engine_errors_total", "Records replaced as a whole because they could not be examined.")
        secrets = rules.rules.map { rule in
            registry.counter(
                "waxwing_redaction_secrets_total", "Secrets replaced, by rule.", labels: ["rule": rule.name])
        }
    }

    func add(_ now: RedactionStatistics, since before: RedactionStatistics) {
        guard now != before else { return }
        records.add(now.recordsRedacted - before.recordsRedacted)
        engineErrors.add(now.engineErrors - before.engineErrors)
        for (rule, counter) in secrets.enumerated() {
            counter.add(now.secretsByRule[rule] - before.secretsByRule[rule])
        }
    }
}

/// One thread's redactor, as a stage of the data plane.
final class RedactionStage {
    private var redactor: Redactor
    private let counters: RedactionCounters

    init(_ engine: RedactionEngine, _ counters: RedactionCounters) {
        redactor = Redactor(engine)
        self.counters = counters
    }

    func run(_ batch: inout Batch) {
        let before = redactor.statistics
        redactor.redact(&batch)
        counters.add(redactor.statistics, since: before)
    }
}
