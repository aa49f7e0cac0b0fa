import NIOCore
import NIOPosix

/// Asks a server one thing and waits for the answer: at the start, for `check --connect` and `setup`.
public enum HTTPProbe {
    /// The answer of node `node`, whatever it is. Throws why there is none.
    public static func ask(
        _ options: HTTPDestinationOptions, node: Int, _ request: HTTPRequest
    ) throws -> HTTPAnswer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let transport = HTTPTransport(options.nodes, limits: options.transport, on: group.next())
        let promise = group.next().makePromise(of: HTTPAnswer.self)
        transport.send(request, to: node) { result in
            promise.completeWith(result.mapError { $0 as any Error })
        }
        defer { transport.close() }
        return try promise.futureResult.wait()
    }
}
