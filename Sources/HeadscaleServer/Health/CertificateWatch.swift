import Headscale

/// Decides what there is to say about the server's certificate: that it will end soon, has ended, cannot be trusted, or
/// is another one.
///
/// A warning is due 21 days before the end and an error 7 days before, as for certificates of 90 days; certificates for a
/// shorter time are renewed later, so the days shrink with them.
struct CertificateWatch: Sendable {
    private static let day: Int64 = 86_400
    private static let warningDays: Int64 = 21
    private static let errorDays: Int64 = 7
    /// The life for which those days are meant.
    private static let usualDays: Int64 = 90

    /// By rising urgency.
    private enum Phase: Int {
        case fine, ending, urgent, ended
    }

    private var certificate: ServerCertificate?
    private var phase = Phase.fine
    private var trouble = Trouble()
    private var isUntrusted = false

    /// When the certificate that was seen last ends, in seconds since 1970.
    var end: Int64? { certificate?.notAfter }

    mutating func note(_ seen: HealthObservation, server: String, at now: Moment) -> [StateRecord] {
        var records = seen.certificate.map { note($0, server) } ?? []
        if let certificate { records += judge(certificate, server, at: now) }
        return records + judge(seen.answer, server, at: now)
    }

    private mutating func note(_ new: ServerCertificate, _ server: String) -> [StateRecord] {
        let old = certificate
        certificate = new
        guard let old, old.fingerprint != new.fingerprint else { return [] }
        phase = .fine
        return [
            .health(
                "certificate.renewed", .good,
                [
                    ("url", server), ("old", old.fingerprint), ("new", new.fingerprint),
                    ("not_after", DateText.utc(new.notAfter)),
                ],
                "\(server) has a new certificate, which ends at \(DateText.utc(new.notAfter))",
                category: "configuration")
        ]
    }

    /// Each phase is told once; a start finds out what the phase is, and tells it unless all is well.
    private mutating func judge(
        _ certificate: ServerCertificate, _ server: String, at now: Moment
    ) -> [StateRecord] {
        let current = Self.phase(certificate, at: now)
        guard current.rawValue > phase.rawValue else { return [] }
        phase = current
        let end = DateText.utc(certificate.notAfter)
        let days = (certificate.notAfter - now.date) / Self.day
        let parameters = [
            ("url", server), ("not_after", end), ("days", "\(days)"), ("fingerprint", certificate.fingerprint),
        ]
        return [
            current == .ended
                ? .health(
                    "certificate.expired", .critical, parameters, "The certificate of \(server) ended at \(end)",
                    category: "configuration")
                : .health(
                    "certificate.expiring", current == .urgent ? .error : .warning, parameters,
                    "The certificate of \(server) ends at \(end), in \(days) days", category: "configuration")
        ]
    }

    private static func phase(_ certificate: ServerCertificate, at now: Moment) -> Phase {
        let left = certificate.notAfter - now.date
        let life = max(0, certificate.notAfter - certificate.notBefore)
        let isDue = { (days: Int64) in left <= min(days * day, life / usualDays * days) }
        if left <= 0 { return .ended }
        return isDue(errorDays) ? .urgent : isDue(warningDays) ? .ending : .fine
    }

    /// One that has ended is not to be trusted either, which needs no second record.
    private mutating func judge(
        _ answer: HealthObservation.Answer, _ server: String, at now: Moment
    ) -> [StateRecord] {
        guard case .untrusted(let reason) = answer else {
            if answer == .pass { (trouble, isUntrusted) = (Trouble(), false) }
            return []
        }
        trouble.note(at: now)
        guard !isUntrusted, phase != .ended, trouble.counts(at: now) else { return [] }
        isUntrusted = true
        return [
            .health(
                "certificate.failure", .error, [("url", server), ("error", reason)],
                "The certificate of \(server) cannot be trusted: \(reason)", category: "configuration")
        ]
    }
}
