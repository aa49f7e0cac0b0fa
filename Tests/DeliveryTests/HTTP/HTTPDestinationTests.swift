import Batch
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import Delivery
@testable import Ledger

/// Keeps dead letters in memory, or refuses them for a while.
final class MemoryDeadLetters: DeadLetterStore {
    struct Refusal: Error {}

    private let state = Mutex<(records: [RejectedRecord], refusals: Int, resent: [UInt64])>(([], 0, []))
    /// What they have of records that are not in the ledger any more.
    let originals = Mutex<[UInt64: [UInt8]]>([:])

    init(refusals: Int = 0) { state.withLock { $0.refusals = refusals } }

    var records: [RejectedRecord] { state.withLock { $0.records } }
    var resent: [UInt64] { state.withLock { $0.resent } }

    func store(_ records: [RejectedRecord], of destination: String) throws {
        try state.withLock { state throws(Refusal) in
            guard state.refusals == 0 else {
                state.refusals -= 1
                throw Refusal()
            }
            state.records += records
        }
    }

    func originals(of indexes: Set<UInt64>, for destination: String) throws -> [UInt64: [UInt8]] {
        originals.withLock { $0.filter { indexes.contains($0.key) } }
    }

    func noteResent(delivered: [UInt64], failed: [UInt64], of destination: String) {
        state.withLock { $0.resent += delivered }
    }
}

/// Takes lines, and gives the verdict that the answer's body names.
private struct LineDialect: HTTPDialect {
    var framing = BodyFraming(separator: "\n")
    var limits = ParcelLimits(records: 64, octets: 1 << 20)
    var isCompressed = true
    var secrets: [String] { [] }

    func encode(_ record: borrowing DeliveryRecord, into body: inout BodyWriter) {
        body.append(decimal: record.index)
        body.append(UInt8(ascii: " "))
        body.append(record.line)
    }

    func request(carrying body: ByteBuffer, to target: HTTPTarget) -> HTTPRequest {
        HTTPRequest(.POST, "/", fields: [("x-channel", target.channel)], body: body)
    }

    func judge(_ answer: HTTPAnswer, count: Int) -> Verdict {
        let words = String(decoding: answer.body, as: UTF8.self).split(separator: " ").map(String.init)
        switch words.first {
        case "ok": return .delivered
        case "ack": return .awaitAcknowledgement(UInt64(words[1])!)
        case "items":
            let again = words.dropFirst().filter { $0.hasPrefix("again") }.compactMap { Int($0.dropFirst(5)) }
            let bad = words.dropFirst().filter { $0.hasPrefix("bad") }.compactMap { Int($0.dropFirst(3)) }
            return .partly(
                again: again, rejected: bad.map { Rejection(position: $0, status: 400, reason: "bad") }, reason: "items"
            )
        case "isolate": return .isolate(status: 400, reason: "poison")
        case "halt": return .halt(reason: "token")
        default: return answer.status == 413 ? .tooLarge(status: 413, reason: "large") : .retry(reason: answer.summary)
        }
    }

    func acknowledgementRequest(_ acknowledgements: [UInt64], to target: HTTPTarget) -> HTTPRequest {
        HTTPRequest(
            .POST, "/ack", fields: [("x-channel", target.channel)],
            body: ByteBuffer(string: acknowledgements.map(String.init).joined(separator: " ")))
    }

    func confirmed(_ answer: HTTPAnswer) -> Result<[UInt64], AcknowledgementFailure> {
        .success(String(decoding: answer.body, as: UTF8.self).split(separator: " ").compactMap { UInt64($0) })
    }
}

extension WebServer.Request {
    /// The indexes and lines that ``LineDialect`` wrote.
    fileprivate var records: [(index: UInt64, line: String)] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 1)
            return words.count == 2 ? UInt64(words[0]).map { ($0, String(words[1])) } : nil
        }
    }
}

@Suite struct HTTPDestinationTests {
    private let ledger: TestLedger
    private let rig: DestinationRig
    private let letters: MemoryDeadLetters

    init() throws {
        ledger = try TestLedger(sealAfter: 100)
        rig = DestinationRig(ledger)
        letters = MemoryDeadLetters()
    }

