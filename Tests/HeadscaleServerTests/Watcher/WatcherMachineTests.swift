import Headscale
import Testing

@testable import HeadscaleServer

struct WatcherMachineTests {
    private let source = "api http://127.0.0.1"

    private func machine(_ last: Snapshot? = .example, mayRepeat: Bool = false) -> WatcherMachine {
        WatcherMachine(
            source: source, hints: WatcherHints(),
            last: last.map { KeptSnapshot(source: source, from: 1_000_000, snapshot: $0) }, mayRepeat: mayRepeat)
    }

    /// The records of the actions, and whether they want to be told when those are durable.
    private func records(_ actions: [WatcherMachine.Action]) -> [StateRecord] {
        actions.flatMap { action -> [StateRecord] in
            switch action {
            case .report(let records, _), .announce(let records): records
            case .askAgain: []
            }
        }
    }

    @Test func theFirstSnapshotIsABaseline() {
        var machine = machine(nil)
        let found = records(machine.handle(.snapshot(.example, from: 1000, to: 2000)))
        #expect(found.map(\.event) == ["watcher.baseline"])
        #expect(found.first?["nodes"] == "2")
        _ = machine.handle(.reported)
        #expect(machine.handle(.snapshot(.example, from: 3000, to: 4000)) == [])
    }

    @Test func anotherSourceIsABaselineToo() {
        let kept = KeptSnapshot(source: "sqlite /db", from: 0, snapshot: Snapshot())
        var machine = WatcherMachine(source: source, hints: WatcherHints(), last: kept)
        #expect(records(machine.handle(.snapshot(.example, from: 1, to: 2))).map(\.event) == ["watcher.baseline"])
    }

