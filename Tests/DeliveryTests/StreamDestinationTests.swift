import Batch
import Ledger
import NIOCore
import TLS
import TestSupport
import Testing

@testable import Delivery

/// Delivery to collectors that misbehave.
@Suite struct StreamDestinationTests {
    private let ledger: TestLedger
    private let rig: DestinationRig

    init() throws {
        ledger = try TestLedger()
        rig = DestinationRig(ledger)
    }

    /// Checks that each connection had records one after the other, and all connections together all records. Returns
    /// the index at which each connection began.
    @discardableResult
    private func expectAllArrived(_ collector: Collector, _ place: SourceLocation = #_sourceLocation) throws -> [Int] {
        let lines = try ledger.lines()
        let indexes = Dictionary(uniqueKeysWithValues: zip(lines, lines.indices))
        var arrived = Set<Int>()
        var starts: [Int] = []
        for connection in collector.connections {
            let got = records(in: connection.received).map { indexes[$0] ?? -1 }
            #expect(got == Array((got.first ?? 0)..<(got.first ?? 0) + got.count), sourceLocation: place)
            arrived.formUnion(got)
            starts.append(got.first ?? -1)
        }
        #expect(arrived == Set(lines.indices), sourceLocation: place)
        return starts
    }

    /// Waits until all records have come through the newest connection.
    private func waitForAll(_ collector: Collector, _ place: SourceLocation = #_sourceLocation) throws {
        let last = try #require(try ledger.lines().last)
        #expect(collector.waitForLine(last), sourceLocation: place)
    }

    // MARK: - The good case

    @Test func everythingArrivesOnceAndTheEndConfirmsIt() throws {
        ledger.append(500)
        let collector = try Collector(.read)
        let destination = try rig.stream(port: collector.port)
        destination.start()
        try waitForAll(collector)
        ledger.append(1)
        try waitForAll(collector)
        #expect(try rig.confirmed() == 0, "so little may still lie in some buffer")
        try destination.stop().wait()
        #expect(try rig.confirmed() == ledger.end)
        #expect(try expectAllArrived(collector) == [0])
        #expect(rig.metric("records_total") == Int(ledger.end) && rig.metric("resent_records_total") == 0)
        #expect(rig.complaints.isEmpty)
    }

    @Test func aRestartGoesOnBehindWhatWasConfirmed() throws {
        let collector = try Collector(.read)
        for round in 0..<3 {
            ledger.append(10)
            let destination = try rig.stream(port: collector.port)
            destination.start()
            #expect(collector.waitForLine(try #require(try ledger.lines().last), connection: round))
            try destination.stop().wait()
        }
        #expect(try expectAllArrived(collector) == [0, 10, 20])
    }

    @Test func linesArriveWithLineFeedsWhereTheyAreAskedFor() throws {
        ledger.append(50)
        let collector = try Collector(.read)
        let destination = try rig.stream(port: collector.port) { $0.framing = .lineFeed }
        destination.start()
        let lines = try ledger.lines()
        #expect(collector.waitForLine(try #require(lines.last) + "\n"))
        try destination.stop().wait()
        let received = String(decoding: collector.connections[0].received, as: UTF8.self)
        #expect(received == lines.map { $0 + "\n" }.joined())
    }

    @Test func onlyWhatHasTheWindowBehindItIsConfirmedWhileSending() throws {
        let width = 64 << 10
        for _ in 0..<50 { ledger.append(50) }
        let collector = try Collector(.read)
        let destination = try rig.stream(port: collector.port) { $0.resend = width }
        destination.start()
        try waitForAll(collector)
        #expect(rig.waitUntil { (try? $0.confirmed()) ?? 0 > 0 })
        let confirmed = Int(try rig.confirmed())
        let lines = try ledger.lines()
        destination.abandon()
        #expect(lines[confirmed...].reduce(0) { $0 + $1.utf8.count + 4 } >= width)
    }

