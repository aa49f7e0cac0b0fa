import Foundation
import Testing

/// Every input that the fuzzer was seeded with, or once found something with.
@Suite struct FuzzReplay {
    static let inputs: [URL] = {
        let folder = Bundle.module.resourceURL!.appendingPathComponent("Corpus")
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).sorted { $0.path < $1.path }
    }()

    @Test func corpusIsThere() {
        #expect(Self.inputs.count >= 20)
    }

    @Test(arguments: inputs) func holds(_ input: URL) throws {
        let bytes = try [UInt8](Data(contentsOf: input))
        #expect(RecognitionInvariants.violation(unsafe bytes.span.bytes) == nil)
    }

    @Test(arguments: 0..<40) func holdsForRandomEdits(_ seed: Int) throws {
        var random = Mixer(state: UInt64(seed))
        var bytes = try [UInt8](Data(contentsOf: Self.inputs[seed % Self.inputs.count]))
        let words = [
            "\n", "[", "]", "\"", "\\", " ", "=", "{", "}", ",", ":", "\u{1B}[31m", "#033[0m", "\\u00", "\\x", "é",
            "\u{1}",
            " headscale 1 - - ", "[headscale@32473 event=\"x\"]", "node.id=", "\"time\":",
        ].map { Array($0.utf8) }
        for _ in 0..<50 {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...3, using: &random))
            bytes.replaceSubrange(place..<end, with: words.randomElement(using: &random)!)
            #expect(RecognitionInvariants.violation(unsafe bytes.span.bytes) == nil, "\(bytes)")
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
private struct Mixer: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
