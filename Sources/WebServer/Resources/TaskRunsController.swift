import Hummingbird
import ResourceAPI
import Scheduling
import TaskModel

/// Runs of a registry that are kept under a name: `P/taskRuns`.
struct TaskRunsController {
    let directory: RegistryDirectory
    let taskRuns: TaskRunService
    let reader: RequestReader

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("taskRuns", needing: .readResources, use: list)
        registry.get("taskRuns/:taskRun", needing: .readResources, use: show)
        registry.put("taskRuns/:taskRun", needing: .submitRuns, use: put)
        registry.patch("taskRuns/:taskRun", needing: .submitRuns, use: update)
        registry.delete("taskRuns/:taskRun", needing: .submitRuns, use: delete)
        registry.post("taskRuns/:taskRun/listDetails", needing: .readTaskSecrets, use: showDetails)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        return try .json(
            Page(value: try await taskRuns.list(in: registry).map { try resource($0, in: registry) }))
    }

    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        return try .json(resource(try await found(context, in: registry), in: registry))
    }

    private func showDetails(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        return try .json(
            resource(try await found(context, in: registry), in: registry, withSecrets: true), revealing: true)
    }

    /// 201 for a new name, else 200.
    private func put(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let wire = try await request.decode(TaskRunResourceRequest.self)
        guard let runRequest = wire.properties?.runRequest else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "A task run needs a request: give properties.runRequest.",
                target: "properties.runRequest")
        }
        return try await keep(
            runRequest, tag: wire.properties?.forceUpdateTag, identity: try wire.identity.map(text), in: registry,
            context)
    }

    /// What is not given stays as it is.
    private func update(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let wire = try await request.decode(TaskRunResourceRequest.self)
        let known = try await found(context, in: registry).taskRun
        return try await keep(
            try wire.properties?.runRequest ?? runRequest(of: known),
            tag: wire.properties?.forceUpdateTag ?? known.forceUpdateTag,
            identity: try wire.identity.map(text) ?? known.identity, in: registry, context)
    }

    private func delete(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        return Response(status: try await taskRuns.remove(name(context), in: registry) ? .ok : .noContent)
    }

    private func keep(
        _ runRequest: ScheduleRunRequest, tag: String?, identity: String?, in registry: Registry,
        _ context: ResourceContext
    ) async throws -> Response {
        let taskRun = TaskRun(
            registry: registry.name, name: try TaskRun.checkedName(name(context)),
            request: Secret(try text(runRequest)), forceUpdateTag: try TaskRun.checkedTag(tag), identity: identity)
        let (record, isNew) = try await taskRuns.put(taskRun, in: registry, by: try context.caller.id) {
            try await reader.read(runRequest, in: registry)
        }
        return try .json(resource(record, in: registry), status: isNew ? .created : .ok)
    }

    private func found(_ context: ResourceContext, in registry: Registry) async throws -> TaskRunService.Record {
        guard let record = try await taskRuns.find(name(context), in: registry) else {
            throw ServerError.notFound("There is no task run '\(name(context).escapedForDisplay)'.")
        }
        return record
    }

    private func name(_ context: ResourceContext) -> String {
        context.parameters.get("taskRun") ?? ""
    }

    // MARK: Shown and stored

    private func resource(
        _ record: TaskRunService.Record, in registry: Registry, withSecrets: Bool = false
    ) throws -> TaskRunResource {
        let request = try runRequest(of: record.taskRun)
        let id = directory.id(of: registry)
        return TaskRunResource(
            id: id.taskRun(record.taskRun.name).description, name: record.taskRun.name,
            location: RegistryDirectory.location,
            identity: try record.taskRun.identity.map {
                try WireJSON.decode(IdentityProperties.self, from: Array($0.utf8))
            },
            properties: TaskRunProperties(
                provisioningState: record.run.map { TaskRunProperties.provisioningState(of: $0.status) } ?? "Succeeded",
                runRequest: withSecrets ? request : request.withoutSecrets(shownSource: RunService.shownSource),
                runResult: record.run.map { RunResource($0, in: id) }, forceUpdateTag: record.taskRun.forceUpdateTag))
    }

    private func runRequest(of taskRun: TaskRun) throws -> ScheduleRunRequest {
        try WireJSON.decode(ScheduleRunRequest.self, from: Array(taskRun.request.value.utf8))
    }

    /// Equal values are equal texts.
    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try WireJSON.encode(value, revealing: true), as: UTF8.self)
    }
}
