/// A record that the server will never take, and why.
public struct RejectedRecord: Equatable, Sendable {
    public var index: UInt64
    public var status: Int
    public var reason: String

    public init(index: UInt64, status: Int, reason: String) {
        self.index = index
        self.status = status
        self.reason = reason
    }
}

// What answers, and their absence, do to parcels.
extension HTTPDeliveryMachine {
    mutating func judge(_ id: UInt64, _ verdict: Verdict, _ now: UInt64, _ jitter: UInt64) -> [Action] {
        guard let place = position(of: id), case .sending(let route) = parcels[place].state else { return [] }
        let node = route.node
        nodes.release(node)
        switch verdict {
        case .delivered:
            return noteSuccess(node) + settle(place, now)
        case .awaitAcknowledgement(let number):
            return noteSuccess(node) + awaitAcknowledgement(number, place, route, now)
        case .partly(let again, let rejected, let reason):
            return take(place, node, again, rejected, reason, now, jitter)
        case .retry(let reason, let after):
            return putBack(place, node, reason, after.map { min($0, limits.retryAfter) }, now, jitter)
        case .tooLarge(let status, let reason):
            size.halve()
            return resume(node) + halve(place, status, reason, now)
        case .isolate(let status, let reason):
            return resume(node) + halve(place, status, reason, now)
        case .halt(let reason):
            parcels[place].state = .ready(at: now)
            parcels[place].attempts += 1
            return [.forget(parcel: id)] + halt(reason, now)
        }
    }

    mutating func fail(_ id: UInt64, _ failure: HTTPFailure, _ now: UInt64, _ jitter: UInt64) -> [Action] {
        guard let place = position(of: id), case .sending(let route) = parcels[place].state else { return [] }
        nodes.release(route.node)
        var actions = putBack(place, route.node, failure.description, nil, now, jitter)
        // A server that finds a body too large may end the connection before it says so.
        let isSuspicious = failure.code == .interrupted && parcels[place].attempts.isMultiple(of: limits.interruptions)
        if failure.code == .timeout || isSuspicious {
            size.halve()
            if parcels[place].indexes.count > size.current.records { actions += split(place, now) }
        }
        return actions
    }

    /// Notes that only `indexes` of a parcel's records are in the ledger any more.
    mutating func keep(_ id: UInt64, _ indexes: [UInt64]) -> [Action] {
        guard let place = position(of: id) else { return [] }
        let gone = parcels[place].span == nil ? Set(parcels[place].indexes).subtracting(indexes).sorted() : []
        parcels[place].indexes = indexes
        if indexes.isEmpty {
            if case .sending(let route) = parcels[place].state { nodes.release(route.node) }
            parcels[place].state = .settled
        }
        return gone.isEmpty ? [] : [.notResent(gone)]
    }

    // MARK: - Good answers

    /// The node has taken records; whether they are safe is another matter.
    private mutating func noteSuccess(_ node: Int) -> [Action] {
        rejectedInARow = 0
        size.grow()
        return resume(node)
    }

    /// The node answers as it should, and ends a halt with it, unless it has taken nothing for so long.
    private mutating func resume(_ node: Int) -> [Action] {
        nodes.noteSuccess(node)
        guard isProbing, !refusesEverything else { return [] }
        isProbing = false
        return [.resumed]
    }

    /// All of a parcel's records are delivered.
    mutating func settle(_ place: Int, _ now: UInt64) -> [Action] {
        let parcel = parcels[place]
        acknowledgedAt = now
        parcels[place].state = .settled
        parcels[place].indexes = []
        return [.forget(parcel: parcel.id)] + (parcel.span == nil ? [.resent(parcel.indexes)] : [])
    }

    /// Some records were delivered, some are to be sent again, some are for the dead letters. The latter are stored
    /// first: the parcel goes on when they are.
    private mutating func take(
        _ place: Int, _ node: Int, _ again: [Int], _ rejected: [Rejection], _ reason: String, _ now: UInt64,
        _ jitter: UInt64
    ) -> [Action] {
        let before = parcels[place].indexes
        guard again.allSatisfy(before.indices.contains), rejected.allSatisfy({ before.indices.contains($0.position) })
        else { return putBack(place, node, "the answer speaks of records that were not sent", nil, now, jitter) }
        let delivered = before.count - again.count - rejected.count
        if delivered > 0 { acknowledgedAt = now }
        var actions = delivered > 0 ? noteSuccess(node) : resume(node)
        if again.count > before.count / 2 { size.halve() }
        // Without the records that were rejected, the next try is another one.
        let isSame = !again.isEmpty && rejected.isEmpty
        // A server that takes some of them only needs a moment.
        let failures = delivered > 0 ? 0 : parcels[place].attempts
        let delay = isSame ? nodes.delay(afterFailures: failures, jitter: jitter) : 0
        if isSame { actions.append(.interrupted(reason: reason)) }
        actions += reportResent(place, again, rejected)
        parcels[place].indexes = again.map { before[$0] }
        parcels[place].attempts += 1
        actions.append(.forget(parcel: parcels[place].id))
        let letters = rejected.map { RejectedRecord(index: before[$0.position], status: $0.status, reason: $0.reason) }
        guard !letters.isEmpty else { return actions + proceed(place, at: now + delay) }
        return actions + reject(place, letters, before, delay, now, othersWereTaken: delivered > 0)
    }

