import Testing

@testable import Filter

/// Records divided among collectors by their senders.
@Suite struct ShareTests {
    private func share(_ host: String, of count: Int, text: String = "x") -> [Int] {
        let line = Array("<14>1 2026-11-23T06:15:00Z \(host) app 1 - [waxwing@1 l=\"00000000\" i=\"1\"] \(text)".utf8)
        return (0..<count).filter { share in
            RecordFilter(.share(share, of: count)).accepts(unsafe line.span.bytes)
        }
    }

    @Test(arguments: 1...16)
    func eachSenderHasOneShare(count: Int) {
        var records = [Int](repeating: 0, count: count)
        for sender in 0..<1600 {
            let shares = share("host\(sender).example.net", of: count)
            #expect(shares.count == 1)
            #expect(shares == share("host\(sender).example.net", of: count, text: "another \(sender)"))
            records[shares.first ?? 0] += 1
        }
        let fair = 1600 / count
        #expect(records.allSatisfy { $0 > fair * 6 / 10 && $0 < fair * 15 / 10 }, "\(records)")
    }

    /// Other processes and later versions have to agree, or a sender would move.
    @Test func sharesAreAlwaysTheSame() {
        #expect(
            ["alpha", "beta", "gamma", "-", "10.0.0.1", "fe80::1"].flatMap { share($0, of: 5) } == [2, 4, 0, 2, 4, 1])
    }

    /// Everybody gets the seals.
    @Test func sealsAreInAllShares() {
        let seal = Array(
            "<110>1 2026-11-23T06:15:00Z h waxwing 1 SEAL [waxwing@1 l=\"0\" i=\"1\"][waxwing-seal@1 v=\"1\"] x".utf8)
        for share in 0..<3 { #expect(RecordFilter(.share(share, of: 3)).accepts(unsafe seal.span.bytes)) }
    }
}
