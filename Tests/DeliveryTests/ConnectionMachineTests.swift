import Testing

@testable import Delivery

@Suite struct ConnectionMachineTests {
    private typealias Event = ConnectionMachine.Event
    private typealias Action = ConnectionMachine.Action
    private static let second: UInt64 = 1_000_000_000

    private func machine(idle: UInt64? = nil) -> ConnectionMachine {
        var limits = ConnectionMachine.Limits()
        limits.idle = idle
        return ConnectionMachine(limits: limits, now: 0)
    }

    private func streaming(idle: UInt64? = nil) -> ConnectionMachine {
        var machine = machine(idle: idle)
        #expect(machine.handle(.tick, now: 0, outstanding: 0, jitter: 0) == [.connect])
        #expect(machine.handle(.connected, now: 0, outstanding: 0, jitter: 0) == [.send])
        return machine
    }

    @Test func backoffGrowsToItsLimitAndStaysWithinTheJitter() {
        var machine = machine()
        var now: UInt64 = 0
        var delays: [UInt64] = []
        for round in 0..<12 {
            #expect(machine.handle(.tick, now: now, outstanding: 0, jitter: 0) == [.connect])
            _ = machine.handle(.connectFailed, now: now, outstanding: 0, jitter: UInt64(round) &* 0x9E37_79B9_7F4A_7C15)
            guard case .waiting(let until) = machine.state else {
                Issue.record("not waiting but \(machine.state)")
                return
            }
            let base = min(30 * Self.second, 250_000_000 << UInt64(round))
            #expect(until - now >= base && until - now <= base + base / 2)
            #expect(machine.handle(.tick, now: until - 1, outstanding: 0, jitter: 0).isEmpty)
            delays.append(until - now)
            now = until
        }
        #expect(delays.last! >= 30 * Self.second)
    }

    @Test func aCollectorThatHangsUpAtOnceIsNotStormed() {
        var machine = machine()
        var now: UInt64 = 0
        for _ in 0..<6 {
            _ = machine.handle(.tick, now: now, outstanding: 0, jitter: 0)
            _ = machine.handle(.connected, now: now, outstanding: 0, jitter: 0)
            _ = machine.handle(.progress, now: now, outstanding: 0, jitter: 0)
            _ = machine.handle(.disconnected(clean: true), now: now, outstanding: 0, jitter: 0)
            if case .waiting(let until) = machine.state { now = until }
        }
        #expect(now == 250_000_000 * (1 + 2 + 4 + 8 + 16 + 32))
    }

    @Test func aConnectionThatHeldForgetsTheFailures() {
        var machine = machine()
        _ = machine.handle(.tick, now: 0, outstanding: 0, jitter: 0)
        _ = machine.handle(.connectFailed, now: 0, outstanding: 0, jitter: 0)
        _ = machine.handle(.tick, now: Self.second, outstanding: 0, jitter: 0)
        _ = machine.handle(.connected, now: Self.second, outstanding: 0, jitter: 0)
        let later = 100 * Self.second
        _ = machine.handle(.disconnected(clean: false), now: later, outstanding: 0, jitter: 0)
        #expect(machine.state == .waiting(until: later + 250_000_000))
    }

    @Test func aWriteThatMakesNoProgressIsGivenUp() {
        var machine = streaming()
        #expect(machine.handle(.tick, now: 60 * Self.second, outstanding: 1, jitter: 0).isEmpty)
        #expect(machine.handle(.tick, now: 80 * Self.second, outstanding: 1, jitter: 0).isEmpty)
        let actions = machine.handle(.tick, now: 91 * Self.second, outstanding: 1, jitter: 0)
        #expect(actions == [.abort("nothing could be written for 30 s")])
        #expect(!machine.maySend)
        for seconds in 92..<100 as Range<UInt64> {
            #expect(machine.handle(.tick, now: seconds * Self.second, outstanding: 1, jitter: 0).isEmpty, "once")
        }
        _ = machine.handle(.disconnected(clean: false), now: 100 * Self.second, outstanding: 1, jitter: 0)
        #expect(machine.handle(.tick, now: 200 * Self.second, outstanding: 0, jitter: 0) == [.connect])
    }