    /// Of a parcel that was sent by request, says which records have arrived.
    private func reportResent(_ place: Int, _ again: [Int], _ rejected: [Rejection]) -> [Action] {
        guard parcels[place].span == nil else { return [] }
        let others = Set(again + rejected.map(\.position))
        let arrived = parcels[place].indexes.indices.filter { !others.contains($0) }.map { parcels[place].indexes[$0] }
        return arrived.isEmpty ? [] : [.resent(arrived)]
    }

    /// Sends what is left of a parcel, or settles it when nothing is.
    private mutating func proceed(_ place: Int, at time: UInt64) -> [Action] {
        parcels[place].state = parcels[place].indexes.isEmpty ? .settled : .ready(at: time)
        return []
    }

    // MARK: - Rejected records

    /// Whether so many records were rejected one after another that the server is taken to refuse everything.
    var refusesEverything: Bool { rejectedInARow > limits.rejectionsInARow }

    /// Has records stored in the dead letters. A server that rejects one after another is halted before all of the ledger
    /// lands there; from then on it gets one record each time, until it takes one.
    private mutating func reject(
        _ place: Int, _ letters: [RejectedRecord], _ before: [UInt64], _ delay: UInt64, _ now: UInt64,
        othersWereTaken: Bool = false
    ) -> [Action] {
        let isTheOneTried = isProbing && refusesEverything && before.count == 1
        rejectedInARow = othersWereTaken ? 0 : rejectedInARow + letters.count
        var actions: [Action] = []
        if !refusesEverything || isTheOneTried {
            parcels[place].state = .rejecting(before: before, delay: delay)
            actions = [.reject(parcel: parcels[place].id, letters)]
        } else {
            parcels[place].indexes = before
            parcels[place].state = .ready(at: now)
        }
        guard refusesEverything else { return actions }
        return actions
            + halt(
                "\(limits.rejectionsInARow) records one after another were rejected and none was taken; the last: "
                    + (letters.last?.reason ?? ""), now)
    }

    mutating func noteStored(_ id: UInt64, _ now: UInt64) -> [Action] {
        guard let place = position(of: id), case .rejecting(let before, let delay) = parcels[place].state else {
            return []
        }
        let rejected = Set(before).subtracting(parcels[place].indexes).sorted()
        let actions: [Action] = parcels[place].span == nil ? [.notResent(rejected)] : []
        return actions + proceed(place, at: now + delay)
    }

    /// Without a place for its dead letters a parcel is sent again as it was: nothing is left out that is not stored.
    mutating func noteNotStored(_ id: UInt64, _ reason: String, _ now: UInt64, _ jitter: UInt64) -> [Action] {
        guard let place = position(of: id), case .rejecting(let before, _) = parcels[place].state else { return [] }
        parcels[place].indexes = before
        let delay = nodes.delay(afterFailures: parcels[place].attempts, jitter: jitter)
        parcels[place].state = .ready(at: now + delay)
        return [.interrupted(reason: "dead letters cannot be stored: \(reason)")]
    }

    // MARK: - Bad answers

    /// The same parcel again, when the node has rested. Its body is made anew then: no more bodies are kept than are
    /// about to be sent, however many parcels have failed.
    private mutating func putBack(
        _ place: Int, _ node: Int, _ reason: String, _ after: UInt64?, _ now: UInt64, _ jitter: UInt64
    ) -> [Action] {
        nodes.noteFailure(node, at: now, wish: after, jitter: jitter)
        parcels[place].state = .ready(at: now)
        parcels[place].attempts += 1
        return [.forget(parcel: parcels[place].id), .interrupted(reason: reason)]
    }

    /// Cuts a parcel in two; a single record is what is wrong, and goes to the dead letters.
    private mutating func halve(_ place: Int, _ status: Int, _ reason: String, _ now: UInt64) -> [Action] {
        let before = parcels[place].indexes
        parcels[place].attempts += 1
        guard before.count == 1 else { return split(place, now) }
        parcels[place].indexes = []
        let letter = RejectedRecord(index: before[0], status: status, reason: reason)
        return [.forget(parcel: parcels[place].id)] + reject(place, [letter], before, 0, now)
    }

    /// Makes two parcels of one, both to be sent: one of half its records, or of its first `count`, and one of the rest,
    /// which follows it.
    mutating func split(_ place: Int, first count: Int? = nil, _ now: UInt64) -> [Action] {
        var second = parcels[place]
        parcels[place].state = .ready(at: now)
        let middle = count ?? second.indexes.count / 2
        guard middle > 0 else { return [] }
        let border = second.indexes[middle]
        let id = parcels[place].id
        second = Parcel(
            id: takeID(), span: second.span.map { border..<$0.upperBound }, indexes: Array(second.indexes[middle...]),
            state: .ready(at: now), attempts: second.attempts)
        parcels[place].indexes.removeSubrange(middle...)
        parcels[place].span = parcels[place].span.map { $0.lowerBound..<border }
        parcels.insert(second, at: place + 1)
        return [.forget(parcel: id)]
    }

    mutating func halt(_ reason: String, _ now: UInt64) -> [Action] {
        isProbing = false
        state = .halted(reason: reason, until: now + limits.haltPause)
        return [.halted(reason: reason)]
    }
}
