import Headscale
import TestSupport
import Testing

@testable import HeadscaleServer

/// The watcher with its files: restarts, crashes, and a ledger that takes its time.
struct StateLoopTests {
    private func renamed(_ name: String) -> Snapshot { Snapshot.example.with { $0.users[0].name = name } }

    @Test func aRestartNeitherRepeatsNorMisses() {
        let source = ScriptedSource(.example)
        var bench = Bench(source)
        #expect(bench.turn().map(\.event) == ["watcher.baseline"])
        source.set(renamed("x"))
        bench.restart()
        #expect(bench.turn().map { $0["new"] } == ["x"])
        bench.restart()
        #expect(bench.turn() == [])
    }

    /// The process dies after the record was handed on, and before the snapshot was kept.
    @Test func whatMayHaveBeenToldIsToldAgainAndSaysSo() {
        let source = ScriptedSource(.example)
        var bench = Bench(source)
        bench.turn()
        source.set(renamed("x"))
        bench.sink.setDurable(false)
        #expect(bench.turn().map { $0["repeated"] } == [nil])
        bench.restart(killing: true)
        bench.sink.setDurable(true)
        let again = bench.turn()
        #expect(again.map { $0["new"] } == ["x"])
        #expect(again.map { $0["repeated"] } == ["possible"])
        bench.restart(killing: true)
        #expect(bench.turn() == [])
        source.set(renamed("y"))
        #expect(bench.turn().map { $0["repeated"] } == [nil])
    }

    /// The process died before the first record of a snapshot was handed on, and the change was undone.
    @Test func aMarkWithoutAChangeIsForgotten() throws {
        let source = ScriptedSource(.example)
        var bench = Bench(source)
        bench.turn()
        try SnapshotFile(folder: bench.folder).setMark(for: KeptSnapshot(source: "", from: .max, snapshot: Snapshot()))
        bench.restart(killing: true)
        #expect(bench.turn() == [])
        source.set(renamed("x"))
        #expect(bench.turn().map { $0["repeated"] } == [nil])
    }

    /// While records are not durable nothing is compared, and nothing is lost by that.
    @Test func aSlowLedgerIsWaitedFor() {
        let source = ScriptedSource(.example)
        var bench = Bench(source)
        bench.turn()
        bench.sink.setDurable(false)
        source.set(renamed("x"))
        #expect(bench.turn().count == 1)
        source.set(renamed("y"))
        #expect(bench.turn() == [])
        bench.sink.setDurable(true)
        let records = bench.turn()
        #expect(records.map { $0["old"] } == ["x"])
        #expect(records.map { $0["new"] } == ["y"])
    }

    @Test func theContextSurvivesARestartAndAnOutage() {
        let source = ScriptedSource(.example)
        var bench = Bench(source)
        #expect(bench.context.table.count == 0)
        bench.turn()
        #expect(bench.context.table.count == 2)
        source.fail("down")
        bench.context.replace(ContextTable(), takenAt: 0)
        bench.restart(killing: true)
        #expect(bench.context.table.count == 2)
        #expect(bench.turn() == [])
        #expect(bench.context.table.count == 2)
    }

    @Test func anEmptyServerLeavesTheContextAlone() {
        let source = ScriptedSource(.example)
        var bench = Bench(source)
        bench.turn()
        source.set(Snapshot())
        bench.halfTurn()
        #expect(bench.context.table.count == 2)
        bench.turn()
        #expect(bench.context.table.count == 0)
    }

    @Test func anotherServerIsABaseline() {
        let source = ScriptedSource(.example)
        var bench = Bench(source)
        bench.turn()
        bench.restart(ScriptedSource(renamed("x"), name: "api elsewhere"))
        #expect(bench.turn().map(\.event) == ["watcher.baseline"])
    }

    /// The policy is kept and told without the secrets that people write into comments.
    @Test func secretsOfThePolicyAreKeptNowhere() throws {
        let source = ScriptedSource(.example)
        var bench = Bench(source) { $0.replacing("hunter22", with: "<redacted>") }
        bench.turn()
        source.set(Snapshot.example.with { $0.policy?.text += "// password=hunter22\n" })
        let records = bench.turn()
        #expect(records.first?["diff"]?.contains("+// password=<redacted>") == true)
        let kept = try #require(TemporaryDirectory.contents("\(bench.folder)/snapshot.json"))
        #expect(!String(decoding: kept, as: UTF8.self).contains("hunter22"))
    }
}
