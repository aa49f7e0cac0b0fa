import Headscale
import Testing

@testable import HeadscaleServer

@Suite struct CertificateWatchTests {
    private static let day: Int64 = 86_400
    private static let made: Int64 = 1_795_000_000

    private static func certificate(_ name: String = "a", days: Int64 = 90, made: Int64 = made) -> ServerCertificate {
        ServerCertificate(notBefore: made, notAfter: made + days * day, fingerprint: "sha256:\(name)")
    }

    private struct Look {
        var certificate: ServerCertificate?
        var answer = HealthObservation.Answer.pass
        /// Days after the first certificate was made.
        var day: Double
    }

    private func records(_ looks: [Look]) -> [[StateRecord]] {
        var watch = CertificateWatch()
        return looks.map { look in
            let seconds = Int64(look.day * Double(Self.day))
            return watch.note(
                HealthObservation(look.answer, certificate: look.certificate), server: "https://hs",
                at: Moment(uptime: seconds, date: Self.made + seconds))
        }
    }

    private func events(_ looks: [Look]) -> [[String]] { records(looks).map { $0.map(\.event) } }

    @Test func eachPhaseIsToldOnce() throws {
        let days: [Double] = [0, 30, 68.9, 69, 69.1, 80, 82.9, 83, 84, 89.9, 90, 91]
        let told = records(days.map { Look(certificate: Self.certificate(), day: $0) })
        #expect(
            told.map { $0.map(\.event) } == [
                [], [], [], ["certificate.expiring"], [], [], [], ["certificate.expiring"], [], [],
                ["certificate.expired"], [],
            ])
        #expect(told.joined().map(\.severity) == [4, 3, 2])
        let warning = try #require(told[3].first)
        #expect(warning.parameters.contains { $0 == ("days", "21") })
        #expect(warning.parameters.contains { $0 == ("not_after", "2027-02-16T11:06:40Z") })
        #expect(warning.parameters.contains { $0 == ("fingerprint", "sha256:a") })
        #expect(warning.parameters.contains { $0 == ("category", "configuration") })
    }

    /// The certificate is looked at only now and then; the clock goes on.
    @Test func timePassesBetweenLooks() {
        #expect(
            events([
                Look(certificate: Self.certificate(), day: 60), Look(certificate: nil, day: 70),
                Look(certificate: nil, day: 85), Look(certificate: nil, answer: .failure("x"), day: 91),
            ]) == [[], ["certificate.expiring"], ["certificate.expiring"], ["certificate.expired"]])
    }

    @Test func aStartInTheMiddleTellsThePhase() {
        #expect(events([Look(certificate: Self.certificate(), day: 85)]) == [["certificate.expiring"]])
        #expect(events([Look(certificate: Self.certificate(), day: 95)]) == [["certificate.expired"]])
    }

    /// Certificates for six days are renewed when two are left.
    @Test(
        arguments: [
            (6, 4.5, false), (6, 4.7, true), (47, 35.0, false), (47, 37.0, true), (365, 343.0, false),
            (365, 344.5, true),
        ] as [(Int64, Double, Bool)])
    func shortLivesHaveShortWarnings(life: Int64, day: Double, isDue: Bool) {
        let told = events([Look(certificate: Self.certificate(days: life), day: day)])
        #expect(told == [isDue ? ["certificate.expiring"] : []])
    }

    @Test func anotherCertificateIsToldAndBeginsAnew() {
        let new = Self.certificate("b", made: Self.made + 80 * Self.day)
        #expect(
            events([
                Look(certificate: Self.certificate(), day: 85), Look(certificate: new, day: 86),
                Look(certificate: new, day: 87), Look(certificate: new, day: 150),
            ]) == [["certificate.expiring"], ["certificate.renewed"], [], ["certificate.expiring"]])
    }

    @Test func oneThatIsNotTrustedIsToldOnce() {
        let bad = HealthObservation.Answer.untrusted("no authority")
        let looks = [
            Look(certificate: Self.certificate(), day: 1), Look(certificate: Self.certificate(), answer: bad, day: 1.1),
            Look(certificate: Self.certificate(), answer: bad, day: 1.2),
            Look(certificate: Self.certificate(), answer: bad, day: 1.3),
            Look(certificate: Self.certificate(), day: 1.4), Look(certificate: nil, answer: bad, day: 1.5),
            Look(certificate: nil, answer: bad, day: 1.6),
        ]
        #expect(events(looks) == [[], [], ["certificate.failure"], [], [], [], ["certificate.failure"]])
    }

    /// That nobody trusts it goes without saying.
    @Test func oneThatHasEndedIsToldAsThat() {
        let bad = HealthObservation.Answer.untrusted("expired")
        #expect(
            events((0..<3).map { Look(certificate: Self.certificate(), answer: bad, day: 91 + Double($0)) })
                == [["certificate.expired"], [], []])
    }
}
