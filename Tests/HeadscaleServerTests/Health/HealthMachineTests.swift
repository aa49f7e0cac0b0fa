import Headscale
import Testing

@testable import HeadscaleServer

@Suite struct HealthMachineTests {
    private static let server = "https://hs.example.net:443"
    private static let start: Int64 = 1_795_000_000

    /// What a machine says to looks that show `answers`, 30 s apart.
    private func events(_ answers: [HealthObservation], every seconds: Int64 = 30) -> [[String]] {
        var machine = HealthMachine(server: Self.server)
        return answers.enumerated().map { index, answer in
            let now = Moment(uptime: 1_000 + Int64(index) * seconds, date: Self.start + Int64(index) * seconds)
            return machine.note(answer, isThorough: true, at: now).map(\.event)
        }
    }

    private static let pass = HealthObservation(.pass)
    private static let dead = HealthObservation(.failure("Connection refused"))
    private static let broken = HealthObservation(.databaseFailure)

    // MARK: - Up and down

    @Test func aServerThatIsWellSaysNothing() {
        #expect(events(Array(repeating: Self.pass, count: 5)) == [[], [], [], [], []])
    }

    @Test func downCountsWhenItWasSeenTwice() {
        #expect(
            events([Self.pass, Self.dead, Self.dead, Self.dead, Self.pass, Self.pass])
                == [[], [], ["health.down"], [], ["health.up"], []])
    }

    @Test func oneFailureIsNoState() {
        #expect(events([Self.pass, Self.dead, Self.pass, Self.dead, Self.pass]) == [[], [], [], [], []])
    }

    @Test func aServerThatWasNeverUpIsDown() {
        #expect(events([Self.dead, Self.dead, Self.dead]) == [[], ["health.down"], []])
    }

    @Test func aDatabaseThatFailsIsAnotherState() {
        #expect(
            events([Self.pass, Self.broken, Self.broken, Self.dead, Self.broken, Self.pass])
                == [[], [], ["health.degraded"], ["health.down"], ["health.degraded"], ["health.up"]])
    }

    @Test func troubleOfTwoKindsIsTrouble() {
        #expect(events([Self.pass, Self.broken, Self.dead]) == [[], [], ["health.down"]])
    }

    @Test func recordsSayWhatAndSinceWhen() throws {
        var machine = HealthMachine(server: Self.server)
        var records: [StateRecord] = []
        for (index, answer) in [Self.pass, Self.dead, Self.dead, Self.pass].enumerated() {
            let seconds = Int64(index) * 30
            records += machine.note(
                answer, isThorough: false, at: Moment(uptime: seconds, date: Self.start + seconds))
        }
        let down = try #require(records.first)
        #expect(down.severity == 2 && down.text == "Headscale at \(Self.server) is down: Connection refused")
        #expect(
            down.parameters.map { "\($0.name)=\($0.value)" } == [
                "outcome=failure", "category=internal", "service=health", "level=fatal", "url=\(Self.server)",
                "error=Connection refused", "since=2026-11-18T11:07:10Z",
            ])
        let up = try #require(records.last)
        #expect(up.severity == 5 && up.text == "Headscale at \(Self.server) is well again, after 60 s")
        #expect(up.parameters.contains { $0 == ("since", "2026-11-18T11:07:10Z") })
        #expect(up.parameters.contains { $0 == ("outcome", "success") })
    }

    // MARK: - Gauges

    @Test func gaugesShowTheLastLook() {
        var machine = HealthMachine(server: Self.server)
        #expect(machine.report == HealthReport())
        let now = Moment(uptime: 0, date: Self.start)
        for (answer, isUp, health) in [(Self.pass, true, true), (Self.broken, true, false), (Self.dead, false, false)] {
            _ = machine.note(answer, isThorough: false, at: now)
            #expect(machine.report.isUp == isUp && machine.report.health == health)
        }
    }

    // MARK: - Version

    @Test func anotherVersionIsAChange() {
        let versions: [String?] = [nil, "v0.28.0", "v0.28.0", nil, "v0.29.2", "v0.29.2"]
        #expect(
            events(versions.map { HealthObservation(.pass, version: $0) })
                == [[], [], [], [], ["health.version.changed"], []])
    }

    @Test func whatSeldomChangesIsSeldomAskedFor() {
        var machine = HealthMachine(server: Self.server)
        func wants(_ uptime: Int64) -> Bool { machine.wantsThoroughLook(at: Moment(uptime: uptime, date: 0)) }
        #expect(wants(0))
        _ = machine.note(Self.pass, isThorough: true, at: Moment(uptime: 0, date: 0))
        #expect(!wants(30) && !wants(599) && wants(600))
        _ = machine.note(Self.dead, isThorough: false, at: Moment(uptime: 30, date: 0))
        #expect(wants(60))
        _ = machine.note(Self.pass, isThorough: true, at: Moment(uptime: 60, date: 0))
        #expect(!wants(90))
    }

    // MARK: - Metrics

    private static func metrics(_ metrics: HealthObservation.Metrics?, _ answer: HealthObservation = pass)
        -> HealthObservation
    {
        HealthObservation(answer.answer, metrics: metrics)
    }

    @Test func metricsThatCannotBeReadAreTold() {
        let (good, bad) = (Self.metrics(.figures(ServerFigures())), Self.metrics(.failure("404")))
        #expect(
            events([good, bad, good, bad, bad, bad, good, good])
                == [[], [], [], [], ["health.metrics.failure"], [], ["health.metrics.recovered"], []])
        #expect(events([Self.metrics(nil), Self.metrics(nil)]) == [[], []])
    }

    /// That it has no metrics either goes without saying.
    @Test func aServerThatIsDownHasNoMetrics() {
        let bad = Self.metrics(.failure("refused"), Self.dead)
        #expect(events([bad, bad, bad]) == [[], ["health.down"], []])
    }

    @Test func figuresThatAreNotKnownAreNotShown() {
        var machine = HealthMachine(server: Self.server)
        let now = Moment(uptime: 0, date: 0)
        var figures = ServerFigures()
        figures.add(7, to: .nodes)
        _ = machine.note(Self.metrics(.figures(figures)), isThorough: false, at: now)
        #expect(machine.report.figures?[.nodes] == 7 && machine.report.figures?[.queueDepth] == nil)
        _ = machine.note(Self.metrics(.failure("gone")), isThorough: false, at: now)
        #expect(machine.report.figures == nil)
    }

    // MARK: - Silence

    /// The server counts as up only when it says so.
    @Test func silenceIsToldOnce() {
        var machine = HealthMachine(server: Self.server)
        func tick(_ last: Int64, _ uptime: Int64) -> [String] {
            machine.tick(lastRecord: last, at: Moment(uptime: uptime, date: Self.start + uptime)).map(\.event)
        }
        for second in stride(from: Int64(0), through: 200, by: 10) { #expect(tick(second, second) == []) }
        #expect(tick(200, 2_000) == [])
        _ = machine.note(Self.pass, isThorough: false, at: Moment(uptime: 2_000, date: 0))
        #expect(tick(200, 2_299) == [] && machine.report.isSilent == false)
        #expect(tick(200, 2_301) == ["health.silent"] && machine.report.isSilent == true)
        #expect(machine.report.logAge == 2_101)
        #expect(tick(200, 2_400) == [])
        #expect(tick(2_405, 2_410) == ["health.audible"] && machine.report.isSilent == false)
    }
}
