internal import OpenSSL
internal import Seal
internal import TransparencyLog

/// Checks the MACs of verified seals, whatever the order in which they come.
///
/// Only the number of a verified seal drives the ratchet, so nobody without the signing key can make it turn; who has it
/// cannot make it turn for long: all seals together have ``Ratchet/stepLimit`` steps, and what lies beyond is unchecked.
/// A ratchet does not turn back: a seal behind it waits for a second one at the end.
struct CodeCheck: ~Copyable {
    private struct Waiting {
        var number: UInt64
        var body: [UInt8]
        var mac: Hash
    }

    private let firstKey: SecretBytes
    private var ratchet: Ratchet
    private let stepLimit: UInt64
    private var stepsLeft: UInt64
    private var waiting: [Waiting] = []
    private(set) var result = VerifyReport.CodeResult()

    /// A check with the key of the first seal; nil unless it has 32 bytes.
    init?(firstKey: SecretBytes, stepLimit: UInt64 = Ratchet.stepLimit) {
        guard let key = HMACKey(firstKey) else { return nil }
        self.firstKey = firstKey
        self.stepLimit = stepLimit
        stepsLeft = stepLimit
        ratchet = Ratchet(key: key)
    }

    /// Notes a verified seal, each once.
    mutating func add(_ seal: SealRecord) {
        guard let mac = seal.mac else {
            result.absent += 1
            return
        }
        let entry = Waiting(number: seal.number, body: seal.body, mac: mac)
        if seal.number < ratchet.number {
            waiting.append(entry)
        } else {
            check(entry)
        }
    }

    /// Checks what came out of order.
    mutating func finish() {
        guard !waiting.isEmpty, let key = HMACKey(firstKey) else { return }
        ratchet = Ratchet(key: key)
        stepsLeft = stepLimit
        waiting.sort { $0.number < $1.number }
        for entry in waiting { check(entry) }
        waiting.removeAll()
    }

    private mutating func check(_ entry: Waiting) {
        do {
            let steps = entry.number &- ratchet.number  // A number behind it, which there cannot be, is huge.
            guard steps <= stepsLeft else {
                result.unchecked += 1
                return
            }
            stepsLeft -= steps
            try ratchet.advance(to: entry.number)
            let code = try ratchet.authenticationCode(of: entry.body)
            if HMACKey.equal(code, entry.mac) {
                result.valid += 1
            } else {
                result.invalid.append(entry.number)
            }
        } catch {
            result.unchecked += 1
        }
    }
}
