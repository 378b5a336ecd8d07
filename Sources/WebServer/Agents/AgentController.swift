import AgentProtocol
import Foundation
import Hummingbird
import Scheduling
import ServiceLifecycle
import TaskModel

/// The calls of agents on other hosts: `/agent/v1`. Each shows its key, and reaches only runs that are leased to it (S21).
///
/// They are not counted: agents call as often as the lease terms say.
struct AgentController {
    /// The longest that a call may wait for news, in seconds.
    private static let longestWait = 60

    let desk: AgentDesk

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        let group = router.group("agent/v1")
        group.post("agents", use: register)
        group.post("agents/:agent/heartbeat", use: heartbeat)
        group.post("runs/next", use: next)
        AgentLeasesController(desk: desk).addRoutes(to: group.group("leases/:lease"))
    }

    private func register(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await answering {
            let credential = try request.agentCredential()
            let wire = try await request.decode(RegistrationRequest.self)
            let agent = try await desk.registrar.register(wire, with: credential)
            return try .secret(RegistrationAnswer(settings: desk.settings(agent.poolID)))
        }
    }

    private func heartbeat(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await answering {
            let agent = try await desk.agent(of: request)
            guard context.parameters.get("agent") == agent.text else { throw BrokerError.unknownAgent(agent) }
            let wire = try await request.decode(HeartbeatRequest.self)
            return try .json(HeartbeatAnswer(try await desk.broker.heartbeat(wire.report, of: agent)))
        }
    }

    /// Waits for a run. When the connection closes or the server stops, the wait is over; a run that was claimed and can't be delivered is
    /// taken back.
    private func next(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await answering {
            let agent = try await desk.agent(of: request)
            let wait = Self.wait(of: request)
            let (assignment, isCut) = try await untilCut(request.body) {
                try await cancelWhenGracefulShutdown { try await desk.broker.nextRun(for: agent, waiting: wait) }
            }
            guard let assignment else { return Response(status: .noContent) }
            guard !isCut else {
                await desk.broker.takeBack(assignment)
                return Response(status: .noContent)
            }
            let delivery = AssignmentDelivery(assignment, by: desk.broker)
            var response = try Response.secret(try AssignmentAnswer(assignment))
            response.body = delivery.body(response.body)
            return response
        }
    }

    /// Carries out work, and cancels it when the client closes the connection.
    ///
    /// - Returns: what the work gave, and whether the connection was closed meanwhile.
    private func untilCut<Value: Sendable>(
        _ body: RequestBody, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> (Value, isCut: Bool) {
        let (cuts, cut) = AsyncStream<Void>.makeStream()
        return try await body.consumeWithInboundCloseHandler { _ in
            try await withThrowingTaskGroup(of: Value?.self) { group in
                group.addTask(operation: work)
                group.addTask {
                    for await _ in cuts {}
                    return nil
                }
                var isCut = false
                while let next = try await group.next() {
                    if let value = next {
                        cut.finish()
                        return (value, isCut)
                    }
                    isCut = !Task.isCancelled
                    group.cancelAll()
                }
                throw CancellationError()
            }
        } onInboundClosed: {
            cut.finish()
        }
    }

    static func wait(of request: Request) -> Duration {
        let seconds = request.uri.queryParameters["wait"].flatMap { Int($0) } ?? 0
        return .seconds(max(0, min(seconds, longestWait)))
    }
}

extension AgentDesk {
    /// Who calls.
    ///
    /// - Throws: ``BrokerError/notAuthorized(_:)``
    func agent(of request: Request) async throws -> AgentID {
        try await registrar.agent(with: try request.agentCredential())
    }
}

extension Request {
    /// - Throws: ``ServerError`` (401) if the header is missing or none of ours.
    fileprivate func agentCredential() throws -> AgentCredential {
        let parts = (headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", let credential = AgentCredential(parts[1]) else {
            throw ServerError.unauthenticated("The request shows neither a join token nor an agent's key.")
        }
        return credential
    }
}

extension Response {
    /// An answer with secrets that are for the caller.
    static func secret(_ value: some Encodable) throws -> Response {
        var response = try json(value, revealing: true)
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

/// Answers a call; what the broker refuses becomes a refusal that the agent's side understands.
func answering(_ work: () async throws -> Response) async throws -> Response {
    do {
        return try await work()
    } catch let error as BrokerError {
        guard let answer = AgentRefusal.answer(to: error) else {
            throw ServerError(
                status: .serviceUnavailable, code: "NotReady", message: error.description, retryAfter: 5)
        }
        if case .notAuthorized(let reason) = error { throw ServerError.unauthenticated(reason) }
        return try .json(answer.refusal, status: HTTPResponse.Status(code: answer.status))
    } catch let error as AgentProtocolError {
        throw ServerError(status: .badRequest, code: "InvalidRequestContent", message: error.description)
    }
}
