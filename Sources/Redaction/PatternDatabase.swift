internal import CPattern

/// A set of patterns that are looked for in one pass. Immutable, and shared by all threads.
@safe
final class PatternDatabase: Sendable {
    // Compiled once, never written again; the engine allows any number of threads to read it.
    nonisolated(unsafe) fileprivate let handle: OpaquePointer

    /// Compiles `gates`: expressions, each with the number that its hits carry.
    init(_ gates: [(expression: StaticString, id: Int)]) throws(RedactionError) {
        var text = [CChar](repeating: 0, count: 512)
        var created: OpaquePointer?
        let rows = unsafe gates.map { gate in
            unsafe cpattern_gate(
                expression: UnsafeRawPointer(gate.expression.utf8Start).assumingMemoryBound(to: CChar.self),
                id: UInt32(gate.id))
        }
        let status = unsafe cpattern_database_create(rows, rows.count, &created, &text, text.count)
        guard status == CPATTERN_OK, let created = unsafe created else {
            throw RedactionError(status: status, text)
        }
        unsafe handle = created
    }

    deinit {
        unsafe cpattern_database_free(handle)
    }
}

/// One thread's working memory for scans of one database, and the hits of the last scan.
@safe
struct PatternScanner: ~Copyable {
    /// What came of a scan.
    enum Outcome: Equatable {
        case complete
        /// There are more hits than the scanner holds.
        case overflow
        case failed
    }

    // Nil when there is nothing to look for; then no scan has hits.
    private let database: PatternDatabase?
    // Nil when memory for it could not be had; then every scan fails.
    private let scratch: OpaquePointer?
    private let hits: UnsafeMutablePointer<cpattern_hit>
    private let capacity: Int
    /// Hits of the last scan.
    private(set) var count = 0

    /// A scanner that holds at most `capacity` hits.
    init(_ database: PatternDatabase?, capacity: Int) {
        self.database = database
        self.capacity = capacity
        unsafe hits = .allocate(capacity: capacity)
        var created: OpaquePointer?
        if let database { _ = unsafe cpattern_scratch_create(database.handle, &created) }
        unsafe scratch = created
    }

    deinit {
        unsafe cpattern_scratch_free(scratch)
        unsafe hits.deallocate()
    }

    /// Hit `index` of the last scan: the pattern's number and the offset behind the last byte that matched.
    func hit(_ index: Int) -> (id: Int, end: Int) {
        precondition(index >= 0 && index < count)
        let hit = unsafe hits[index]
        return (Int(hit.id), Int(hit.end))
    }

    /// Finds all hits in `bytes`.
    mutating func scan(_ bytes: RawSpan) -> Outcome {
        count = 0
        guard let database else { return .complete }
        guard let scratch = unsafe scratch else { return .failed }
        var found = 0
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe cpattern_scan(database.handle, scratch, bytes.baseAddress, bytes.count, hits, capacity, &found)
        }
        count = found
        return status == CPATTERN_OK ? .complete : status == CPATTERN_OVERFLOW ? .overflow : .failed
    }

    /// The set of patterns that occur in `bytes`, bit by number; nil if the scan failed.
    func patterns(in bytes: RawSpan) -> UInt64? {
        guard let database else { return 0 }
        guard let scratch = unsafe scratch else { return nil }
        var set: UInt64 = 0
        let status = unsafe bytes.withUnsafeBytes { bytes in
            unsafe cpattern_scan_set(database.handle, scratch, bytes.baseAddress, bytes.count, &set)
        }
        return status == CPATTERN_OK ? set : nil
    }
}

extension RedactionError {
    init(status: cpattern_status, _ text: [CChar]) {
        let detail = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch status {
        case CPATTERN_UNSUPPORTED:
            self.init(
                .unsupportedProcessor,
                "the processor lacks SSE4.2 (amd64), which redaction needs: run on another host or switch redaction off"
            )
        case CPATTERN_NO_MEMORY:
            self.init(.outOfMemory, "no memory for the redaction patterns: free some, or raise the memory limit")
        case CPATTERN_BAD_PATTERN:
            self.init(.badPattern, "redaction pattern refused: \(detail)")
        default:
            self.init(.engine, "the pattern engine failed: \(detail.isEmpty ? "no reason given" : detail)")
        }
    }
}
