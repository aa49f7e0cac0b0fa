/// Where `--head` comes from: a file, standard input, or the web.
enum HeadSource {
    /// The longest note, in octets.
    private static let limit = 64 << 10

    /// The signed note at `place`: a URL, a path, or `-`. It is as good as its signature, wherever it comes from.
    static func read(_ place: String) throws -> String {
        if place.hasPrefix("https://") || place.hasPrefix("http://") { return try WebSource.fetch(place, limit: limit) }
        return String(decoding: try InputFile.read(place, limit: limit), as: UTF8.self)
    }
}
