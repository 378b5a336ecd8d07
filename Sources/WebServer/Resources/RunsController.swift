import Hummingbird
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// Runs of a registry: `P/scheduleRun`, `P/runs`, `P/listBuildSourceUploadUrl`.
struct RunsController {
    let directory: RegistryDirectory
    let runs: RunService
    let reader: RequestReader
    let links: LinkSigner
    static let pageSize = 100

    func addRoutes(to registry: RegistryRoutes) {
        registry.post("listBuildSourceUploadUrl", needing: .submitRuns, use: uploadURL)
        registry.post("scheduleRun", needing: .submitRuns, use: schedule)
        registry.get("runs", needing: .readResources, use: list)
        registry.post("runs/cancel", needing: .submitRuns, use: cancelMany)
        registry.get("runs/cancels", needing: .readResources, use: cancels)
        registry.get("runs/:run", needing: .readResources, use: show)
        registry.patch("runs/:run", needing: .submitRuns, use: update)
        registry.post("runs/:run/cancel", needing: .submitRuns, use: cancel)
        registry.get("runs/:run/output", needing: .pullImages, use: output)
        registry.post("runs/:run/listLogSasUrl", needing: .readResources, use: logLink)
    }

    private func uploadURL(_ request: Request, _ context: ResourceContext, _ registry: Registry) throws -> Response {
        let name = LinkSigner.randomName() + ".tar.gz"
        let url = try links.sign(.upload, name: name, server: request.origin(fallback: directory.identity.publicURL))
        return try .json(
            SourceUpload(
                uploadUrl: url, relativePath: RunService.path(ofUpload: name), compressions: ["gzip", "zstd"]))
    }

    private func schedule(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response
    {
        let wire = try await request.decode(ScheduleRunRequest.self)
        let submission = try await reader.read(wire, in: registry)
        let run = try await runs.submit(
            submission.request, type: submission.type, task: submission.task, to: registry, by: try context.caller.id)
        return try .json(RunResource(run, in: directory.id(of: registry)))
    }

    /// With `$top` at most that many and no link to more, since clients follow every link.
    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let query = request.uri.queryParameters
        let filter = try ODataFilter.parse(query["$filter"].map(String.init) ?? "")
        let top = try query["$top"].map { text in
            guard let number = Int(text), number > 0 else {
                throw InvalidRequest(
                    code: "InvalidParameter", message: "$top must be a whole number above 0.", target: "$top")
            }
            return min(number, 1000)
        }
        let before = query["$skiptoken"].flatMap { RunID(String($0)) }
        let found = try await runs.list(in: registry, filter, before: before, limit: top ?? Self.pageSize + 1)
        var page = Page(value: found.map { RunResource($0, in: directory.id(of: registry)) })
        if top == nil, found.count > Self.pageSize {
            page.value.removeLast(found.count - Self.pageSize)
            page.nextLink = nextLink(of: request, after: found[Self.pageSize - 1].id)
        }
        return try .json(page)
    }

    private func nextLink(of request: Request, after run: RunID) -> String {
        let kept = (request.uri.query ?? "").split(separator: "&").filter {
            !$0.hasPrefix("$skiptoken=") && !$0.hasPrefix("%24skiptoken=")
        }
        let query = (kept.map(String.init) + ["$skiptoken=\(run)"]).joined(separator: "&")
        return request.origin(fallback: directory.identity.publicURL) + request.uri.path + "?" + query
    }

    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let run = try await runs.show(runName(context), in: registry)
        var resource = RunResource(run, in: directory.id(of: registry))
        let steps = try await runs.steps(of: run)
        resource.properties?.keptOutput = try runs.keptOutput(of: run).map {
            KeptOutputProperties(form: $0.form.rawValue, size: $0.size, expiryTime: Timestamp($0.expiryTime))
        }
        if !steps.isEmpty {
            let builds = try await runs.builds(of: run)
            resource.properties?.steps = steps.map { RunStepProperties($0, builds: builds) }
        }
        let bases = try await runs.baseImages(of: run)
        if !bases.isEmpty { resource.properties?.baseImages = bases.map { BaseImageProperties($0) } }
        return try .json(resource)
    }

    /// The archive of what the run built, as it is.
    private func output(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let run = try await runs.show(runName(context), in: registry)
        guard let output = try runs.keptOutput(of: run) else {
            throw ServerError.notFound(
                "Nothing of run \(run.id) is kept for a download (any more). Queue it again with 'keptOutput'.")
        }
        let body = try await FileIO().loadFile(path: output.path, context: context)
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/x-tar", .contentLength: "\(output.size)",
                .contentDisposition: "attachment; filename=\"\(run.id).\(output.form.rawValue).tar\"",
            ], body: body)
    }

    private func update(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let found = try await runs.show(runName(context), in: registry)
        let change = try await request.decode(RunUpdate.self)
        let run =
            if let isArchived = change.isArchiveEnabled {
                try await runs.setArchived(isArchived, runName(context), in: registry)
            } else {
                found
            }
        return try .json(RunResource(run, in: directory.id(of: registry)))
    }

    /// 200 also for a run that has ended already.
    private func cancel(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let run = try await runs.show(runName(context), in: registry)
        _ = try await runs.cancel(
            .ids([run.id]), in: registry, isDryRun: false, by: try context.caller.id, from: context.address)
        return Response(status: .ok)
    }

    private func cancelMany(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        let wire = try await request.decode(CancelRunsRequest.self)
        let selection: CancelSelection
        switch (wire.filter, wire.runIds) {
        case (let filter?, nil): selection = .filter(try ODataFilter.parse(filter))
        case (nil, let ids?):
            selection = .ids(
                try ids.map { text in
                    guard let id = RunID(text.lowercased()) else {
                        throw InvalidRequest(
                            code: "InvalidName",
                            message: "'\(text.escapedForDisplay)' is no run id: letters and digits.", target: "runIds")
                    }
                    return id
                })
        default:
            throw InvalidRequest(
                code: "InvalidRequest", message: "Say which runs: give either filter (empty for all) or runIds.",
                target: "filter")
        }
        let answers = try await runs.cancel(
            selection, in: registry, isDryRun: wire.dryRun ?? false, by: try context.caller.id, from: context.address,
            filterText: wire.filter)
        return try .json(
            CancelRunsAnswer(
                value: answers.runs.compactMap { answer in
                    CancelRunsAnswer.Result(rawValue: answer.result.rawValue).map {
                        CancelRunsAnswer.Item(runId: answer.id.text, previousStatus: answer.previousStatus, result: $0)
                    }
                }, recordId: answers.record))
    }

    /// Who asked for runs to stop, the last 100 times or as many as `$top` says.
    private func cancels(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response
    {
        let top = request.uri.queryParameters["$top"].flatMap { Int(String($0)) } ?? 100
        let records = try await runs.cancels(in: registry, limit: max(1, min(top, 1000)))
        return try .json(Page(value: records.map(CancelRecordResource.init)))
    }

    private func logLink(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response
    {
        let run = try await runs.show(runName(context), in: registry)
        let server = request.origin(fallback: directory.identity.publicURL)
        return try .json(
            LogLink(logLink: try links.sign(.log(registry: registry.name), name: run.id.text + ".log", server: server)))
    }

    private func runName(_ context: ResourceContext) -> String {
        context.parameters.get("run") ?? ""
    }
}