    @Test func anIdleConnectionRestsUntilThereIsMore() {
        var machine = streaming(idle: 5 * Self.second)
        #expect(machine.handle(.tick, now: 6 * Self.second, outstanding: 0, jitter: 0) == [.closeOutput])
        #expect(
            machine.handle(.disconnected(clean: true), now: 6 * Self.second, outstanding: 0, jitter: 0) == [.confirmAll]
        )
        #expect(machine.state == .resting)
        #expect(machine.handle(.wake, now: 7 * Self.second, outstanding: 0, jitter: 0) == [.connect])
    }

    @Test func stopDrainsThenClosesInOrder() {
        var machine = streaming()
        #expect(machine.handle(.stop, now: 1, outstanding: 5, jitter: 0) == [.send])
        #expect(machine.maySend)
        #expect(machine.handle(.caughtUp, now: 2, outstanding: 0, jitter: 0) == [.closeOutput])
        #expect(!machine.maySend)
        #expect(
            machine.handle(.disconnected(clean: true), now: 3, outstanding: 0, jitter: 0) == [.confirmAll, .finished])
        #expect(machine.state == .stopped)
    }

    @Test func aCollectorThatDoesNotCloseIsGivenUpWithoutConfirmation() {
        var machine = streaming()
        _ = machine.handle(.stop, now: 1, outstanding: 0, jitter: 0)
        _ = machine.handle(.caughtUp, now: 2, outstanding: 0, jitter: 0)
        let actions = machine.handle(.tick, now: 6 * Self.second, outstanding: 0, jitter: 0)
        #expect(actions == [.abort("the collector did not close in time")])
        #expect(machine.handle(.tick, now: 7 * Self.second, outstanding: 0, jitter: 0).isEmpty)
        #expect(
            machine.handle(.disconnected(clean: false), now: 6 * Self.second, outstanding: 0, jitter: 0) == [.finished])
    }

    @Test func stopWhileWaitingOrConnectingEnds() {
        var waiting = machine()
        #expect(waiting.handle(.stop, now: 0, outstanding: 0, jitter: 0) == [.finished])
        var connecting = machine()
        _ = connecting.handle(.tick, now: 0, outstanding: 0, jitter: 0)
        #expect(connecting.handle(.stop, now: 0, outstanding: 0, jitter: 0).isEmpty)
        #expect(connecting.handle(.connectFailed, now: 0, outstanding: 0, jitter: 0) == [.finished])
    }

    @Test func whatIsAbandonedEndsOnceAndForEver() {
        for events in [[], [.tick], [.tick, .connected], [.tick, .connected, .stop]] as [[Event]] {
            var machine = machine()
            for event in events { _ = machine.handle(event, now: 0, outstanding: 1, jitter: 0) }
            #expect(machine.handle(.abandon, now: 1, outstanding: 1, jitter: 0) == [.finished])
            let later: [Event] = [
                .tick, .connected, .disconnected(clean: true), .wake, .stop, .abandon, .connectFailed,
            ]
            for event in later {
                #expect(machine.handle(event, now: 60 * Self.second, outstanding: 1, jitter: 0).isEmpty)
                #expect(machine.state == .stopped && !machine.maySend)
            }
        }
    }

    // MARK: - Several collectors

    private func several(_ count: Int) -> ConnectionMachine {
        var limits = ConnectionMachine.Limits()
        limits.targets = count
        return ConnectionMachine(limits: limits, now: 0)
    }

    @Test func theNextCollectorIsTriedAtOnceAndAllOfThemBeforeAPause() {
        var machine = several(3)
        for target in 0..<3 {
            #expect(machine.target == target)
            #expect(machine.handle(.tick, now: 0, outstanding: 0, jitter: 0) == [.connect])
            _ = machine.handle(.connectFailed, now: 0, outstanding: 0, jitter: 0)
        }
        #expect(machine.target == 0 && machine.state == .waiting(until: 250_000_000))
        for target in 0..<3 {
            #expect(machine.target == target)
            #expect(machine.handle(.tick, now: Self.second, outstanding: 0, jitter: 0) == [.connect])
            _ = machine.handle(.connected, now: Self.second, outstanding: 0, jitter: 0)
            _ = machine.handle(.disconnected(clean: true), now: Self.second, outstanding: 0, jitter: 0)
        }
        #expect(machine.target == 0 && machine.state == .waiting(until: Self.second + 500_000_000), "none has held")
    }

    /// A machine that streams to the second of two collectors.
    private func onSecond() -> ConnectionMachine {
        var machine = several(2)
        _ = machine.handle(.tick, now: 0, outstanding: 0, jitter: 0)
        _ = machine.handle(.connectFailed, now: 0, outstanding: 0, jitter: 0)
        _ = machine.handle(.tick, now: 0, outstanding: 0, jitter: 0)
        _ = machine.handle(.connected, now: 0, outstanding: 0, jitter: 0)
        #expect(machine.target == 1 && machine.state == .streaming)
        return machine
    }

    @Test func theFirstCollectorIsProbedAndGetsTheConnectionBack() {
        var machine = onSecond()
        #expect(machine.handle(.tick, now: 59 * Self.second, outstanding: 0, jitter: 0).isEmpty)
        #expect(machine.handle(.tick, now: 60 * Self.second, outstanding: 0, jitter: 0) == [.probeFirst])
        #expect(machine.handle(.tick, now: 61 * Self.second, outstanding: 0, jitter: 0).isEmpty)
        #expect(machine.handle(.tick, now: 120 * Self.second, outstanding: 0, jitter: 0) == [.probeFirst])
        let now = 121 * Self.second
        #expect(machine.handle(.firstAnswers, now: now, outstanding: 5, jitter: 0) == [.closeOutput])
        #expect(!machine.maySend)
        #expect(machine.handle(.firstAnswers, now: now, outstanding: 5, jitter: 0).isEmpty)
        let actions = machine.handle(.disconnected(clean: true), now: now, outstanding: 0, jitter: 0)
        #expect(actions == [.confirmAll, .connect] && machine.target == 0)
    }

    @Test func theFirstCollectorIsNotProbedWhileItHasTheConnection() {
        var machine = several(2)
        _ = machine.handle(.tick, now: 0, outstanding: 0, jitter: 0)
        _ = machine.handle(.connected, now: 0, outstanding: 0, jitter: 0)
        #expect(machine.handle(.tick, now: 600 * Self.second, outstanding: 0, jitter: 0).isEmpty)
        #expect(machine.handle(.firstAnswers, now: 600 * Self.second, outstanding: 0, jitter: 0).isEmpty)
    }

    @Test func anAnswerThatComesWhileStoppingChangesNothing() {
        var machine = onSecond()
        #expect(machine.handle(.stop, now: Self.second, outstanding: 0, jitter: 0) == [.send])
        #expect(machine.handle(.firstAnswers, now: Self.second, outstanding: 0, jitter: 0).isEmpty)
        #expect(machine.handle(.caughtUp, now: Self.second, outstanding: 0, jitter: 0) == [.closeOutput])
        let actions = machine.handle(.disconnected(clean: true), now: Self.second, outstanding: 0, jitter: 0)
        #expect(actions == [.confirmAll, .finished])
    }

    @Test func aStopOnTheWayBackEndsThere() {
        var machine = onSecond()
        _ = machine.handle(.firstAnswers, now: Self.second, outstanding: 0, jitter: 0)
        #expect(machine.handle(.stop, now: Self.second, outstanding: 0, jitter: 0).isEmpty)
        _ = machine.handle(.disconnected(clean: true), now: Self.second, outstanding: 0, jitter: 0)
        #expect(machine.handle(.connected, now: Self.second, outstanding: 0, jitter: 0) == [.send])
        #expect(machine.state == .draining)
    }
}

