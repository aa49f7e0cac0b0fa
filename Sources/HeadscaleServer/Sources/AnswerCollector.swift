import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// Takes an answer as it comes in, up to a limit, into memory that is as large as the answer says.
final class AnswerCollector: HTTPClientResponseDelegate, Sendable {
    typealias Response = APIClient.Answer

    /// The answer has more than `limit` octets.
    struct TooLarge: Error, CustomStringConvertible {
        let limit: Int
        var description: String { "the answer is larger than \(limit) octets" }
    }

    private let limit: Int
    private let answer = Mutex(APIClient.Answer(status: 0, body: []))

    init(limit: Int) { self.limit = limit }

    func didReceiveHead(task: HTTPClient.Task<Response>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard length <= limit else { return task.eventLoop.makeFailedFuture(TooLarge(limit: limit)) }
        answer.withLock { answer in
            answer = APIClient.Answer(status: Int(head.status.code), body: [])
            answer.body.reserveCapacity(max(0, length))
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Response>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = answer.withLock { answer in
            guard answer.body.count + part.readableBytes <= limit else { return false }
            answer.body.append(contentsOf: part.readableBytesView)
            return true
        }
        return fits ? task.eventLoop.makeSucceededVoidFuture() : task.eventLoop.makeFailedFuture(TooLarge(limit: limit))
    }

    func didFinishRequest(task: HTTPClient.Task<Response>) throws -> Response {
        answer.withLock { answer in
            defer { answer.body = [] }
            return answer
        }
    }
}
