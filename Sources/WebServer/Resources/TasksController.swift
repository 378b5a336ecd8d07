import Foundation
import HTTPTypes
import Hummingbird
import ResourceAPI
import Scheduling
import TaskModel

/// Tasks of a registry: `P/tasks`.
struct TasksController {
    let directory: RegistryDirectory
    let tasks: TaskService
    let triggers: TriggerService?

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("tasks", needing: .readResources, use: list)
        registry.get("tasks/:task", needing: .readResources, use: show)
        registry.post("tasks/:task/listDetails", needing: .readResources, use: showDetails)
        registry.put("tasks/:task", needing: .writeTasks, use: put)
        registry.patch("tasks/:task", needing: .writeTasks, use: patch)
        registry.delete("tasks/:task", needing: .writeTasks, use: delete)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        return try .json(Page(value: try await tasks.list(in: registry).map { resource($0, in: registry) }))
    }

    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let task = try await tasks.show(name(context), in: registry)
        return try .json(try await withState(resource(task, in: registry), of: task, revealing: false))
    }

    /// With the secrets, for those who may see them: others ask too, since `az acr task run` reads the time-out here.
    /// Two commands of the Azure CLI fail on what they don't expect, so they don't get it.
    private func showDetails(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        let task = try await tasks.show(name(context), in: registry)
        let mayRead = try context.caller.may(.readTaskSecrets, in: registry.name)
        var details = resource(task, in: registry, revealing: mayRead)
        let command = AzureCommand(request)
        if command.stumblesOverSourceTriggers { details.properties?.trigger?.sourceTriggers = nil }
        if command.name == AzureCommand.identityRemoval, task.identity?.userAssigned.isEmpty == true {
            details.identity = nil
        }
        return try .json(try await withState(details, of: task, revealing: mayRead), revealing: true)
    }

    /// 200 for a new task as well: the Azure CLI prints its own innards on 201.
    private func put(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let wire = try await request.decode(TaskResource.self)
        return try await write(context, in: registry) { stored in TaskChange.replacing(stored, with: wire) }
    }

    private func patch(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let name = name(context)
        let change = try await request.decode(JSONDocument.self)
        let isRemoval = AzureCommand(request).name == AzureCommand.identityRemoval
        return try await write(context, in: registry) { stored in
            guard let stored else { throw TaskServiceError.notFound(name) }
            return try TaskChange.patching(stored, with: change, isIdentityRemoval: isRemoval)
        }
    }

    private func write(
        _ context: ResourceContext, in registry: Registry,
        _ change: @escaping @Sendable (TaskResource?) throws -> TaskResource
    ) async throws -> Response {
        let author = TaskDefinition.Authorship(by: try context.caller.id, at: Date())
        let name = name(context)
        let task = try await tasks.write(name, in: registry) { stored in
            let wire = try change(stored.map { resource($0, in: registry, revealing: true) })
            return try TaskDefinition(wire, name: name, registry: registry.name, known: stored, by: author) {
                UUID().uuidString.lowercased()
            }
        }
        // Whoever writes a task may see what its hooks prove themselves by, to paste it at the forge.
        let mayRead = try context.caller.may(.readTaskSecrets, in: registry.name)
        return try .json(
            try await withState(resource(task, in: registry), of: task, revealing: mayRead), revealing: true)
    }

    /// The task with how its triggers stand.
    private func withState(_ resource: TaskResource, of task: TaskDefinition, revealing: Bool) async throws
        -> TaskResource
    {
        guard let triggers else { return resource }
        var resource = resource
        resource.properties?.triggerState = TriggerStateProperties(
            try await triggers.state(of: task), revealing: revealing)
        return resource
    }

    private func delete(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try await tasks.delete(name(context), in: registry)
        return Response(status: .ok)
    }

    private func resource(_ task: TaskDefinition, in registry: Registry, revealing: Bool = false) -> TaskResource {
        TaskResource(
            task, in: directory.id(of: registry), location: RegistryDirectory.location,
            tenant: directory.identity.tenant, revealing: revealing, shownSource: RunService.shownSource)
    }

    private func name(_ context: ResourceContext) -> String {
        context.parameters.get("task") ?? ""
    }
}

/// Which command of the Azure CLI makes a request, as it says in two headers.
private struct AzureCommand {
    static let identityRemoval = "acr task identity remove"

    /// `acr task update`; empty if another client asks.
    let name: String
    /// The names of the options given.
    private let options: [Substring]

    init(_ request: Request) {
        func header(_ name: String) -> String { HTTPField.Name(name).flatMap { request.headers[$0] } ?? "" }
        name = header("CommandName").lowercased()
        options = header("ParameterSetName").split(separator: " ")
    }

    /// `task update` (2.85 and later) can't write source triggers that it has read. Without these options it has no need
    /// of them, and what it then leaves out stays as it is.
    var stumblesOverSourceTriggers: Bool {
        let needing: Set<Substring> = [
            "--commit-trigger-enabled", "--pull-request-trigger-enabled", "--context", "-c", "--git-access-token",
        ]
        return name == "acr task update" && needing.isDisjoint(with: options)
    }
}