    private func destination(
        _ servers: [WebServer], letters: MemoryDeadLetters? = nil, ports: [Int] = [],
        _ change: (inout HTTPDestinationOptions) -> Void = { _ in }
    ) throws -> HTTPDestination<LineDialect> {
        let ports = servers.map(\.port) + ports
        var options = HTTPDestinationOptions(
            name: "test", nodes: ports.map { HTTPNode(host: "127.0.0.1", port: $0) })
        options.limits.backoffFirst = 1_000_000
        options.limits.backoffMost = 20_000_000
        options.limits.haltPause = 20_000_000
        options.limits.acknowledgementInterval = 2_000_000
        options.limits.acknowledgement = 300_000_000
        options.transport.request = .milliseconds(300)
        options.cursorInterval = 1_000_000
        change(&options)
        return HTTPDestination(
            options, LineDialect(), ledger: ledger.access, cursor: try CursorFile(rig.cursorPath), start: 0,
            deadLetters: letters ?? self.letters, on: DestinationRig.group.next(), counters: rig.counters,
            httpCounters: HTTPDestinationCounters(rig.registry, destination: "test"), logger: rig.logger)
    }

    /// Delivers all of the ledger to servers and checks that each record has arrived as it is in the ledger, or is in
    /// the dead letters.
    private func deliver(
        _ servers: [WebServer], letters: MemoryDeadLetters? = nil, place: SourceLocation = #_sourceLocation
    ) throws {
        let destination = try destination(servers, letters: letters)
        destination.start()
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end }, "all is delivered", sourceLocation: place)
        try destination.stop().wait()
    }

    private func expectConservation(
        _ taken: [UInt64: String], letters: MemoryDeadLetters? = nil, place: SourceLocation = #_sourceLocation
    ) throws {
        let lines = try ledger.lines()
        let rejected = Set((letters ?? self.letters).records.map(\.index))
        for (index, line) in lines.enumerated() where !rejected.contains(UInt64(index)) {
            guard taken[UInt64(index)] == line else {
                Issue.record("record \(index) did not arrive", sourceLocation: place)
                return
            }
        }
    }

    /// What a server took, by index.
    private final class Taken: Sendable {
        private let lines = Mutex<[UInt64: String]>([:])
        private let count = Mutex(0)

        func take(_ records: [(index: UInt64, line: String)]) {
            lines.withLock { for (index, line) in records { $0[index] = line } }
            count.withLock { $0 += records.count }
        }

        /// A server that takes everything.
        var acceptsAll: WebServer.Judge {
            { [self] request, _ in
                take(request.records)
                return .answer(200, body: "ok")
            }
        }

        var all: [UInt64: String] { lines.withLock { $0 } }
        var total: Int { count.withLock { $0 } }
    }

    @Test func allThatIsAndAllThatComesIsDelivered() throws {
        let taken = Taken()
        let server = try WebServer(taken.acceptsAll)
        ledger.append(250)
        let destination = try destination([server])
        destination.start()
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end })
        ledger.append(30)
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end })
        try destination.stop().wait()
        try expectConservation(taken.all)
        #expect(rig.metric("records_total") == Int(ledger.end) && rig.metric("resent_records_total") == 0)
        #expect(rig.metric("batches") == 0 && rig.metric("halted") == 0 && rig.complaints.isEmpty)
        #expect(rig.metric("acknowledged_timestamp_seconds") > 1_700_000_000)
        #expect(server.connections <= 4)
    }

    @Test func aStopDeliversWhatIsLeftAndARestartGoesOn() throws {
        let taken = Taken()
        let server = try WebServer(taken.acceptsAll)
        for _ in 0..<2 {
            ledger.append(120)
            let destination = try destination([server]) { $0.cursorInterval = 3_600_000_000_000 }
            destination.start()
            try destination.stop().wait()
            #expect(try rig.confirmed() == ledger.end)
        }
        try expectConservation(taken.all)
        #expect(taken.total == Int(ledger.end), "nothing came twice")
    }

    /// Every kind of failure once or more, then sense.
    @Test func whateverTheServerDoesAllArrives() throws {
        let taken = Taken()
        let conducts: [WebServer.Conduct] = [
            .answer(503, headers: [("retry-after", "0")], body: "<html>sorry</html>"), .reset, .hangUp, .silence,
            .garbage,
            .half, .answer(429), .answer(413), .huge(2 << 20), .trickle, .lastAnswer(500), .answer(404, body: "<html>"),
            .answer(200, body: "nonsense"), .answer(200, body: "items again0 again900"), .answer(200, body: "halt"),
        ]
        let server = try WebServer { request, number in
            if number % 2 == 1, number / 2 < conducts.count { return conducts[number / 2] }
            taken.take(request.records)
            return .answer(200, body: "ok")
        }
        ledger.append(3_000)
        try deliver([server])
        try expectConservation(taken.all)
        #expect(letters.records.isEmpty && rig.metric("retries_total") >= conducts.count)
        #expect(rig.counters.lastFailure != nil)
    }

    @Test func itemsAreSentAgainOrGoToTheDeadLetters() throws {
        let taken = Taken()
        let server = try WebServer { request, number in
            let records = request.records
            let bad = records.indices.filter { records[$0].index % 50 == 7 }
            let again = records.indices.filter { number % 3 == 0 && records[$0].index % 10 == 3 }
            taken.take(records.indices.filter { !bad.contains($0) && !again.contains($0) }.map { records[$0] })
            return .answer(
                200, body: (["items"] + again.map { "again\($0)" } + bad.map { "bad\($0)" }).joined(separator: " "))
        }
        ledger.append(500)
        try deliver([server])
        try expectConservation(taken.all)
        let expected = (0..<ledger.end).filter { $0 % 50 == 7 }
        #expect(letters.records.map(\.index).sorted() == expected)
        #expect(rig.metric("rejected_records_total") == expected.count)
    }

    @Test func aPoisonRecordIsFoundByHalving() throws {
        let taken = Taken()
        let server = try WebServer { request, _ in
            guard !request.records.contains(where: { $0.index == 77 }) else { return .answer(400, body: "isolate") }
            taken.take(request.records)
            return .answer(200, body: "ok")
        }
        ledger.append(150)
        try deliver([server])
        try expectConservation(taken.all)
        #expect(letters.records == [RejectedRecord(index: 77, status: 400, reason: "poison")])
    }

    @Test func withoutRoomForDeadLettersNothingIsPassedOver() throws {
        let letters = MemoryDeadLetters(refusals: 5)
        let server = try WebServer { _, _ in .answer(200, body: "items bad0") }
        ledger.append(1)
        try deliver([server], letters: letters)
        #expect(letters.records.contains { $0.index == 0 })
        #expect(rig.complaints.contains { $0.contains("dead letters cannot be stored") })
    }

    // MARK: - Acknowledgements

    @Test func acknowledgementsThatAreLostAreSentAgain() throws {
        let taken = Taken()
        let waiting = Mutex<[String: [(index: UInt64, line: String)]]>([:])
        let numbers = Atomic<Int>(0)
        let server = try WebServer { request, number in
            let channel = request.headers.first(name: "x-channel") ?? ""
            guard request.path == "/ack" else {
                let next = numbers.add(1, ordering: .relaxed).newValue
                // Every seventh is forgotten.
                if next % 7 != 3 { waiting.withLock { $0["\(channel) \(next)"] = request.records } }
                return .answer(200, body: "ack \(next)")
            }
            if number % 4 == 1 { return .answer(503) }
            let confirmed = request.text.split(separator: " ").filter { number in
                guard let records = waiting.withLock({ $0.removeValue(forKey: "\(channel) \(number)") }) else {
                    return false
                }
                taken.take(records)
                return true
            }
            return .answer(200, body: confirmed.joined(separator: " "))
        }
        ledger.append(800)
        try deliver([server])
        try expectConservation(taken.all)
        #expect(rig.metric("resent_records_total") > 0)
    }

    // MARK: - Nodes

    @Test func anotherServerTakesOver() throws {
        let taken = Taken()
        let (bad, good) = (try WebServer { _, _ in .reset }, try WebServer(taken.acceptsAll))
        ledger.append(300)
        try deliver([bad, good])
        try expectConservation(taken.all)
        #expect(!good.requests.isEmpty)
    }

    // MARK: - Halt and stop

    @Test func aHaltIsShownAndEndsByItself() throws {
        let isFixed = Atomic<Bool>(false)
        let server = try WebServer { _, _ in .answer(200, body: isFixed.load(ordering: .relaxed) ? "ok" : "halt") }
        ledger.append(10)
        let destination = try destination([server])
        destination.start()
        #expect(rig.waitUntil { $0.metric("halted") == 1 })
        #expect(server.wait { $0.count >= 3 }, "it is tried again")
        #expect(rig.complaints.filter { $0.contains("token") }.count == 1, "and said once: \(rig.complaints)")
        isFixed.store(true, ordering: .relaxed)
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end && $0.metric("halted") == 0 })
        try destination.stop().wait()
    }

    @Test func aStopDoesNotWaitForAServerThatIsAway() throws {
        let reserved = LoopbackSocket.reservedPort()
        ledger.append(10)
        let destination = try destination([], ports: [reserved.port])
        destination.start()
        try destination.stop().wait()
        #expect(try rig.confirmed() == 0)
    }

    @Test func abandoningEndsAtOnce() throws {
        let server = try WebServer { _, _ in .silence }
        ledger.append(10)
        let destination = try destination([server]) { $0.transport.request = .hours(1) }
        destination.start()
        #expect(server.wait { !$0.isEmpty })
        let stopped = destination.stop()
        destination.abandon()
        try stopped.wait()
        #expect(try rig.confirmed() == 0)
    }

    // MARK: - The ledger

    @Test func damageInTheLedgerIsSkipped() throws {
        let taken = Taken()
        let server = try WebServer(taken.acceptsAll)
        for _ in 0..<12 { ledger.append(40) }
        let lines = try ledger.lines()
        let blocks = try ledger.blocks()
        for block in [blocks[0], blocks[4], blocks[5]] {
            try ledger.damage(block.bytes.upperBound - 5..<block.bytes.upperBound)
        }
        let lost = Set([blocks[0], blocks[4], blocks[5]].flatMap { $0.indexes.map(Int.init) })
        try deliver([server])
        for index in lines.indices {
            #expect(taken.all[UInt64(index)] == (lost.contains(index) ? nil : lines[index]))
        }
        #expect(rig.metric("skipped_records_total") == lost.count)
    }

    @Test func recordsAreSentAgainByRequest() throws {
        let taken = Taken()
        let server = try WebServer(taken.acceptsAll)
        ledger.append(300)
        try deliver([server])
        let before = taken.total
        let destination = try destination([server])
        destination.start()
        destination.resend([3, 150, 299])
        #expect(rig.waitUntil { _ in letters.resent.sorted() == [3, 150, 299] })
        try destination.stop().wait()
        #expect(taken.total == before + 3 && server.requests.last?.records.map(\.index) == [3, 150, 299])
    }

    /// Of records whose blocks are gone, the dead letters have the lines.
    @Test func recordsThatAreGoneAreSentAgainFromTheDeadLetters() throws {
        let taken = Taken()
        let server = try WebServer(taken.acceptsAll)
        for _ in 0..<6 { ledger.append(50) }
        let lines = try ledger.lines()
        let block = try ledger.blocks()[0]
        try ledger.damage(block.bytes.upperBound - 5..<block.bytes.upperBound)
        let gone = Array(block.indexes.prefix(3))
        letters.originals.withLock { originals in
            for index in gone.dropLast() { originals[index] = Array(lines[Int(index)].utf8) }
        }
        let destination = try destination([server])
        destination.start()
        destination.resend(gone + [299])
        #expect(rig.waitUntil { _ in letters.resent.count == 3 })
        try destination.stop().wait()
        #expect(letters.resent.sorted() == gone.dropLast() + [299])
        for index in gone.dropLast() { #expect(taken.all[index] == lines[Int(index)]) }
    }
}