@Suite struct SentWindowTests {
    @Test(arguments: 0..<50)
    func whatIsConfirmedHasTheWindowBehindIt(seed: Int) {
        var random = Numbers(state: UInt64(seed))
        let width = Int.random(in: 0...500, using: &random)
        var window = SentWindow(width: width, from: 10)
        var ends: [(end: Int, index: UInt64)] = []
        var (sent, flushed, index) = (0, 0, UInt64(10))
        for _ in 0..<200 {
            if Bool.random(using: &random) {
                let bytes = Int.random(in: 1...90, using: &random)
                (sent, index) = (sent + bytes, index + 3)
                #expect(window.noteSent(bytes, index - 3..<index) == 0)
                ends.append((sent, index))
            } else if sent > flushed {
                let bytes = Int.random(in: 1...(sent - flushed), using: &random)
                flushed += bytes
                window.noteFlushed(bytes)
            }
            #expect(window.outstanding == sent - flushed)
            #expect(window.confirmedIndex == ends.last { $0.end + width <= flushed }?.index ?? 10)
        }
        let confirmed = window.confirmedIndex
        window.reconnect()
        #expect(window.confirmedIndex == confirmed && window.outstanding == 0)
    }

    @Test func anOrderlyEndConfirmsEverything() {
        var window = SentWindow(width: 1000, from: 0)
        window.noteSent(10, 0..<4)
        window.noteFlushed(10)
        #expect(window.confirmedIndex == 0)
        window.confirmAll()
        #expect(window.confirmedIndex == 4)
    }

