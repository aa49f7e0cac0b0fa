import Batch
import HeadscaleServer

extension RelayStatus.Headscale {
    /// What is known at present; nil if the configuration names no server and none has sent anything.
    init?(_ counters: RecognitionCounters, _ health: HeadscaleHealth, _ state: HeadscaleState) {
        let now = Clock.monotonic() / 1_000_000_000
        self.init(
            records: counters.records.current, unmatched: counters.unmatched.current,
            silence: health.activity.lastRecord.map { now - min(now, UInt64($0)) },
            server: health.report.map { report in
                Server(
                    isUp: report.isUp, isWell: report.health, isSilent: report.isSilent,
                    certificateEnd: report.certificateEnd)
            }, state: state.status)
        guard records > 0 || server != nil || self.state != nil else { return nil }
    }
}
