import Headscale
import NIOPosix
import TestSupport
import Testing

@testable import HeadscaleServer

/// A long session on Headscale's command line, seen through the API or the database of each version: every action is
/// told of once, over three restarts and an outage.
struct AdministrationTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    @Test(arguments: [SimulatedHeadscale.Version.v28, .v29, .v30])
    func throughTheAPI(version: SimulatedHeadscale.Version) throws {
        let headscale = SimulatedHeadscale(version)
        let outage = Flag()
        let server = try WebServer { request, _ in
            outage.isSet ? .answer(503, body: "down") : headscale.answer(request)
        }
        let directory = TemporaryDirectory()
        let source = try APISource(
            .web(url: "http://127.0.0.1:\(server.port)", isSecure: false),
            .key(file: directory.write("key", "\(SimulatedHeadscale.apiKey)\n")), authorityFile: nil, on: Self.group)
        defer { source.close() }
        // The API does not tell of OAuth clients, nor of what was revoked.
        let actions = Script.actions(version).filter { $0.versions != [.v30] }
        #expect(actions.count >= 60)
        try run(actions, on: headscale, Bench(source), written: {}, outage: { outage.set($0) })
    }

    @Test(arguments: [SimulatedHeadscale.Version.v22, .v26, .v29, .v30])
    func throughTheDatabase(version: SimulatedHeadscale.Version) throws {
        let directory = TemporaryDirectory()
        let headscale = SimulatedHeadscale(version)
        let database = try SimulatedDatabase(headscale, path: directory.path("db.sqlite"))
        let actions = Script.actions(version)
        #expect(actions.count >= 60)
        try run(
            actions, on: headscale, Bench(DatabaseSource(path: database.path)), written: { try database.write() },
            outage: nil)
    }

    private func run(
        _ actions: [ScriptedAction], on headscale: SimulatedHeadscale, _ bench: consuming Bench,
        written: () throws -> Void, outage: ((Bool) -> Void)?
    ) throws {
        #expect(bench.turn().map(\.event) == ["watcher.baseline"])
        for (number, action) in actions.enumerated() {
            headscale.change(action.run)
            try written()
            switch number {
            // In order, killed, and killed when nothing had been read of it yet.
            case 10: bench.restart()
            case 25: bench.restart(killing: true)
            case 40:
                if let outage {
                    outage(true)
                    let records = bench.turn() + bench.turn()
                    #expect(records.map(\.event) == ["watcher.blind"])
                    outage(false)
                }
                bench.restart()
            default: break
            }
            let records = bench.turn()
            #expect(records.map(\.event) == [action.event], "action \(number)")
            #expect(records.first?[action.parameter.0] == action.parameter.1, "action \(number)")
            #expect(records.first?["actor"] == "unknown")
            #expect(records.first?["repeated"] == nil)
        }
        bench.restart()
        #expect(bench.turn() == [])
        for record in bench.sink.records {
            #expect(!"\(record)".contains(SimulatedDatabase.plantedKey))
            #expect(!"\(record)".contains(SimulatedDatabase.plantedHash))
        }
        let kept = try #require(TemporaryDirectory.contents("\(bench.folder)/snapshot.json"))
        let text = String(decoding: kept, as: UTF8.self)
        #expect(!text.contains(SimulatedDatabase.plantedKey))
        #expect(!text.contains("$2a$"))
    }
}
