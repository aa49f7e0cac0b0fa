import Testing

@testable import Delivery

/// A machine and its clock. Each call is an event; jitter is none.
struct MachineRig {
    typealias Machine = HTTPDeliveryMachine
    static let second: UInt64 = 1_000_000_000

    var machine: Machine
    var now: UInt64 = 0

    init(
        from index: UInt64 = 0, nodes: Int = 1, records: Int = 100, _ change: (inout Machine.Limits) -> Void = { _ in }
    ) {
        var limits = Machine.Limits()
        change(&limits)
        machine = Machine(
            limits: limits, parcelLimits: ParcelLimits(records: records, octets: 1 << 20), nodeCount: nodes, from: index
        )
    }

    @discardableResult
    mutating func handle(_ event: Machine.Event) -> [Machine.Action] {
        machine.handle(event, now: now, jitter: 0)
    }

    /// The ledger's next `count` records.
    @discardableResult
    mutating func gather(_ count: UInt64) -> [Machine.Action] {
        let first = machine.gatheredIndex
        return handle(.gathered(indexes: Array(first..<first + count), span: first..<first + count))
    }

    mutating func tick(after seconds: Double = 0) -> [Machine.Action] {
        now += UInt64(seconds * Double(Self.second))
        return handle(.tick)
    }
}

@Suite struct HTTPDeliveryMachineTests {
    private typealias Action = HTTPDeliveryMachine.Action
    private let route = Route(node: 0, channel: 0)

    /// A machine with one parcel of `count` records on its way.
    private func sending(_ count: UInt64 = 4, _ change: (inout HTTPDeliveryMachine.Limits) -> Void = { _ in })
        -> MachineRig
    {
        var rig = MachineRig(change)
        #expect(rig.gather(count) == [.send(parcel: 0, route)])
        return rig
    }

    private func sent(_ actions: [Action]) -> [UInt64] {
        actions.compactMap { if case .send(let parcel, _) = $0 { parcel } else { nil } }
    }

    // MARK: - The cursor

    @Test func theCursorMovesOnDeliveryAlone() {
        var rig = sending()
        #expect(rig.machine.confirmedIndex == 0)
        #expect(rig.handle(.judged(parcel: 0, .delivered)) == [.forget(parcel: 0)])
        #expect(rig.machine.confirmedIndex == 4 && rig.machine.parcelCount == 0)
    }

    @Test func theCursorWaitsForTheOldestParcel() {
        var rig = sending()
        rig.handle(.judged(parcel: 0, .delivered))
        rig.gather(3)
        rig.gather(2)
        rig.handle(.judged(parcel: 2, .delivered))
        #expect(rig.machine.confirmedIndex == 4)
        rig.handle(.judged(parcel: 1, .delivered))
        #expect(rig.machine.confirmedIndex == 9)
    }

    @Test func recordsThatAreLostInTheLedgerDoNotHoldItUp() {
        var rig = MachineRig()
        #expect(rig.handle(.gathered(indexes: [], span: 0..<10)).isEmpty)
        #expect(rig.machine.confirmedIndex == 10)
        rig.handle(.gathered(indexes: [12, 15], span: 10..<20))
        #expect(rig.handle(.reread(parcel: 1, indexes: [])).isEmpty)
        #expect(rig.machine.confirmedIndex == 20, "nothing of it is in the ledger any more")
        #expect(sent(rig.gather(1)) == [2], "and its node is free again")
    }

    // MARK: - Nodes

    @Test func aServerThatHasNotAnsweredYetGetsOneRequestAtATime() {
        var rig = sending()
        #expect(rig.gather(4).isEmpty && rig.gather(4).isEmpty)
        #expect(sent(rig.handle(.judged(parcel: 0, .delivered))) == [1, 2])
    }

    @Test func noMoreIsUnderWayThanAllowed() {
        var rig = sending { $0.concurrency = 2 }
        rig.handle(.judged(parcel: 0, .delivered))
        for _ in 0..<6 where rig.machine.wantsRecords { rig.gather(1) }
        #expect(!rig.machine.wantsRecords && rig.machine.parcelCount == 4)
        #expect(sent(rig.handle(.judged(parcel: 1, .delivered))) == [3])
    }