    /// With an acknowledgement of the peer's system behind it that is old enough, whatever was sent since.
    @Test func whatIsAcknowledgedForLongEnoughIsConfirmed() {
        var window = SentWindow(width: 1000, patience: 60, from: 0)
        window.noteAcknowledged(at: 1)
        window.noteSent(10, 0..<4)
        window.noteFlushed(9)
        window.noteAcknowledged(at: 70)
        window.noteFlushed(1)
        window.noteSent(10, 4..<5)
        window.noteFlushed(10)
        window.noteAcknowledged(at: 130)
        #expect(window.confirmedIndex == 0, "the first record was not acknowledged as a whole at 70")
        window.noteSent(10, 5..<6)
        window.noteAcknowledged(at: 189)
        #expect(window.confirmedIndex == 0)
        window.noteAcknowledged(at: 190)
        #expect(window.confirmedIndex == 5 && window.outstanding == 10)
        window.noteFlushed(10)
        window.reconnect()
        #expect(window.nextIndex == 5)
        window.noteAcknowledged(at: 1000)
        #expect(window.confirmedIndex == 5, "a new connection starts over")
    }

    @Test func whatIsSentAgainIsCounted() {
        var window = SentWindow(width: 10, from: 5, unsent: 8)
        #expect(window.noteSent(10, 5..<7) == 2)
        #expect(window.noteSent(10, 7..<10) == 1, "a block that was cut short before")
        window.noteFlushed(20)
        #expect(window.confirmedIndex == 7 && window.nextIndex == 10)
        window.reconnect()
        #expect(window.nextIndex == 7 && window.unsentIndex == 10)
        #expect(window.noteSent(30, 7..<12) == 3)
    }

    /// What cannot be sent is confirmed with what was sent before it.
    @Test func whatIsSkippedIsConfirmedByTheEnd() {
        var window = SentWindow(width: 10, from: 0)
        window.noteSent(10, 0..<4)
        window.skip(to: 9)
        window.skip(to: 9)
        #expect(window.nextIndex == 9 && window.outstanding == 10)
        window.noteFlushed(10)
        #expect(window.confirmedIndex == 0)
        window.confirmAll()
        #expect(window.confirmedIndex == 9)
    }
}

/// Numbers that a seed repeats (a linear congruential generator; Knuth's MMIX constants).
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
