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
        #expect(Self.inputs.count >= 60)
    }

    @Test(arguments: inputs)
    func holds(_ input: URL) throws {
        let bytes = try [UInt8](Data(contentsOf: input))
        #expect(Invariants.violation(unsafe bytes.span.bytes) == nil)
    }

    @Test(arguments: 0..<65)
    func holdsForRandomEdits(_ seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        var bytes = try [UInt8](Data(contentsOf: Self.inputs[seed % Self.inputs.count]))
        let words = ["\0", "\n", "<", ">", "[", "]", "\"", "\\", " ", "-", ":", "é", "\u{1}", "9", "@"].map {
            Array($0.utf8)
        }
        for _ in 0..<20 {
            let place = Int.random(in: 2...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...3, using: &random))
            bytes.replaceSubrange(place..<end, with: words.randomElement(using: &random)!)
            #expect(Invariants.violation(unsafe bytes.span.bytes) == nil, "\(bytes)")
        }
    }
}