    @Test func failuresWaitLongerAndLongerAndNeverGiveUp() {
        var rig = sending()
        var delays: [UInt64] = []
        for _ in 0..<12 {
            let actions = rig.handle(.judged(parcel: 0, .retry(reason: "busy")))
            #expect(actions == [.forget(parcel: 0), .interrupted(reason: "busy")])
            let until = rig.machine.deadline!
            delays.append(until - rig.now)
            #expect(rig.machine.handle(.tick, now: until - 1, jitter: 0).isEmpty)
            rig.now = until
            #expect(rig.handle(.tick) == [.send(parcel: 0, route)])
        }
        let quarters: [UInt64] = [1, 2, 4, 8, 16, 32, 64, 120, 120, 120, 120, 120]
        #expect(delays == quarters.map { $0 * MachineRig.second / 4 })
        #expect(rig.machine.confirmedIndex == 0 && rig.machine.retries == 12)
    }

    @Test(arguments: [(7, 7), (86_400, 300)])
    func theServersWishIsHonoured(wish: UInt64, seconds: UInt64) {
        var rig = sending()
        rig.handle(.judged(parcel: 0, .retry(reason: "busy", after: wish * MachineRig.second)))
        #expect(rig.machine.deadline == seconds * MachineRig.second)
    }

    @Test func requestsThatFailTogetherCountOnce() {
        var rig = sending()
        rig.handle(.judged(parcel: 0, .delivered))
        for _ in 0..<4 { rig.gather(1) }
        for parcel: UInt64 in 1...4 { rig.handle(.failed(parcel: parcel, HTTPFailure(.interrupted, "reset"))) }
        #expect(rig.machine.deadline == MachineRig.second / 4)
        #expect(sent(rig.tick(after: 0.25)) == [1], "and it is tried with one first")
    }

