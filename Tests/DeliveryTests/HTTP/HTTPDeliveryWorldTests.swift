import Testing

@testable import Delivery

/// Random worlds: servers that fail, lose acknowledgements, reject and refuse, ledgers that lose records, dead letters
/// that cannot be stored. Whatever happens, no record is passed over, and in the end all are accounted for.
@Suite struct HTTPDeliveryWorldTests {
    @Test(arguments: 0..<8)
    func everyRecordIsAccountedFor(block: UInt64) {
        for seed in block * 20..<(block + 1) * 20 {
            var world = World(seed: seed)
            world.run()
            guard world.isWhole else {
                Issue.record("seed \(seed): \(world.complaint)")
                return
            }
        }
    }

    private struct World {
        private enum Answer {
            case verdict(parcel: UInt64, records: [UInt64], Route)
            case confirmation(Route, [UInt64])
            case stored(parcel: UInt64, [RejectedRecord])
        }

        private var random: SplitMix
        private var machine: HTTPDeliveryMachine
        private var now: UInt64 = 0
        private let end: UInt64
        private let usesAcknowledgements: Bool
        /// Whether two records that are rejected one after another are enough for a halt.
        private let doubtsSoon: Bool
        private let badness: UInt64
        private var nextRecord: UInt64 = 0
        private var pending: [Answer] = []
        private var acknowledgements: [Route: [UInt64: [UInt64]]] = [:]
        private var nextAcknowledgement: UInt64 = 0
        private var accounted: Set<UInt64> = []
        private var isFinished = false
        private var isStopping = false
        private static let stopStep = 500
        private(set) var complaint = ""

        var isWhole: Bool { complaint.isEmpty }

        init(seed: UInt64) {
            random = SplitMix(state: seed)
            end = 20 + random.next() % 100
            usesAcknowledgements = random.next() % 2 == 0
            badness = random.next() % 70
            var limits = HTTPDeliveryMachine.Limits()
            limits.concurrency = 1 + Int(random.next() % 4)
            limits.acknowledgement = 3_000_000_000
            limits.haltPause = 2_000_000_000
            doubtsSoon = random.next() % 3 == 0
            limits.rejectionsInARow = doubtsSoon ? 1 : .max
            limits.failuresAtStop = .max
            machine = HTTPDeliveryMachine(
                limits: limits, parcelLimits: ParcelLimits(records: 16), nodeCount: 1 + Int(random.next() % 3), from: 0)
        }

        /// Records whose index ends in 7 are poison; those that end in 3, sometimes lost.
        private func isPoison(_ index: UInt64) -> Bool { index % 10 == 7 }

        mutating func run() {
            for step in 0..<200_000 {
                if isFinished { break }
                // A stop does not wait for a server that is taken to refuse everything.
                let mayStop = step >= Self.stopStep && (!doubtsSoon || machine.confirmedIndex == end)
                if mayStop, !isStopping, machine.state == .running {
                    isStopping = true
                    take(.stop)
                }
                gather()
                if !pending.isEmpty, random.next() % 3 > 0 {
                    answer(pending.remove(at: Int(random.next() % UInt64(pending.count))))
                } else {
                    let deadline = machine.deadline
                    now = pending.isEmpty ? max(now + 1, deadline ?? now) : now + random.next() % 50_000_000
                    take(.tick)
                }
                if let passed = (0..<machine.confirmedIndex).first(where: { !accounted.contains($0) }) {
                    complaint = "record \(passed) was passed over"
                    return
                }
            }
            if !isFinished { complaint = "it does not come to an end" }
            if machine.confirmedIndex != end { complaint = "the cursor is at \(machine.confirmedIndex) of \(end)" }
        }

        private mutating func gather() {
            while machine.wantsRecords {
                guard nextRecord < end else {
                    take(.caughtUp)
                    return
                }
                let span = nextRecord..<min(end, nextRecord + 1 + random.next() % UInt64(machine.parcelLimits.records))
                var indexes: [UInt64] = []
                for index in span {
                    if index % 10 == 3, random.next() % 4 == 0 {
                        accounted.insert(index)
                    } else {
                        indexes.append(index)
                    }
                }
                nextRecord = span.upperBound
                take(.gathered(indexes: indexes, span: span))
            }
        }

