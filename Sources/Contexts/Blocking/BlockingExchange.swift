import CurlHTTP
import Dispatch
import Synchronization

/// One HTTP exchange, for a thread that may block.
final class BlockingExchange: Sendable {
    struct Head: Sendable {
        let status: Int
        let headers: [HTTPHeader]
        /// Where the answer came from, after redirects.
        let url: String
    }

    private let body = BytePipe()
    private let head = Mutex<Result<Head, any Error>?>(nil)
    private let arrival = DispatchSemaphore(value: 0)

    /// Sends the request; its answer is waited for in ``response()``.
    init(_ request: HTTPRequest, client: HTTPClient, bridge: TaskBridge) {
        bridge.start { [self] in
            do {
                try await client.send(request) { response in
                    arrive(.success(Head(status: response.status, headers: response.headers, url: response.url)))
                    while let chunk = try await response.body.read() { try await body.write(chunk) }
                    body.finish()
                }
            } catch {
                arrive(.failure(error))
                body.fail(error)
            }
        }
    }

    /// Waits for the head of the answer. Call it once.
    func response() throws -> Head {
        arrival.wait()
        guard let result = head.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }

    /// Waits for the next bytes of the answer's body; nil at the end.
    func read() throws -> [UInt8]? {
        try body.readBlocking()
    }

    /// Breaks off what is still under way.
    func close() {
        body.abandon()
    }

    private func arrive(_ result: Result<Head, any Error>) {
        let isFirst = head.withLock { head in
            guard head == nil else { return false }
            head = result
            return true
        }
        if isFirst { arrival.signal() }
    }
}
