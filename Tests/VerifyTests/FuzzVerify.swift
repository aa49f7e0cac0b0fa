import Verify

/// The key of the streams in Corpus.
private let fuzzKey = "relay1.example.net/all+f60b5335+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
/// The records of the one stream in Corpus that this key has sealed: nobody without it can make another.
private let sealedRecords: UInt64 = 8

/// Verifies `bytes` as an export, and checks what must hold for any bytes. The fuzzer calls it, and so do the tests
/// with what the fuzzer found.
func fuzzVerify(_ bytes: RawSpan) {
    let input = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    var options = VerifyOptions(key: fuzzKey)
    options.now = 1_795_414_600_000
    // The first byte, which no format starts with if it is below a space, chooses how to ask.
    let mode = input.first.map { $0 < 0x20 && $0 != 0x1F ? Int($0) : 0 } ?? 0
    let content = mode == 0 ? input : Array(input.dropFirst())
    if mode & 1 != 0 { options.macKey = [UInt8](repeating: 0x4B, count: 32) }
    if mode & 2 != 0 { options.until = 1_795_414_590_000 }
    if mode & 4 != 0 { options.start = 3 }
    var inputs = [ExportInput.bytes(content, name: "a")]
    if mode & 8 != 0 {
        // Two files, cut where the bytes say.
        let cut = content.isEmpty ? 0 : Int(content[content.count / 2]) * content.count / 256
        inputs = [.bytes(Array(content[cut...]), name: "b"), .bytes(Array(content[..<cut]), name: "a")]
    }
    guard let report = try? Verification.run(options, inputs) else { fatalError("the question is a good one") }
    let ranges = report.verifiedRanges.items.reduce(0) { $0 + UInt64($1.count) }
    precondition(report.verifiedRecords <= sealedRecords && ranges <= sealedRecords, "something was forged")
    precondition(report.verifiedRecords <= ranges && report.verifiedRanges.omitted == 0)
    if report.outcome == .complete {
        precondition(report.verifiedRecords > 0 && report.verifiedRecords == ranges)
        precondition(report.missing.count == 0 && report.tampered.isEmpty && report.conflicts.isEmpty)
        precondition(!report.isCut && report.unreadable.isEmpty)
    }
    precondition(report.text.utf8.last == 0x0A && report.json.utf8.last == UInt8(ascii: "}"))
}
