import AgentProtocol
import CurlHTTP
import Foundation
import Hummingbird
import NIOCore
import ResourceAPI
import Scheduling
import ServiceLifecycle
import Synchronization
import TaskModel

/// The calls that name a lease: `/agent/v1/leases/L`.
struct AgentLeasesController {
    /// The most bytes of the log in one call.
    private static let largestAppend = 4 << 20

    let desk: AgentDesk
    private let sequences = LastSequences()

    init(desk: AgentDesk) {
        self.desk = desk
    }

    func addRoutes(to group: RouterGroup<ResourceContext>) {
        group.get("assignment", use: resume)
        group.get("context", use: uploadedContext)
        group.put("events/:sequence", use: report)
        group.put("log", use: appendLog)
        group.post("secrets", use: secret)
        group.post("push-grants", use: grantPush)
        group.put("outputs/:form", use: keepOutput)
        group.post("renewal", use: renew)
        group.put("outcome", use: finish)
    }

    /// Does what a call asks for, if the lease is the caller's.
    private func leased(
        _ request: Request, _ context: ResourceContext, _ work: (LeaseID) async throws -> Response
    ) async throws -> Response {
        try await answering {
            let agent = try await desk.agent(of: request)
            let lease = LeaseID(context.parameters.get("lease") ?? "")
            try await desk.registrar.check(lease, isOf: agent)
            return try await work(lease)
        }
    }

    /// For an agent that was restarted.
    private func resume(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            try Response.secret(try AssignmentAnswer(try await desk.broker.resume(lease)))
        }
    }

    private func uploadedContext(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            let path = try await desk.broker.uploadedContext(lease, in: "")
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw ServerError.notFound("The uploaded context is no longer there. Upload it again.")
            }
            let length = Int(try file.seekToEnd())
            try file.seek(toOffset: 0)
            let body = ResponseBody(contentLength: length) { writer in
                defer { try? file.close() }  // only read from
                while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
                    try await writer.write(ByteBuffer(bytes: data))
                }
                try await writer.finish(nil)
            }
            return Response(status: .ok, headers: [.contentType: "application/octet-stream"], body: body)
        }
    }

    /// An event whose number is not above the last one of its stream came late, and is passed over.
    private func report(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            guard let sequence = context.parameters.get("sequence").flatMap({ Int64($0) }) else {
                throw ServerError(status: .badRequest, code: "InvalidParameter", message: "An event has a number.")
            }
            let stream = request.uri.queryParameters["stream"].map { String($0.prefix(32)) } ?? ""
            let wire = try await request.decode(EventRequest.self)
            guard sequences.isNew(sequence, of: lease, stream: stream) else { return Response(status: .noContent) }
            if let event = wire.event { try await desk.broker.report(event, for: lease) }
            sequences.note(sequence, of: lease, stream: stream)
            return Response(status: .noContent)
        }
    }

    private func appendLog(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            guard let offset = request.uri.queryParameters["offset"].flatMap({ Int64($0) }), offset >= 0 else {
                throw ServerError(
                    status: .badRequest, code: "InvalidParameter", message: "What is added to a log has an offset.")
            }
            let bytes = try await request.body.collect(upTo: Self.largestAppend)
            try await desk.broker.appendLog(Array(bytes.readableBytesView), at: offset, for: lease)
            return Response(status: .noContent)
        }
    }

    private func secret(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            let location: SecretLocation
            do {
                location = try SecretLocation(try await request.decode(SecretRequest.self).location)
            } catch let error as InvalidName {
                throw ServerError(status: .badRequest, code: "InvalidName", message: error.description)
            }
            return try .secret(SecretAnswer(try await desk.broker.secret(location, for: lease)))
        }
    }

    private func grantPush(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            let image = try await request.decode(GrantRequest.self).image
            return try .secret(GrantAnswer(try await desk.broker.grantPush(lease, of: image)))
        }
    }

    private func keepOutput(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            guard let form = context.parameters.get("form").flatMap(ImageArchive.init) else {
                throw BrokerError.refused("it knows no such form of an image's archive.")
            }
            let pipe = BytePipe()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        for try await buffer in request.body { try await pipe.write(Array(buffer.readableBytesView)) }
                        pipe.finish()
                    } catch {
                        pipe.fail(error)
                    }
                }
                try await desk.broker.keepOutput(form, pipe, for: lease)
                group.cancelAll()
            }
            return Response(status: .noContent)
        }
    }

    /// Returns at once when there is news, and when the server stops.
    private func renew(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            let wait = AgentController.wait(of: request)
            let state = try await cancelWhenGracefulShutdown { try await desk.broker.renew(lease, waiting: wait) }
            if state == .lost { throw BrokerError.leaseLost }
            return try .json(RenewalAnswer(state))
        }
    }

    private func finish(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try await leased(request, context) { lease in
            let wire = try await request.decode(OutcomeRequest.self)
            try await desk.broker.finish(lease, with: try wire.outcome(), logLength: wire.logLength)
            sequences.forget(lease)
            return Response(status: .noContent)
        }
    }
}

/// The numbers of the last events of leases. What is forgotten is taken for new.
private final class LastSequences: Sendable {
    private struct Last {
        var stream: String
        var sequence: Int64
    }

    private static let capacity = 20_000
    private let last = Mutex<[LeaseID: Last]>([:])

    func isNew(_ sequence: Int64, of lease: LeaseID, stream: String) -> Bool {
        last.withLock { last in
            guard let known = last[lease], known.stream == stream else { return true }
            return sequence > known.sequence
        }
    }

    func note(_ sequence: Int64, of lease: LeaseID, stream: String) {
        last.withLock { last in
            if last.count >= Self.capacity, last[lease] == nil { last = [:] }
            last[lease] = Last(stream: stream, sequence: sequence)
        }
    }

    func forget(_ lease: LeaseID) {
        last.withLock { $0[lease] = nil }
    }
}
