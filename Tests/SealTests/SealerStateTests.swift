import OpenSSL
import Seal
import Testing
import TransparencyLog

@Suite("Sealer state")
struct SealerStateTests {
    static func states() throws -> [SealerState] {
        var sealer = try Vectors.sealer()
        var states = [sealer.state]
        for count in [0, 1, 5, 2, 30] {
            for value in 0..<count {
                sealer.absorb([try SHA256Hasher.digest([UInt8(value)])])
                states.append(sealer.state)
            }
            _ = try sealer.seal()
            states.append(sealer.state)
        }
        return states
    }

    @Test func roundTrip() throws {
        for state in try Self.states() {
            let bytes = state.encoded()
            #expect(bytes.count <= SealerState.encodedByteLimit)
            #expect(try SealerState(bytes) == state)
        }
    }

    @Test func refusesWhatIsCutOrLonger() throws {
        for state in try Self.states() {
            let bytes = state.encoded()
            for count in 0..<bytes.count {
                #expect(throws: SealError(.state, "")) { try SealerState(Array(bytes[..<count])) }
            }
            #expect(throws: SealError(.state, "")) { try SealerState(bytes + [0]) }
        }
    }

    /// Whatever bit is changed: it is refused, or it is the one state that is stored like this.
    @Test func aStateHasOneSpelling() throws {
        for state in try Self.states().suffix(3) {
            let bytes = state.encoded()
            for position in bytes.indices {
                for bit in 0..<8 {
                    var altered = bytes
                    altered[position] ^= 1 << UInt8(bit)
                    guard let other = try? SealerState(altered) else { continue }
                    #expect(other != state)
                    #expect(other.encoded() == altered)
                }
            }
        }
    }

    @Test func anyBytesAreTaken() throws {
        var random = SystemRandomNumberGenerator()
        let bytes = try #require(try Self.states().last).encoded()
        for _ in 0..<5000 {
            var altered = Array(bytes[..<Int.random(in: 8...bytes.count, using: &random)])
            for _ in 0..<4 {
                altered[Int.random(in: 0..<altered.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            if let state = try? SealerState(altered) { #expect(state.encoded() == altered) }
        }
    }
}

@Suite("Ratchet")
struct RatchetTests {
    @Test func stepsAreTheHashesOfTheFormat() throws {
        var ratchet = try Vectors.ratchet()
        var key = [UInt8](repeating: 0x4B, count: 32)
        for number in 1...5 as ClosedRange<UInt64> {
            #expect(ratchet.number == number)
            guard let plain = HMACKey(secret(key)) else { throw Vectors.Missing() }
            let message = Array("waxwing-mac/v1\n\(number)\nbody".utf8)
            #expect(
                try ratchet.authenticationCode(of: Array("body".utf8))
                    == plain.authenticationCode(of: message))
            key = try plain.authenticationCode(of: Array("waxwing-ratchet/v1".utf8)).bytes
            try ratchet.advance()
        }
    }

    @Test func roundTrip() throws {
        var ratchet = try Vectors.ratchet()
        for _ in 0..<3 {
            let stored = ratchet.encoded()
            #expect(stored.count == Ratchet.encodedByteCount)
            let restored = try Ratchet(restoring: stored)
            #expect(restored.number == ratchet.number)
            #expect(try restored.authenticationCode(of: [1]) == ratchet.authenticationCode(of: [1]))
            try ratchet.advance()
        }
    }

    @Test func advancesToASeal() throws {
        var (stepped, jumped) = (try Vectors.ratchet().encoded(), try Vectors.ratchet().encoded())
        var ratchet = try Ratchet(restoring: stepped)
        for _ in 1..<9 { try ratchet.advance() }
        stepped = ratchet.encoded()
        ratchet = try Ratchet(restoring: jumped)
        try ratchet.advance(to: 9)
        jumped = ratchet.encoded()
        #expect(stepped.equals(jumped))
        try ratchet.advance(to: 9)
        #expect(ratchet.encoded().equals(jumped))
    }

    @Test func refusesToGoBackOrFarAhead() throws {
        var ratchet = try Vectors.ratchet()
        try ratchet.advance(to: 3)
        for number in [0, 1, 2, 3 + Ratchet.stepLimit + 1, .max] as [UInt64] {
            let error = #expect(throws: SealError.self) { try ratchet.advance(to: number) }
            #expect(error == SealError(.ratchet, ""))
            #expect(ratchet.number == 3)
        }
    }

    @Test func refusesWhatIsNotARatchet() throws {
        let bytes = try Vectors.ratchet().encoded().bytes
        let stored = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        var ahead = stored
        ahead[15] = 0x80
        var none = stored
        none[8] = 0
        for bytes in [
            [], Array(stored.dropLast()), stored + [0], [0] + stored.dropFirst(), ahead, none,
        ] {
            #expect(throws: SealError(.state, "")) { _ = try Ratchet(restoring: secret(bytes)) }
        }
    }
}
