import CurlHTTP
import TaskModel

/// Makes calls to a server on behalf of an agent. Each has a deadline; whatever goes wrong is a ``BrokerError``.
struct AgentCaller: Sendable {
    /// The most bytes of an answer.
    private static let largestAnswer = 32 << 20
    private static let connectTimeout: Duration = .seconds(10)

    let client: HTTPClient
    /// `https://host[:port]`
    let server: String

    struct Call: Sendable {
        let method: String
        let path: String
        let credential: AgentCredential
        var body: HTTPBody = .none
        var contentType = "application/json"
        /// For the whole exchange; nil for one whose body is long, where no more than a minute passes without a byte.
        var deadline: Duration? = .seconds(30)

        init(_ method: String, _ path: String, _ credential: AgentCredential) {
            self.method = method
            self.path = path
            self.credential = credential
        }
    }

    /// Sends a value and reads one.
    ///
    /// - Throws: ``BrokerError``; `CancellationError`
    func exchange<Answer: Decodable>(_ call: Call, sending value: (any Encodable)? = nil) async throws -> Answer {
        guard let answer: Answer = try await exchangeIfAny(call, sending: value) else {
            throw BrokerError.unreachable("its answer is empty")
        }
        return answer
    }

    /// As ``exchange(_:sending:)``; nil if the answer has no body (204).
    func exchangeIfAny<Answer: Decodable>(_ call: Call, sending value: (any Encodable)? = nil) async throws -> Answer? {
        let (status, bytes) = try await send(call, value)
        guard status != 204 else { return nil }
        do {
            return try AgentJSON.decode(Answer.self, from: bytes)
        } catch {
            throw BrokerError.unreachable("its answer can't be read: \(error)")
        }
    }

    /// Sends a value, or the call's own body, for an answer that says nothing.
    ///
    /// - Throws: ``BrokerError``; `CancellationError`
    func tell(_ call: Call, _ value: (any Encodable)? = nil) async throws {
        _ = try await send(call, value)
    }

    /// Lets `use` read the answer while it comes.
    func receive(_ call: Call, _ use: (HTTPResponse) async throws -> Void) async throws {
        try await translating {
            try await client.send(request(call)) { response in
                guard response.status == 200 else {
                    throw Self.error(response.status, try await response.bytes(limit: Self.largestAnswer))
                }
                try await use(response)
            }
        }
    }

    private func send(_ call: Call, _ value: (any Encodable)?) async throws -> (status: Int, bytes: [UInt8]) {
        var call = call
        if let value { call.body = .bytes(try AgentJSON.encode(value)) }
        let request = request(call)
        return try await translating {
            let (response, bytes) = try await client.fetch(request, limit: Self.largestAnswer)
            guard (200..<300).contains(response.status) else { throw Self.error(response.status, bytes) }
            return (response.status, bytes)
        }
    }

    private func request(_ call: Call) -> HTTPRequest {
        var request = HTTPRequest(
            call.method, server + call.path,
            headers: [
                HTTPHeader("Authorization", "Bearer " + call.credential.text.value),
                HTTPHeader("Content-Type", call.contentType),
            ], body: call.body)
        request.connectTimeout = Self.connectTimeout
        request.timeout = call.deadline
        // The deadline of a call that has one is above it.
        if call.deadline != nil { request.idleTimeout = nil }
        return request
    }

    private static func error(_ status: Int, _ bytes: [UInt8]) -> BrokerError {
        // A body of something else than a server of this program: its status must do.
        AgentRefusal.error(status: status, try? AgentJSON.decode(AgentRefusal.self, from: bytes))
    }

    private func translating<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch HTTPError.tls(let origin, let reason) {
            throw BrokerError.unreachable(
                "no trusted connection to \(origin): \(reason). If its certificate is by a CA of its own, give that with --ca-file"
            )
        } catch let error as HTTPError {
            throw BrokerError.unreachable("\(error)")
        }
    }
}
