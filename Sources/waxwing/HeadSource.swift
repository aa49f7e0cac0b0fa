import AsyncHTTPClient
import NIOCore

/// Where `--head` comes from: a file, standard input, or the web.
enum HeadSource {
    /// The longest note, in octets.
    private static let limit = 64 << 10
    private static let timeout = TimeAmount.seconds(20)

    /// The signed note at `place`: a URL, a path, or `-`. It is as good as its signature, wherever it comes from.
    static func read(_ place: String) throws -> String {
        if place.hasPrefix("https://") || place.hasPrefix("http://") { return try fetch(place) }
        return String(decoding: try InputFile.read(place, limit: limit), as: UTF8.self)
    }

    private static func fetch(_ url: String) throws -> String {
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        defer { try? client.syncShutdown() }
        do {
            let request = try HTTPClient.Request(url: url)
            let answer = try client.execute(
                request: request, delegate: ResponseAccumulator(request: request, maxBodySize: limit),
                deadline: .now() + timeout
            ).wait()
            guard answer.status == .ok else { throw InputError("\(url): the server answers \(answer.status)") }
            return answer.body.map { String(buffer: $0) } ?? ""
        } catch let error as InputError {
            throw error
        } catch {
            throw InputError("\(url) cannot be read: \(error)")
        }
    }
}