        private mutating func take(_ event: HTTPDeliveryMachine.Event) {
            for action in machine.handle(event, now: now, jitter: random.next()) {
                switch action {
                case .send(let parcel, let route):
                    pending.append(.verdict(parcel: parcel, records: machine.records(of: parcel), route))
                case .reject(let parcel, let records): pending.append(.stored(parcel: parcel, records))
                case .askAcknowledgements(let route, let numbers): pending.append(.confirmation(route, numbers))
                case .finished: isFinished = true
                default: break
                }
            }
        }

        private mutating func answer(_ answer: Answer) {
            switch answer {
            case .stored(let parcel, let records):
                if random.next() % 100 < badness {
                    take(.notStored(parcel: parcel, reason: "full"))
                } else {
                    accounted.formUnion(records.map(\.index))
                    take(.stored(parcel: parcel))
                }
            case .confirmation(let route, let numbers):
                guard random.next() % 100 >= badness else {
                    return take(.confirmationFailed(route, .retry(reason: "503")))
                }
                let known = numbers.filter { acknowledgements[route]?[$0] != nil }
                for number in known { accounted.formUnion(acknowledgements[route]?.removeValue(forKey: number) ?? []) }
                take(.confirmed(route, known))
            case .verdict(let parcel, let records, let route):
                if random.next() % 100 < badness { return misbehave(parcel, records, route) }
                judge(parcel, records, route)
            }
        }

        private mutating func judge(_ parcel: UInt64, _ records: [UInt64], _ route: Route) {
            if let poison = records.firstIndex(where: isPoison) {
                if random.next() % 2 == 0 { return take(.judged(parcel: parcel, .isolate(status: 400, reason: "bad"))) }
                // Those behind the poison are to be sent again; those before it were taken, unless they are to be
                // acknowledged.
                let again =
                    usesAcknowledgements
                    ? records.indices.filter { $0 != poison } : Array(records.indices[(poison + 1)...])
                if !usesAcknowledgements { accounted.formUnion(records[..<poison]) }
                let rejection = Rejection(position: poison, status: 400, reason: "bad")
                return take(.judged(parcel: parcel, .partly(again: again, rejected: [rejection], reason: "bad")))
            }
            guard usesAcknowledgements else {
                accounted.formUnion(records)
                return take(.judged(parcel: parcel, .delivered))
            }
            // Now and then a number that is in use, as from another server behind one address.
            let isReused = random.next() % 20 == 0
            let number = isReused ? nextAcknowledgement : nextAcknowledgement + 1
            nextAcknowledgement = number
            let isLost = random.next() % 100 < badness
            // A confirmation of a number that two requests have means neither.
            let isTwin = acknowledgements[route]?[number] != nil
            acknowledgements[route, default: [:]][number] = isLost || isTwin ? nil : records
            take(.judged(parcel: parcel, .awaitAcknowledgement(number)))
        }

        private mutating func misbehave(_ parcel: UInt64, _ records: [UInt64], _ route: Route) {
            switch random.next() % 8 {
            case 0: take(.failed(parcel: parcel, HTTPFailure(.timeout, "slow")))
            case 1: take(.failed(parcel: parcel, HTTPFailure(.interrupted, "reset")))
            case 2: take(.judged(parcel: parcel, .retry(reason: "503", after: random.next() % 5_000_000_000)))
            case 3: take(.judged(parcel: parcel, .tooLarge(status: 413, reason: "large")))
            case 4 where !isStopping: take(.judged(parcel: parcel, .halt(reason: "token")))
            case 4: take(.judged(parcel: parcel, .retry(reason: "404")))
            case 5: take(.judged(parcel: parcel, .partly(again: [records.count + 3], rejected: [], reason: "liar")))
            case 6:
                let left = records.filter { _ in random.next() % 2 == 0 }
                accounted.formUnion(Set(records).subtracting(left))
                take(.reread(parcel: parcel, indexes: left))
                if !left.isEmpty { pending.append(.verdict(parcel: parcel, records: left, route)) }
            default:
                let again = records.indices.filter { _ in random.next() % 2 == 0 }
                guard !usesAcknowledgements else { return take(.judged(parcel: parcel, .retry(reason: "429"))) }
                for place in records.indices where !again.contains(place) { accounted.insert(records[place]) }
                take(.judged(parcel: parcel, .partly(again: again, rejected: [], reason: "429")))
            }
        }
    }
}

/// A random number generator that gives the same numbers for the same seed (Steele, Lea and Flood, 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