    @Test func anotherNodeTakesOver() {
        var rig = MachineRig(nodes: 2)
        #expect(rig.gather(1) == [.send(parcel: 0, Route(node: 0, channel: 0))])
        let actions = rig.handle(.failed(parcel: 0, HTTPFailure(.unreachable, "refused")))
        #expect(
            actions == [
                .forget(parcel: 0), .interrupted(reason: "refused"), .send(parcel: 0, Route(node: 1, channel: 0)),
            ])
        rig.handle(.judged(parcel: 0, .delivered))
        #expect(rig.gather(1) == [.send(parcel: 1, Route(node: 1, channel: 0))], "the first one rests")
        rig.now += MachineRig.second
        #expect(rig.gather(1) == [.send(parcel: 2, Route(node: 0, channel: 0))], "and is back")
    }

    // MARK: - Too much

    @Test func whatIsTooLargeIsHalvedUntilItIsOneRecord() {
        var rig = sending(2)
        let actions = rig.handle(.judged(parcel: 0, .tooLarge(status: 413, reason: "too large")))
        #expect(actions == [.forget(parcel: 0), .send(parcel: 0, route), .send(parcel: 1, route)])
        #expect(rig.machine.records(of: 0) == [0] && rig.machine.records(of: 1) == [1])
        let rejection = RejectedRecord(index: 0, status: 413, reason: "too large")
        #expect(
            rig.handle(.judged(parcel: 0, .tooLarge(status: 413, reason: "too large")))
                == [.forget(parcel: 0), .reject(parcel: 0, [rejection])])
        rig.handle(.judged(parcel: 1, .delivered))
        #expect(rig.machine.confirmedIndex == 0, "it is not stored yet")
        rig.handle(.stored(parcel: 0))
        #expect(rig.machine.confirmedIndex == 2)
    }

    @Test func theNextParcelsAreSmallerForAWhile() {
        var rig = sending()
        let before = rig.machine.parcelLimits
        rig.handle(.judged(parcel: 0, .tooLarge(status: 413, reason: "")))
        #expect(rig.machine.parcelLimits.octets == before.octets / 2)
        #expect(rig.machine.parcelLimits.records == before.records / 2)
        for _ in 0..<100 where rig.machine.wantsRecords { rig.gather(1) }
        for parcel: UInt64 in 0..<200 { rig.handle(.judged(parcel: parcel, .delivered)) }
        for parcel: UInt64 in 200..<300 where rig.machine.wantsRecords {
            rig.gather(1)
            rig.handle(.judged(parcel: parcel, .delivered))
        }
        #expect(rig.machine.parcelLimits.octets > before.octets / 2)
    }

    @Test func timeoutsMakeParcelsSmallerThanTheLimit() {
        var rig = MachineRig(records: 8)
        rig.gather(4)
        rig.handle(.failed(parcel: 0, HTTPFailure(.timeout, "slow")))
        #expect(rig.machine.records(of: 0) == [0, 1], "4 were allowed, 2 are now")
        #expect(rig.machine.records(of: 1) == [2, 3])
    }

    /// A server that refuses a large body may reset the connection, so that its 413 is never read.
    @Test func connectionsThatEndAgainAndAgainMakeParcelsSmallerToo() {
        var rig = MachineRig(records: 8)
        rig.gather(4)
        for attempt in 1...4 {
            rig.handle(.failed(parcel: 0, HTTPFailure(.interrupted, "reset")))
            #expect(rig.machine.records(of: 0).count == (attempt < 4 ? 4 : 2))
            _ = rig.tick(after: 60)
        }
        #expect(rig.machine.records(of: 1) == [2, 3])
    }

    // MARK: - Rejected records

    @Test func aPoisonRecordIsIsolatedAndTheRestDelivered() {
        var rig = sending(8)
        var delivered: Set<UInt64> = []
        var rejected: [UInt64] = []
        var queue = [HTTPDeliveryMachine.Action.send(parcel: 0, route)]
        while let action = queue.popLast() {
            switch action {
            case .send(let parcel, _):
                let records = rig.machine.records(of: parcel)
                let isPoisoned = records.contains(5)
                queue += rig.handle(
                    .judged(parcel: parcel, isPoisoned ? .isolate(status: 400, reason: "bad") : .delivered))
                if !isPoisoned { delivered.formUnion(records) }
            case .reject(let parcel, let records):
                rejected += records.map(\.index)
                queue += rig.handle(.stored(parcel: parcel))
            default: break
            }
        }
        #expect(rejected == [5] && delivered == Set(0..<8).subtracting([5]))
        #expect(rig.machine.confirmedIndex == 8)
    }

    @Test func itemsAreTakenApart() {
        var rig = sending(5)
        let verdict = Verdict.partly(
            again: [1, 3], rejected: [Rejection(position: 4, status: 400, reason: "mapping")], reason: "some")
        let actions = rig.handle(.judged(parcel: 0, verdict))
        #expect(
            actions == [
                .forget(parcel: 0),
                .reject(parcel: 0, [RejectedRecord(index: 4, status: 400, reason: "mapping")]),
            ])
        #expect(rig.handle(.stored(parcel: 0)) == [.send(parcel: 0, route)])
        #expect(rig.machine.records(of: 0) == [1, 3])
        #expect(
            rig.handle(.judged(parcel: 0, .partly(again: [0], rejected: [], reason: "429"))) == [
                .interrupted(reason: "429"), .forget(parcel: 0),
            ])
        #expect(rig.tick(after: 0.2).isEmpty)
        #expect(rig.tick(after: 0.2) == [.send(parcel: 0, route)], "soon, since the server takes some")
        #expect(rig.machine.records(of: 0) == [1])
    }

    @Test func whatCannotBeStoredIsSentAgain() {
        var rig = sending(2)
        rig.handle(
            .judged(
                parcel: 0, .partly(again: [], rejected: [Rejection(position: 1, status: 400, reason: "x")], reason: "x")
            ))
        #expect(
            rig.handle(.notStored(parcel: 0, reason: "disk full")) == [
                .interrupted(reason: "dead letters cannot be stored: disk full")
            ])
        #expect(rig.machine.records(of: 0) == [0, 1] && rig.machine.confirmedIndex == 0)
        #expect(rig.tick(after: 1) == [.send(parcel: 0, route)])
    }

    @Test func anAnswerAboutOtherRecordsIsNotBelieved() {
        var rig = sending(2)
        let verdict = Verdict.partly(again: [2], rejected: [], reason: "")
        rig.handle(.judged(parcel: 0, verdict))
        #expect(rig.machine.records(of: 0) == [0, 1] && rig.machine.confirmedIndex == 0)
    }

    @Test func aServerThatRejectsEverythingDoesNotGetItAllIntoTheDeadLetters() {
        var rig = MachineRig { $0.rejectionsInARow = 3 }
        var stored = 0
        var actions = rig.gather(10)
        for _ in 0..<100 {
            guard let action = actions.popLast() else { break }
            switch action {
            case .send(let parcel, _):
                actions += rig.handle(.judged(parcel: parcel, .isolate(status: 400, reason: "no")))
            case .reject(let parcel, let records):
                stored += records.count
                actions += rig.handle(.stored(parcel: parcel))
            default: break
            }
        }
        #expect((3...3 + 4).contains(stored), "and what was under way")
        guard case .halted(let reason, _) = rig.machine.state else { return #expect(Bool(false), "it is not halted") }
        #expect(reason.contains("rejected") && !rig.machine.wantsRecords)
    }

    /// After such a halt one record is tried each time, and the first that is taken ends it.
    @Test func aServerThatRejectedEverythingGetsOneRecordEachTime() {
        var rig = MachineRig { $0.rejectionsInARow = 3 }
        let letters = (0..<4).map { Rejection(position: $0, status: 400, reason: "mapping") }
        let reason = "3 records one after another were rejected and none was taken; the last: mapping"
        rig.gather(4)
        #expect(
            rig.handle(.judged(parcel: 0, .partly(again: [], rejected: letters, reason: "mapping"))) == [
                .forget(parcel: 0), .halted(reason: reason),
            ])
        for record in 0..<2 as Range<UInt64> {
            let sent = rig.tick(after: 120)
            let parcel = record == 0 ? 0 : rig.machine.nextParcel - 2
            #expect(sent.last == .send(parcel: parcel, route) && rig.machine.records(of: parcel) == [record])
            #expect(!rig.machine.wantsRecords)
            #expect(
                rig.handle(.judged(parcel: parcel, .isolate(status: 400, reason: "mapping"))) == [
                    .forget(parcel: parcel),
                    .reject(parcel: parcel, [RejectedRecord(index: record, status: 400, reason: "mapping")]),
                    .halted(reason: reason),
                ])
            #expect(rig.handle(.stored(parcel: parcel)).isEmpty && rig.tick(after: 119).isEmpty)
        }
        #expect(rig.machine.confirmedIndex == 2)
        let parcel = rig.machine.nextParcel - 1
        #expect(rig.tick(after: 1).last == .send(parcel: parcel, route))
        #expect(rig.machine.records(of: parcel) == [2])
        let actions = rig.handle(.judged(parcel: parcel, .delivered))
        #expect(actions.contains(.resumed) && rig.machine.confirmedIndex == 3 && rig.machine.state == .running)
    }

    // MARK: - Halt

    @Test func aHaltStopsEverythingAndIsTriedAgainWithOne() {
        var rig = sending()
        rig.gather(1)
        #expect(
            rig.handle(.judged(parcel: 0, .halt(reason: "token"))) == [.forget(parcel: 0), .halted(reason: "token")])
        #expect(!rig.machine.wantsRecords && !rig.machine.isWorking)
        #expect(rig.machine.deadline == 120 * MachineRig.second)
        #expect(rig.tick(after: 119).isEmpty)
        #expect(rig.tick(after: 1) == [.send(parcel: 0, route)])
        #expect(!rig.machine.wantsRecords)
        #expect(
            rig.handle(.judged(parcel: 0, .halt(reason: "token"))) == [.forget(parcel: 0), .halted(reason: "token")])
        #expect(rig.tick(after: 120) == [.send(parcel: 0, route)])
        #expect(
            rig.handle(.judged(parcel: 0, .delivered)) == [.resumed, .forget(parcel: 0), .send(parcel: 1, route)])
        #expect(rig.machine.state == .running && rig.machine.wantsRecords)
    }

    @Test func whenNothingIsLeftToTryAfterAHaltTheNextRecordsAreTried() {
        var rig = sending()
        rig.handle(.judged(parcel: 0, .halt(reason: "token")))
        #expect(rig.tick(after: 120) == [.send(parcel: 0, route)])
        #expect(!rig.machine.wantsRecords)
        rig.handle(.reread(parcel: 0, indexes: []))
        #expect(rig.machine.wantsRecords && rig.machine.confirmedIndex == 4)
        #expect(rig.gather(1) == [.send(parcel: 1, route)])
        #expect(!rig.machine.wantsRecords)
        #expect(rig.handle(.judged(parcel: 1, .delivered)) == [.resumed, .forget(parcel: 1)])
    }

    @Test func aServerThatTakesSomeIsNotTakenToRefuseAll() {
        var rig = sending(10) { $0.rejectionsInARow = 3 }
        let rejected = (0..<9).map { Rejection(position: $0, status: 400, reason: "mapping") }
        let actions = rig.handle(.judged(parcel: 0, .partly(again: [], rejected: rejected, reason: "mapping")))
        guard case .reject(0, let letters)? = actions.last else { return #expect(Bool(false), "nothing is rejected") }
        #expect(letters.map(\.index) == Array(0..<9) && rig.machine.state == .running)
    }

    @Test func whatWaitsForAnAcknowledgementIsBounded() {
        var rig = MachineRig {
            $0.unacknowledgedParcels = 5
            $0.parcels = 3
        }
        for parcel: UInt64 in 0..<5 {
            #expect(rig.machine.wantsRecords)
            rig.gather(1)
            rig.handle(.judged(parcel: parcel, .awaitAcknowledgement(parcel)))
        }
        #expect(!rig.machine.wantsRecords)
        rig.handle(.confirmed(route, [3]))
        #expect(rig.machine.wantsRecords)
        var other = MachineRig { $0.unacknowledgedRecords = 10 }
        other.gather(10)
        other.handle(.judged(parcel: 0, .awaitAcknowledgement(1)))
        #expect(!other.machine.wantsRecords)
    }

    // MARK: - Acknowledgements

    /// What is delivered behind it is not kept one by one, and the ledger is read on.
    @Test func oneLostAcknowledgementHoldsUpNothing() {
        var rig = awaiting()
        for parcel in 1...1000 as ClosedRange<UInt64> {
            #expect(rig.machine.wantsRecords)
            rig.gather(2)
            rig.handle(.judged(parcel: parcel, .delivered))
        }
        #expect(rig.machine.confirmedIndex == 0 && rig.machine.parcelCount == 1)
        #expect(rig.machine.parcels.count == 2)
        rig.handle(.confirmed(route, [7]))
        #expect(rig.machine.confirmedIndex == 2002 && rig.machine.parcels.isEmpty)
    }

    private func awaiting() -> MachineRig {
        var rig = sending(2)
        #expect(rig.handle(.judged(parcel: 0, .awaitAcknowledgement(7))) == [.forget(parcel: 0)])
        return rig
    }

    @Test func whatIsTakenCountsWhenItIsAcknowledged() {
        var rig = awaiting()
        #expect(rig.machine.confirmedIndex == 0 && rig.machine.acknowledgedAt == nil)
        #expect(rig.tick(after: 0.9).isEmpty)
        #expect(rig.tick(after: 0.1) == [.askAcknowledgements(route, [7])])
        #expect(rig.tick(after: 5).isEmpty, "one question at a time")
        rig.handle(.confirmed(route, []))
        #expect(rig.tick(after: 1) == [.askAcknowledgements(route, [7])])
        rig.handle(.confirmed(route, [7]))
        #expect(rig.machine.confirmedIndex == 2 && rig.machine.acknowledgedAt == rig.now)
    }

    @Test func anAcknowledgementThatDoesNotComeSendsAgainUnderAnotherChannel() {
        var rig = awaiting()
        let actions = rig.tick(after: 120)
        let other = Route(node: 0, channel: 1)
        #expect(
            actions == [
                .interrupted(reason: "not acknowledged within 120 s, and sent again"), .send(parcel: 0, other),
            ])
        rig.handle(.confirmed(route, [7]))
        #expect(rig.machine.confirmedIndex == 0, "late is not the same channel")
        rig.handle(.judged(parcel: 0, .awaitAcknowledgement(7)))
        rig.handle(.confirmed(other, [7]))
        #expect(rig.machine.confirmedIndex == 2)
    }

    @Test func oneNumberForTwoRequestsConfirmsNeither() {
        var rig = awaiting()
        rig.gather(2)
        let actions = rig.handle(.judged(parcel: 1, .awaitAcknowledgement(7)))
        #expect(sent(actions) == [0, 1] && actions.contains(.send(parcel: 0, Route(node: 0, channel: 1))))
        rig.handle(.confirmed(route, [7]))
        #expect(rig.machine.confirmedIndex == 0)
    }

    @Test func failedQuestionsAreAskedAgain() {
        var rig = awaiting()
        _ = rig.tick(after: 1)
        #expect(
            rig.handle(.confirmationFailed(route, .retry(reason: "503"))) == [
                .interrupted(reason: "no acknowledgements: 503")
            ])
        #expect(rig.tick(after: 1) == [.askAcknowledgements(route, [7])])
        #expect(rig.handle(.confirmationFailed(route, .halt(reason: "off"))) == [.halted(reason: "off")])
        #expect(sent(rig.tick(after: 120)) == [0], "it was not acknowledged")
    }

    // MARK: - By request

    @Test func whatIsSentByRequestDoesNotMoveTheCursor() {
        var rig = MachineRig(from: 100) { $0.resendRecords = 2 }
        #expect(rig.handle(.resend([3, 5, 9])) == [.send(parcel: 0, route)])
        #expect(rig.machine.records(of: 0) == [3, 5] && rig.machine.records(of: 1) == [9])
        let first = rig.handle(.judged(parcel: 0, .delivered))
        #expect(first == [.forget(parcel: 0), .resent([3, 5]), .send(parcel: 1, route)])
        rig.handle(.judged(parcel: 1, .isolate(status: 400, reason: "still bad")))
        #expect(rig.handle(.stored(parcel: 1)) == [.notResent([9])])
        #expect(rig.machine.confirmedIndex == 100 && rig.machine.parcelCount == 0)
    }

    @Test func whatIsGoneFromTheLedgerIsReported() {
        var rig = MachineRig(from: 100)
        rig.handle(.resend([3, 5]))
        #expect(rig.handle(.reread(parcel: 0, indexes: [5])) == [.notResent([3])])
        #expect(rig.handle(.judged(parcel: 0, .delivered)) == [.forget(parcel: 0), .resent([5])])
    }

    // MARK: - The end

    @Test func aStopDeliversWhatIsLeft() {
        var rig = sending()
        #expect(rig.handle(.stop).isEmpty)
        rig.gather(1)
        #expect(rig.handle(.caughtUp).isEmpty)
        rig.handle(.judged(parcel: 0, .delivered))
        #expect(rig.handle(.judged(parcel: 1, .delivered)) == [.forget(parcel: 1), .finished])
        #expect(rig.machine.state == .stopped && rig.handle(.tick).isEmpty)
    }

    @Test func aStopWaitsNeitherForAHaltNorForServersThatAreAway() {
        var halted = sending()
        halted.handle(.judged(parcel: 0, .halt(reason: "token")))
        #expect(halted.handle(.stop) == [.finished])
        var away = sending()
        away.handle(.stop)
        for round in 1...3 {
            let actions = away.handle(.failed(parcel: 0, HTTPFailure(.unreachable, "refused")))
            #expect(actions.contains(.finished) == (round == 3))
            away.now += 60 * MachineRig.second
            away.handle(.tick)
        }
    }

    @Test func anAbandonedMachineEndsAtOnce() {
        var rig = sending()
        #expect(rig.handle(.abandon) == [.finished])
        #expect(rig.handle(.abandon).isEmpty && rig.machine.confirmedIndex == 0)
    }
}