    @Test func aRecordSaysWhatIsKnown() {
        var machine = machine()
        let new = Snapshot.example.with { $0.nodes[0].givenName = "web9" }
        let found = records(machine.handle(.snapshot(new, from: 1_700_000_030_000, to: 1_700_000_031_500)))
        #expect(
            found == [
                StateRecord(
                    severity: 5, event: "node.renamed",
                    parameters: [
                        ("outcome", "success"), ("category", "administration"), ("service", "audit"), ("level", "info"),
                        ("node_id", "1"),
                        ("node", "web1"), ("node_name", "web9"), ("node_user", "alice"), ("old", "web1"),
                        ("new", "web9"),
                        ("actor", "unknown"), ("since", "1970-01-01T00:16:40.000Z"),
                        ("until", "2023-11-14T22:13:51.500Z"),
                        ("source", "api"),
                    ], text: "node web1 was renamed to web9")
            ])
    }

    /// Nothing is compared with a snapshot whose records may still be lost.
    @Test func whatIsNotDurableIsNotTheLast() {
        var machine = machine()
        let first = Snapshot.example.with { $0.users[0].name = "x" }
        let second = Snapshot.example.with { $0.users[0].name = "y" }
        #expect(records(machine.handle(.snapshot(first, from: 1_100_000, to: 1_100_001))).count == 1)
        #expect(machine.handle(.snapshot(second, from: 1_200_000, to: 1_200_001)) == [])
        #expect(machine.last?.snapshot.users[0].name == "alice")
        #expect(machine.newest?.snapshot.users[0].name == "x")
        _ = machine.handle(.reported)
        let found = records(machine.handle(.snapshot(second, from: 1_300_000, to: 1_300_001)))
        #expect(found.map { $0["old"] } == ["x"])
    }

    @Test func whatMayBeARepetitionSaysSo() {
        var machine = machine(mayRepeat: true)
        let new = Snapshot.example.with { $0.users[0].name = "x" }
        #expect(
            records(machine.handle(.snapshot(new, from: 1_100_000, to: 1_100_001))).first?["repeated"] == "possible")
        _ = machine.handle(.reported)
        let next = Snapshot.example.with { $0.users[0].name = "y" }
        #expect(records(machine.handle(.snapshot(next, from: 1_200_000, to: 1_200_001))).first?["repeated"] == nil)
    }

    /// An empty list is believed when it comes twice.
    @Test func aServerWithoutItsDatabaseIsNoDeletionOfEverything() {
        var machine = machine()
        #expect(machine.handle(.snapshot(Snapshot(), from: 1_100_000, to: 1_100_001)) == [.askAgain])
        #expect(machine.newest?.snapshot.nodes.count == 2)
        #expect(machine.handle(.snapshot(.example, from: 1_200_000, to: 1_200_001)) == [])
        #expect(machine.handle(.snapshot(Snapshot(), from: 1_300_000, to: 1_300_001)) == [.askAgain])
        let found = records(machine.handle(.snapshot(Snapshot(), from: 1_400_000, to: 1_400_001)))
        #expect(found.map(\.event) == ["user.deleted", "user.deleted", "node.deleted", "node.deleted"])
        #expect(found.first?["since"] == "1970-01-01T00:20:00.000Z")
    }

    /// What was doubted in one list does not vouch for another.
    @Test func eachEmptyListIsDoubted() {
        var machine = machine()
        let noUsers = Snapshot.example.with { $0.users = [] }
        let nothing = Snapshot.example.with { ($0.users, $0.nodes) = ([], []) }
        #expect(machine.handle(.snapshot(noUsers, from: 1_100_000, to: 1_100_001)) == [.askAgain])
        #expect(machine.handle(.snapshot(nothing, from: 1_200_000, to: 1_200_001)) == [.askAgain])
        #expect(records(machine.handle(.snapshot(nothing, from: 1_300_000, to: 1_300_001))).count == 4)
    }

    @Test func anOutageIsToldOnceAndItsEndToo() {
        var machine = machine()
        let error = ServerError("no answer")
        #expect(machine.handle(.failure(error, at: 1)) == [])
        #expect(machine.handle(.failure(error, at: 2)) == [])
        let blind = records(machine.handle(.failure(error, at: 3000)))
        #expect(blind.map(\.event) == ["watcher.blind"])
        #expect(blind.first?["reason"] == "no answer")
        #expect(machine.handle(.failure(error, at: 4000)) == [])
        let new = Snapshot.example.with { $0.users[0].name = "x" }
        let found = records(machine.handle(.snapshot(new, from: 1_100_000, to: 1_100_001)))
        #expect(found.map(\.event) == ["watcher.recovered", "user.renamed"])
        // What happened during the outage happened at some time since the snapshot before it.
        #expect(found.last?["since"] == "1970-01-01T00:16:40.000Z")
    }

    // MARK: - Expiry

    private func expiring(_ at: Int64?) -> Snapshot { Snapshot.example.with { $0.nodes[0].expiry.at = at } }

    private func run(_ machine: inout WatcherMachine, _ expiry: Int64?, at seconds: Int64) -> [String] {
        let actions = machine.handle(.snapshot(expiring(expiry), from: seconds * 1000, to: seconds * 1000))
        _ = machine.handle(.reported)
        return records(actions).map(\.event)
    }

    @Test func aTimeThatComesIsToldOnce() {
        var machine = machine(expiring(5000))
        #expect(run(&machine, 5000, at: 4999) == [])
        #expect(run(&machine, 5000, at: 5000) == ["node.expired"])
        #expect(run(&machine, 5000, at: 5001) == [])
        #expect(run(&machine, 9000, at: 5002) == ["node.expiry.changed"])
        #expect(run(&machine, nil, at: 5003) == ["node.expiry.changed"])
    }

    /// Headscale's clock may be ahead of the relay's.
    @Test func aTimeThatWasBroughtForwardIsToldOnce() {
        var machine = machine(expiring(900_000))
        #expect(run(&machine, 5060, at: 5000) == ["node.expired"])
        #expect(run(&machine, 5060, at: 5059) == [])
        #expect(run(&machine, 5060, at: 5061) == [])
    }

    @Test func aMomentThatHasPassedIsNotToldAfterABaseline() {
        var machine = machine(nil)
        #expect(run(&machine, 4000, at: 5000) == ["watcher.baseline"])
        #expect(run(&machine, 4000, at: 5001) == [])
    }

    /// Nothing changes for long: the snapshot is stored now and then all the same, for the sake of its time.
    @Test func theKeptSnapshotIsRenewed() {
        var machine = machine()
        #expect(machine.handle(.snapshot(.example, from: 1_599_000, to: 1_599_000)) == [])
        let kept = KeptSnapshot(source: source, from: 1_600_000, snapshot: .example)
        #expect(machine.handle(.snapshot(.example, from: 1_600_000, to: 1_600_000)) == [.report([], then: kept)])
        _ = machine.handle(.reported)
        #expect(machine.handle(.snapshot(.example, from: 1_601_000, to: 1_601_000)) == [])
    }
}
