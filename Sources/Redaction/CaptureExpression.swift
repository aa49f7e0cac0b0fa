internal import CPattern

/// An RE2 expression with one group of interest, the one named `secret`. Immutable, and shared by all threads.
@safe
final class CaptureExpression: Sendable {
    /// Memory for the program and the automaton, which grows with use up to this bound, in bytes.
    static let memory = 1 << 20

    /// Where an expression matched, and where its group did. Offsets count from the first byte of the subject.
    struct Match: Equatable {
        var whole: Range<Int>
        /// Empty in a pattern that only says where a value begins.
        var secret: Range<Int>
    }

    enum Outcome: Equatable {
        case none
        case match(Match)
        case failed
    }

    // Compiled once; RE2 locks what it changes inside.
    nonisolated(unsafe) private let handle: OpaquePointer

    init(_ expression: StaticString) throws(RedactionError) {
        var text = [CChar](repeating: 0, count: 512)
        var created: OpaquePointer?
        let pattern = unsafe UnsafeRawPointer(expression.utf8Start).assumingMemoryBound(to: CChar.self)
        let status = unsafe cpattern_regex_create(pattern, "secret", Self.memory, &created, &text, text.count)
        guard status == CPATTERN_OK, let created = unsafe created else {
            throw RedactionError(status: status, text)
        }
        unsafe handle = created
    }

    deinit {
        unsafe cpattern_regex_free(handle)
    }

    /// The leftmost match in `subject` that starts at `offset` or later.
    func find(in subject: RawSpan, from offset: Int) -> Outcome {
        var found = cpattern_match()
        let status = unsafe subject.withUnsafeBytes { bytes in
            unsafe cpattern_regex_find(handle, bytes.baseAddress, bytes.count, offset, &found)
        }
        if status == CPATTERN_NONE { return .none }
        guard status == CPATTERN_OK, found.group_start >= 0 else { return .failed }
        return .match(
            Match(
                whole: Int(found.start)..<Int(found.end), secret: Int(found.group_start)..<Int(found.group_end)))
    }
}
