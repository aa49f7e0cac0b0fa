extension AccessLog {
    /// What the duration of a request says.
    enum Pace {
        /// How fast Headscale is.
        case own
        /// When a user logged in, which the answer waits for.
        case waiting
        /// How long a node stayed, or relayed traffic flowed.
        case session
    }

    static func pace(_ text: RawSpan, path: Range<Int>) -> Pace {
        var segments = PathSegments(text, path)
        switch segments.next() {
        case "ts2021", "derp": return .session
        case "machine":
            switch segments.next() {
            case "map": return .session
            case "register", "ssh": return .waiting
            default: return .own
            }
        default: return .own
        }
    }

    /// The part of Headscale that a path belongs to.
    enum Area {
        /// What nodes ask.
        case nodes
        /// The pages on which people log in and confirm.
        case logins
        case api
        case rest

        /// Whether a request for such a path may have been answered with `refusal`, the event of a `user msg: …`.
        func hasRefusal(_ refusal: FixedText) -> Bool {
            if refusal.bytes.has("oidc.", at: 0) || refusal.bytes.has("auth.", at: 0) { return self == .logins }
            if refusal.bytes.has("node.", at: 0) || refusal.bytes.has("noise.", at: 0) { return self == .nodes }
            if refusal.bytes.has("ssh.", at: 0) { return self == .nodes || self == .logins }
            return self != .api
        }
    }

    static func area(_ text: RawSpan, path: Range<Int>) -> Area {
        var segments = PathSegments(text, path)
        switch segments.next() {
        case "machine", "ts2021": return .nodes
        case "oidc", "register", "auth", "ssh": return .logins
        case "api": return .api
        default: return .rest
        }
    }
}

/// The segments of a path, one after the other, and empty ones behind the last.
struct PathSegments: ~Escapable {
    private let text: RawSpan
    private var rest: Range<Int>

    @_lifetime(copy text)
    init(_ text: RawSpan, _ path: Range<Int>) {
        self.text = text
        rest = path
    }

    /// As much of a segment as tells whether it is one of the words that matter; they have 16 bytes at most.
    struct Segment {
        var count = 0
        var bytes = InlineArray<16, UInt8>(repeating: 0)
    }

    @_lifetime(self: copy self)
    mutating func next() -> Segment {
        var segment = Segment()
        var at = rest.lowerBound
        if at < rest.upperBound, text.byte(at) == UInt8(ascii: "/") { at += 1 }
        while at < rest.upperBound, segment.count <= 16, text.byte(at) != UInt8(ascii: "/") {
            if segment.count < 16 { segment.bytes[segment.count] = text.byte(at) }
            segment.count += 1
            at += 1
        }
        rest = text.first(UInt8(ascii: "/"), in: at..<rest.upperBound)..<rest.upperBound
        return segment
    }
}

func ~= (word: StaticString, segment: PathSegments.Segment) -> Bool {
    guard word.utf8CodeUnitCount == segment.count else { return false }
    for at in 0..<segment.count where unsafe word.utf8Start[at] != segment.bytes[at] { return false }
    return true
}

func == (segment: PathSegments.Segment, word: StaticString) -> Bool { word ~= segment }
