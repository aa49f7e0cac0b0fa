/// What a secret may be removed from: the parts of a line that a replacement must not reach across.
enum Surroundings: Equatable {
    /// Text without structure, up to the end of the subject.
    case text
    /// The inside of a quoted string of JSON or of a PARAM-VALUE; its end is the closing quote's offset.
    case string(Range<Int>)
    /// JSON outside of any string; the range is the whole object or array.
    case json(Range<Int>)
    /// A header field, an SD-ID or a PARAM-NAME, which goes as a whole.
    case word(Range<Int>)
    /// A delimiter of header or structured data.
    case structure

    /// Whether a value that begins here is delimited by the grammar of what it is in, and not by a guess.
    var areExact: Bool {
        switch self {
        case .json, .word, .structure: true
        case .text, .string: false
        }
    }
}
