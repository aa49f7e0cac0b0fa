import Foundation
import Testing

/// What the fuzzer started from and what it found, verified again in every test run.
@Suite struct CorpusTests {
    @Test func `the corpus is verified without a trap`() throws {
        let folder = try #require(Bundle.module.url(forResource: "Corpus", withExtension: nil))
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 15)
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            unsafe fuzzVerify(bytes.span.bytes)
        }
    }
}
