import AsyncHTTPClient
import NIOCore

/// Text from the web.
enum WebSource {
    private static let timeout = TimeAmount.seconds(20)

    /// What is at `url`, of `limit` octets at most; `accept` is the kind of text that is wanted.
    static func fetch(_ url: String, accept: String? = nil, limit: Int) throws -> String {
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        defer { try? client.syncShutdown() }
        do {
            var request = try HTTPClient.Request(url: url)
            if let accept { request.headers.add(name: "accept", value: accept) }
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
