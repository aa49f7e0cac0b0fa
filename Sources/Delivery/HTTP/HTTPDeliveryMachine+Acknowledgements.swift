// Servers that take records first and say later that they are safe.
extension HTTPDeliveryMachine {
    /// Waits for acknowledgement `number`.
    ///
    /// A number that is waited for already comes from another server behind the same address: which of the two a
    /// confirmation would mean cannot be told, so both are sent again, under a new channel.
    mutating func awaitAcknowledgement(
        _ number: UInt64, _ place: Int, _ route: Route, _ now: UInt64
    ) -> [Action] {
        let id = parcels[place].id
        let twin = parcels.firstIndex { parcel in
            guard case .awaiting(route, number, _) = parcel.state else { return false }
            return true
        }
        guard let twin else {
            if !parcels.contains(where: { $0.isAwaiting }) { askAt = now + limits.acknowledgementInterval }
            parcels[place].state = .awaiting(route, acknowledgement: number, until: now + limits.acknowledgement)
            return [.forget(parcel: id)]
        }
        for lost in [place, twin] { sendAgain(lost, now) }
        leave(route)
        return [
            .interrupted(
                reason: "two requests got one acknowledgement: the address is a load balancer without sticky sessions")
        ]
    }

    /// Asks, once in a while, for what has not been confirmed yet.
    mutating func askAcknowledgements(_ now: UInt64) -> [Action] {
        guard now >= askAt else { return [] }
        var numbers: [Route: [UInt64]] = [:]
        for parcel in parcels {
            guard case .awaiting(let route, let number, _) = parcel.state, !asked.contains(route),
                numbers[route, default: []].count < limits.acknowledgementsAsked
            else { continue }
            numbers[route, default: []].append(number)
        }
        askAt = now + limits.acknowledgementInterval
        asked.formUnion(numbers.keys)
        return numbers.sorted { ($0.key.node, $0.key.channel) < ($1.key.node, $1.key.channel) }
            .map { .askAcknowledgements($0.key, $0.value) }
    }

    mutating func confirm(_ route: Route, _ numbers: [UInt64], _ now: UInt64) -> [Action] {
        asked.remove(route)
        let confirmed = Set(numbers)
        var actions: [Action] = []
        for place in parcels.indices {
            guard case .awaiting(route, let number, _) = parcels[place].state, confirmed.contains(number) else {
                continue
            }
            actions += settle(place, now)
        }
        return actions
    }

    mutating func failConfirmation(
        _ route: Route, _ failure: AcknowledgementFailure, _ now: UInt64
    ) -> [Action] {
        asked.remove(route)
        switch failure {
        case .retry(let reason): return [.interrupted(reason: "no acknowledgements: \(reason)")]
        case .halt(let reason):
            for place in parcels.indices {
                if case .awaiting(route, _, _) = parcels[place].state { sendAgain(place, now) }
            }
            leave(route)
            return halt(reason, now)
        }
    }

    /// Sends again what was not confirmed in time.
    mutating func expireAcknowledgements(_ now: UInt64) -> [Action] {
        var actions: [Action] = []
        for place in parcels.indices {
            guard case .awaiting(let route, _, let until) = parcels[place].state, until <= now else { continue }
            sendAgain(place, now)
            leave(route)
            actions = [
                .interrupted(
                    reason: "not acknowledged within \(limits.acknowledgement / 1_000_000_000) s, and sent again")
            ]
        }
        return actions
    }

    /// Sends nothing more under the route's channel, whose numbers could be confirmed late; what waits there already
    /// goes on waiting.
    private mutating func leave(_ route: Route) {
        if channels[route.node] == route.channel { channels[route.node] += 1 }
    }

    private mutating func sendAgain(_ place: Int, _ now: UInt64) {
        parcels[place].state = .ready(at: now)
        parcels[place].attempts += 1
    }
}

extension Parcel {
    var isAwaiting: Bool {
        guard case .awaiting = state else { return false }
        return true
    }
}
