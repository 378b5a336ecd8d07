import TaskModel

/// What a `PUT` or a `PATCH` makes of a task.
public enum TaskChange {
    /// Lists whose items are told apart by name.
    private static let named: Set = ["sourceTriggers", "timerTriggers"]
    /// A login at a registry replaces the one that was there.
    private static let whole: Set = ["customRegistries"]

    /// The task as a change of it leaves it (`PATCH P/tasks/T`).
    ///
    /// Absent fields keep their values, null removes, lists replace, triggers are told apart by name, registries by host.
    /// Identities are added and removed one by one.
    ///
    /// - Parameter isIdentityRemoval: whether the list of identities is what is left: so does
    ///   `az acr task identity remove` without ids.
    public static func patching(
        _ task: TaskResource, with change: JSONDocument, isIdentityRemoval: Bool
    ) throws -> TaskResource {
        let stored = try WireJSON.decode(JSONDocument.self, from: try WireJSON.encode(task, revealing: true))
        var change = change
        let identity = change["identity"]
        change["identity"] = nil
        let merged = stored.merging(change, named: named, whole: whole)
        var result = try WireJSON.decode(TaskResource.self, from: try WireJSON.encode(merged))
        if let identity {
            result.identity = try task.identity.changed(by: identity, replaces: isIdentityRemoval)
        }
        return result
    }

    /// The task of a `PUT`, with secrets that it names without giving their values taken from the stored one: clients
    /// send back what they were shown. Of tokens nothing is shown, so those of the same places stay.
    public static func replacing(_ stored: TaskResource?, with task: TaskResource) -> TaskResource {
        guard let old = stored?.properties else { return task }
        var task = task
        task.properties?.credentials?.fillSecrets(from: old.credentials)
        task.properties?.step?.fillSecrets(from: old.step)
        task.properties?.trigger?.fillSecrets(from: old.trigger, besides: old.step)
        return task
    }
}

extension IdentityProperties? {
    fileprivate func changed(by change: JSONDocument, replaces: Bool) throws(InvalidRequest) -> IdentityProperties? {
        guard case .object(let members) = change, case .text(let type)? = members["type"], type.lowercased() != "none"
        else { return nil }
        let types = type.lowercased().split(separator: ",").map { $0.trimmingPrefix(while: { $0 == " " }) }
        if let unknown = types.first(where: { $0 != "systemassigned" && $0 != "userassigned" }) {
            throw InvalidRequest(
                code: "InvalidParameter",
                message:
                    "'\(String(unknown).escapedForDisplay)' is no type of identity: use SystemAssigned, UserAssigned "
                    + "or None.", target: "identity.type")
        }
        var result = self ?? IdentityProperties()
        var users = replaces ? [:] : result.userAssignedIdentities ?? [:]
        var isRemoval = false
        if case .object(let changes)? = members["userAssignedIdentities"] {
            for (id, value) in changes {
                for known in users.keys where known.lowercased() == id.lowercased() { users[known] = nil }
                if value == .null { isRemoval = true } else { users[id] = IdentityProperties.UserIdentity() }
            }
        }
        let hadSystem = self?.type?.lowercased().contains("systemassigned") == true
        let hasSystem = types.contains("systemassigned") || (hadSystem && !(replaces && !isRemoval))
        guard hasSystem || !users.isEmpty else { return nil }
        result.type = [hasSystem ? "SystemAssigned" : nil, users.isEmpty ? nil : "UserAssigned"].compactMap(\.self)
            .joined(separator: ", ")
        result.userAssignedIdentities = users
        return result
    }
}

extension CredentialsProperties {
    fileprivate mutating func fillSecrets(from old: CredentialsProperties?) {
        for (host, registry) in old?.customRegistries ?? [:] {
            if customRegistries?[host]?.userName.map({ $0.value == nil }) == true {
                customRegistries?[host]?.userName = registry.userName
            }
            if customRegistries?[host]?.password.map({ $0.value == nil }) == true {
                customRegistries?[host]?.password = registry.password
            }
        }
    }
}

extension TaskStepProperties {
    fileprivate mutating func fillSecrets(from old: TaskStepProperties?) {
        guard let old else { return }
        if contextAccessToken == nil, contextPath == old.contextPath { contextAccessToken = old.contextAccessToken }
        arguments = arguments?.filled(from: old.arguments ?? [])
        values = values?.filled(from: old.values ?? [])
    }
}

extension [ArgumentProperties] {
    fileprivate func filled(from old: [ArgumentProperties]) -> [ArgumentProperties] {
        map { argument in
            guard argument.isSecret, argument.value == nil else { return argument }
            return old.first { $0.name == argument.name && $0.isSecret } ?? argument
        }
    }
}

extension TriggerProperties {
    /// - Parameter step: the one before.
    fileprivate mutating func fillSecrets(from old: TriggerProperties?, besides step: TaskStepProperties?) {
        for (index, trigger) in (sourceTriggers ?? []).enumerated() {
            guard let repository = trigger.sourceRepository, repository.sourceControlAuthProperties?.token == nil,
                let known = old?.sourceTriggers?.first(where: { $0.name == trigger.name })?.sourceRepository,
                known.repositoryUrl == repository.repositoryUrl
            else { continue }
            // One that is not spoken of and was the context's goes with that.
            let isOwn = known.sourceControlAuthProperties?.token != step?.contextAccessToken
            guard repository.sourceControlAuthProperties != nil || isOwn else { continue }
            sourceTriggers?[index].sourceRepository?.sourceControlAuthProperties = known.sourceControlAuthProperties
        }
    }
}