    /// However little it is: what the collector's system has for long enough holds up neither retention nor a backup.
    @Test func whatTheCollectorsSystemHasForLongEnoughIsConfirmed() throws {
        ledger.append(3)
        let collector = try Collector(.read)
        let destination = try rig.stream(port: collector.port) { $0.patience = .nanoseconds(1) }
        destination.start()
        try waitForAll(collector)
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end })
        destination.abandon()
    }

    @Test func whatTheCollectorsSystemHasNotIsNotConfirmed() throws {
        ledger.append(250, size: 60_000)
        let collector = try Collector(.ignore)
        let destination = try rig.stream(port: collector.port) {
            $0.patience = .nanoseconds(1)
            $0.limits.write = 300_000_000
        }
        destination.start()
        #expect(rig.waitUntil { $0.metric("failures_total") == 1 }, "it was looked at many times until then")
        #expect(try rig.confirmed() < ledger.end)
        destination.abandon()
    }

    // MARK: - Collectors that fail

    @Test func aCollectorThatIsAwayAndComesBackGetsEverything() throws {
        ledger.append(20)
        let port = LoopbackSocket.reservedPort()
        let destination = try rig.stream(port: port.port)
        destination.start()
        #expect(rig.waitUntil { $0.metric("failures_total") >= 3 })
        #expect(rig.complaints.count == 1, "the reason is said once: \(rig.complaints)")
        #expect(rig.complaints.first?.contains("delivery interrupted") == true)
        let collector = try Collector(.read, on: port)
        try waitForAll(collector)
        try destination.stop().wait()
        try expectAllArrived(collector)
        #expect(try rig.confirmed() == ledger.end)
    }

    @Test func theNextCollectorTakesOverAndTheFirstGetsItBack() throws {
        ledger.append(500)
        let port = LoopbackSocket.reservedPort()
        let second = try Collector(.read)
        let destination = try rig.stream(port: port.port, second.port) { $0.limits.probe = 10_000_000 }
        destination.start()
        try waitForAll(second)
        let first = try Collector(.read, on: port)
        #expect(second.wait { $0.allSatisfy(\.isClosed) })
        ledger.append(500)
        try waitForAll(first)
        try destination.stop().wait()
        let indexes = Dictionary(uniqueKeysWithValues: zip(try ledger.lines(), 0...))
        let arrived = (first.connections + second.connections).flatMap { records(in: $0.received) }
        #expect(arrived.count == Set(arrived).count, "an end in order confirms all")
        #expect(Set(arrived.map { indexes[$0] }) == Set(0..<Int(ledger.end)))
        #expect(try rig.confirmed() == ledger.end)
    }

    @Test func aResetInTheMiddleOfARecordLosesNothing() throws {
        ledger.append(2000)
        let collector = try Collector(.reset(after: 100_001), .reset(after: 20_002), .reset(after: 1), .read)
        let destination = try rig.stream(port: collector.port)
        destination.start()
        #expect(collector.wait { $0.count == 4 })
        #expect(try rig.confirmed() == 0)
        try waitForAll(collector)
        try destination.stop().wait()
        let starts = try expectAllArrived(collector)
        #expect(starts == [0, 0, 0, 0], "each connection begins with the first record")
        #expect(try rig.confirmed() == ledger.end)
        #expect(rig.metric("connects_total") == 4 && rig.metric("resent_records_total") > 0)
    }

    @Test func aCollectorThatHangsUpAfterEachBitGetsEverythingAtLast() throws {
        ledger.append(1000)
        let collector = try Collector(.hangUp(after: 1), .hangUp(after: 50_000), .hangUp(after: 99_999), .read)
        let destination = try rig.stream(port: collector.port)
        destination.start()
        #expect(collector.wait { $0.count == 4 })
        try waitForAll(collector)
        #expect(try rig.confirmed() == 0, "who hangs up does not say what it has read")
        try destination.stop().wait()
        try expectAllArrived(collector)
        #expect(try rig.confirmed() == ledger.end)
    }

    @Test func aCollectorThatNeverReadsIsGivenUpAndHoldsLittleMemory() throws {
        ledger.append(250, size: 60_000)
        let collector = try Collector(.ignore, .read)
        let destination = try rig.stream(port: collector.port) { $0.limits.write = 100_000_000 }
        destination.start()
        #expect(collector.wait { $0.count == 2 })
        try waitForAll(collector)
        try destination.stop().wait()
        try expectAllArrived(collector)
        #expect(rig.metric("failures_total") == 1)
        #expect(rig.complaints == ["delivery interrupted destination=test reason=nothing could be written for 0 s"])
        let lines = try ledger.lines()
        let once = lines.reduce(0) { $0 + $1.utf8.count + 6 }
        // What went to the first connection: two MiB in the process, and the system's buffers.
        #expect(rig.metric("octets_total") - once < 10 << 20)
        #expect(try rig.confirmed() == ledger.end)
    }

    @Test func memoryInTheProcessIsBoundedWhileACollectorDoesNotRead() throws {
        ledger.append(250, size: 60_000)
        let collector = try Collector(.ignore)
        let destination = try rig.stream(port: collector.port)
        destination.start()
        // Nothing moves any more when the cursor has been looked at many times without a change.
        var (before, quiet) = (-1, 0)
        #expect(
            rig.waitUntil { rig in
                let now = rig.metric("octets_total")
                quiet = now == before && now > 0 ? quiet + 1 : 0
                before = now
                return quiet == 20
            })
        #expect((1..<(3 << 20)).contains(rig.metric("outstanding_octets")))
        #expect(rig.metric("next_index") < Int(ledger.end))
        #expect(try rig.confirmed() == 0)
        destination.abandon()
        try destination.stop().wait()
        #expect(try rig.confirmed() == 0)
    }

    // MARK: - The end of a connection

    @Test func aConnectionWithNothingToSendIsClosedAndOpenedAgainForMore() throws {
        ledger.append(30)
        let collector = try Collector(.read)
        let destination = try rig.stream(port: collector.port) { $0.limits.idle = 20_000_000 }
        destination.start()
        #expect(collector.wait { $0.first?.isClosed == true })
        #expect(rig.waitUntil { (try? $0.confirmed()) == 30 })
        ledger.append(5)
        #expect(collector.waitForLine(try #require(try ledger.lines().last), connection: 1))
        try destination.stop().wait()
        #expect(try expectAllArrived(collector) == [0, 30])
        #expect(rig.complaints.isEmpty)
    }

    @Test func aCollectorThatDoesNotCloseConfirmsNothing() throws {
        ledger.append(30)
        let collector = try Collector(.linger)
        let destination = try rig.stream(port: collector.port) { $0.limits.close = 50_000_000 }
        destination.start()
        try waitForAll(collector)
        try destination.stop().wait()
        #expect(try rig.confirmed() == 0)
        #expect(rig.complaints.map { $0.contains("the collector did not close in time") } == [true])
    }

    @Test func aCollectorThatResetsAtTheEndConfirmsNothing() throws {
        ledger.append(30)
        let collector = try Collector(.resetAtEnd)
        let destination = try rig.stream(port: collector.port)
        destination.start()
        try waitForAll(collector)
        try destination.stop().wait()
        #expect(try rig.confirmed() == 0)
    }

    @Test func whatWasAbandonedIsSentAgain() throws {
        ledger.append(100)
        let collector = try Collector(.read)
        let first = try rig.stream(port: collector.port)
        first.start()
        try waitForAll(collector)
        first.abandon()
        try first.stop().wait()
        let second = try rig.stream(port: collector.port)
        second.start()
        #expect(collector.waitForLine(try #require(try ledger.lines().last), connection: 1))
        try second.stop().wait()
        #expect(try expectAllArrived(collector) == [0, 0])
    }

    @Test func aDestinationWhoseCollectorIsAwayStopsAtOnce() throws {
        let port = LoopbackSocket.reservedPort()
        let destination = try rig.stream(port: port.port)
        destination.start()
        #expect(rig.waitUntil { $0.metric("failures_total") >= 1 })
        try destination.stop().wait()
        try destination.stop().wait()
    }

    // MARK: - The disk

    /// A disk that does not answer delays the cursor, not delivery: other destinations are on the same event loop.
    @Test func aDiskThatHangsDoesNotHoldUpDelivery() throws {
        let disk = GatedFileSystem()
        let collector = try Collector(.read)
        let destination = try rig.stream(port: collector.port, disk: disk)
        destination.start()
        #expect(disk.waitForSync(1))
        for _ in 0..<5 {
            ledger.append(10)
            try waitForAll(collector)
        }
        let end = destination.stop()
        let hasEnded = Monitor(false)
        end.whenComplete { _ in hasEnded.withLock { $0 = true } }
        #expect(collector.wait { $0.first?.isClosed == true })
        #expect(!hasEnded.withLock { $0 })
        disk.allow(100)
        try end.wait()
        #expect(try rig.confirmed() == ledger.end)
    }

    /// The records of a damaged block are left out, counted and named, once; those of all others arrive.
    @Test func damageInTheLedgerIsSkipped() throws {
        for _ in 0..<12 { ledger.append(40) }
        // What is declared as lost comes too late to be a record of its own.
        ledger.close()
        let lines = try ledger.lines()
        let blocks = try ledger.blocks()
        #expect(blocks.count >= 12)
        let damaged = [blocks[2], blocks[5], blocks[6], blocks[blocks.count - 1]]
        for block in damaged { try ledger.damage(block.bytes.lowerBound + 40..<block.bytes.lowerBound + 50) }
        let lost = Set(damaged.flatMap { $0.indexes })
        let expected = lines.indices.filter { !lost.contains(UInt64($0)) }.map { lines[$0] }
        let collector = try Collector(.reset(after: 30_000), .read)
        let destination = try rig.stream(port: collector.port)
        destination.start()
        #expect(collector.waitForLine(try #require(expected.last), connection: 1))
        try destination.stop().wait()
        #expect(records(in: collector.connections[1].received) == expected)
        #expect(rig.metric("skipped_records_total") == lost.count)
        let complaints = rig.complaints.filter { $0.hasPrefix("records are damaged or gone in the ledger") }
        #expect(complaints.count == 3)
        for (complaint, range) in zip(
            complaints, [damaged[0].indexes, damaged[1].indexes.lowerBound..<damaged[2].indexes.upperBound])
        {
            #expect(complaint.contains("first_index=\(range.lowerBound) last_index=\(range.upperBound - 1) "))
            #expect(complaint.hasSuffix("segment=\(ledger.access.layout.segment(0))"))
        }
        #expect(try rig.confirmed() == ledger.end, "the cursor goes past what is lost")
        #expect(rig.metric("next_index") == Int(ledger.end), "and so does what counts as sent")
    }

    /// What a destination has sent before a restart, it counts as sent again after it.
    @Test func whatIsSentAgainAfterARestartIsCounted() throws {
        ledger.append(100)
        let collector = try Collector(.resetAtEnd, .read)
        let first = try rig.stream(port: collector.port)
        first.start()
        try waitForAll(collector)
        try first.stop().wait()
        #expect(rig.metric("resent_records_total") == 0)
        ledger.append(20)
        let second = try rig.stream(port: collector.port)
        second.start()
        #expect(collector.waitForLine(try #require(try ledger.lines().last), connection: 1))
        try second.stop().wait()
        #expect(rig.metric("resent_records_total") == 100)
    }

    // MARK: - TLS

    private func server() throws -> TLSContext { try .server(.test("server"), clients: .test) }
    private func client() throws -> TLSContext { try .client(.test("client"), server: .test) }

    @Test func everythingArrivesOverTLSAndTheEndConfirmsIt() throws {
        ledger.append(3000)
        let collector = try Collector(.read, tls: server())
        let destination = try rig.stream(port: collector.port, tls: client())
        destination.start()
        try waitForAll(collector)
        try destination.stop().wait()
        #expect(try expectAllArrived(collector) == [0])
        #expect(try rig.confirmed() == ledger.end)
        #expect(rig.complaints.isEmpty)
    }

    @Test func aHandshakeThatNeverEndsIsGivenUp() throws {
        ledger.append(20)
        let collector = try Collector(.ignore, .ignore, .read, tls: server())
        let destination = try rig.stream(port: collector.port, tls: client()) {
            $0.handshakeTimeout = .milliseconds(30)
        }
        destination.start()
        #expect(collector.wait { $0.count == 3 })
        try waitForAll(collector)
        try destination.stop().wait()
        #expect(rig.metric("failures_total") == 2)
        #expect(rig.complaints == ["delivery interrupted destination=test reason=no TLS handshake in time"])
        #expect(try rig.confirmed() == ledger.end)
    }

    @Test func aTLSCollectorThatStopsReadingIsGivenUpAtOnce() throws {
        ledger.append(250, size: 60_000)
        let collector = try Collector(.stall, .read, tls: server())
        let destination = try rig.stream(port: collector.port, tls: client()) { $0.limits.write = 100_000_000 }
        destination.start()
        #expect(collector.wait { $0.count == 2 })
        #expect(rig.metric("failures_total") == 1)
        try waitForAll(collector)
        try destination.stop().wait()
        #expect(try rig.confirmed() == ledger.end)
    }

    @Test func aCollectorThatCannotBeTrustedGetsNothing() throws {
        ledger.append(20)
        let collector = try Collector(.read, tls: .server(.test("unknown"), clients: nil))
        let destination = try rig.stream(port: collector.port, tls: client())
        destination.start()
        #expect(rig.waitUntil { $0.metric("failures_total") >= 3 })
        #expect(rig.complaints.map { $0.contains("not by an authority in the CA file") } == [true], "said once")
        #expect(collector.connections.allSatisfy { $0.received.isEmpty })
        #expect(rig.metric("connects_total") == 0 && rig.metric("records_total") == 0)
        try destination.stop().wait()
    }
}
