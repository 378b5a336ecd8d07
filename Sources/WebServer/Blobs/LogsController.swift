import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Scheduling
import TaskModel

/// Shows logs as blobs that grow: `HEAD` tells the length, `GET` gives a range, the metadata `Complete` says how it ended.
struct LogsController {
    let runs: RunService
    let settings: SchedulingSettings
    let links: LinkSigner
    /// The most bytes of one answer without a range.
    static let largestAnswer = 1 << 20
    /// How long a link stays good after its run ended, or after it was asked for, in seconds.
    static let lifetimeAfterRun: TimeInterval = 3600
    /// The longest wait for news, in seconds.
    static let longestWait = 60

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.head("blobs/:container/:name", use: head)
        router.get("blobs/:container/:name", use: get)
    }

    private func head(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let log = try await log(request, context, beyond: 0, waiting: .zero)
        var response = Response(status: .ok, headers: headers(of: log))
        response.headers[.contentLength] = "\(log.length)"
        return response
    }

    /// - `x-ms-range` or `Range`: `bytes=A-[B]`; without one the whole log.
    /// - `wait=S`: answer as soon as there is something from A on, or the log has ended, else 204 after S seconds.
    private func get(_ request: Request, _ context: ResourceContext) async throws -> Response {
        let range = try Self.range(
            HTTPField.Name("x-ms-range").flatMap { request.headers[$0] } ?? request.headers[.range])
        let wait = request.uri.queryParameters["wait"].flatMap { Int($0) } ?? 0
        let log = try await log(
            request, context, beyond: range?.from ?? 0, waiting: .seconds(max(0, min(wait, Self.longestWait))))
        guard let range else { return whole(log) }
        guard range.from < log.length else {
            if wait > 0 { return Response(status: .noContent, headers: headers(of: log)) }
            throw ServerError(
                status: .rangeNotSatisfiable, code: "InvalidRange", message: "The log has \(log.length) bytes so far.")
        }
        let wanted = min(
            range.through.map { $0 - range.from + 1 } ?? Int64(Self.largestAnswer), Int64(Self.largestAnswer))
        let bytes = try log.read(from: range.from, count: Int(wanted))
        guard !bytes.isEmpty else { throw ServerError.logRemoved }
        var response = Response(
            status: .partialContent, headers: headers(of: log), body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
        response.headers[.contentRange] = "bytes \(range.from)-\(range.from + Int64(bytes.count) - 1)/\(log.length)"
        return response
    }

    private func whole(_ log: RunLog) -> Response {
        Response(status: .ok, headers: headers(of: log), body: log.body(largestPart: Self.largestAnswer))
    }

    private func headers(of log: RunLog) -> HTTPFields {
        var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8", .acceptRanges: "bytes"]
        if let ending = log.ending, let name = HTTPField.Name("x-ms-meta-Complete") { headers[name] = ending.rawValue }
        return headers
    }

    private func log(
        _ request: Request, _ context: ResourceContext, beyond offset: Int64, waiting duration: Duration
    ) async throws -> RunLog {
        let container = context.parameters.get("container") ?? ""
        let name = context.parameters.get("name") ?? ""
        let query = request.uri.queryParameters
        try links.check(container: container, name: name, permission: "r") { query[Substring($0)].map(String.init) }
        guard container.hasPrefix("logs-"), name.hasSuffix(".log"),
            let registry = settings.registry(named: String(container.dropFirst(5)))
        else { throw ServerError.notFound("There is no such log.") }
        let log = try await runs.log(of: String(name.dropLast(4)), in: registry, beyond: offset, waiting: duration)
        if let end = log.run.finishTime, Date().timeIntervalSince(end) > Self.lifetimeAfterRun,
            !links.isFresh(query["se"].map(String.init))
        {
            throw ServerError.linkRefused("The link is over. Ask for a new link.")
        }
        return log
    }

    /// `bytes=A-[B]`, RFC 9110 section 14.1.2; nil if there is none.
    static func range(_ header: String?) throws -> (from: Int64, through: Int64?)? {
        guard let header else { return nil }
        guard let match = header.wholeMatch(of: /\s*bytes=([0-9]{1,15})-([0-9]{0,15})\s*/),
            let from = Int64(match.output.1)
        else {
            throw ServerError(
                status: .badRequest, code: "InvalidHeaderValue", message: "A range looks like bytes=0-4095.")
        }
        let through = match.output.2.isEmpty ? nil : Int64(match.output.2)
        guard through.map({ $0 >= from }) ?? true else {
            throw ServerError(
                status: .rangeNotSatisfiable, code: "InvalidRange", message: "The range ends before it begins.")
        }
        return (from, through)
    }
}
