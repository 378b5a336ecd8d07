import TaskModel

/// A `PoolPolicy` on its way to an agent.
public struct PolicyParts: Codable, Sendable {
    public var refuseSecretBuildArguments: Bool?
    /// Names of `StepPermission`; those that the agent does not know are not given.
    public var allowed: [String]?
    public var stepMemory: Int64?
    public var stepNanoCPUs: Int64?
    public var noNewPrivileges: Bool?
    public var allowsEmulation: Bool?

    init(_ policy: PoolPolicy) {
        refuseSecretBuildArguments = policy.refuseSecretBuildArguments
        allowed = policy.allowed.map(\.rawValue).sorted()
        stepMemory = policy.stepMemory
        stepNanoCPUs = policy.stepNanoCPUs
        noNewPrivileges = policy.noNewPrivileges
        allowsEmulation = policy.allowsEmulation
    }

    var policy: PoolPolicy {
        PoolPolicy(
            refuseSecretBuildArguments: refuseSecretBuildArguments ?? false,
            allowed: Set((allowed ?? []).compactMap(StepPermission.init)), stepMemory: stepMemory,
            stepNanoCPUs: stepNanoCPUs, noNewPrivileges: noNewPrivileges ?? false,
            allowsEmulation: allowsEmulation ?? true)
    }
}

/// `TaskFileSettings` on their way to an agent.
public struct TaskFileParts: Codable, Sendable {
    public var shellImage: String?
    public var aliasImages: [String: String]?
    public var allowsRemoteAliases: Bool?

    init(_ settings: TaskFileSettings) {
        shellImage = settings.shellImage
        aliasImages = settings.aliasImages
        allowsRemoteAliases = settings.allowsRemoteAliases
    }

    var settings: TaskFileSettings {
        var settings = TaskFileSettings()
        settings.shellImage = shellImage ?? settings.shellImage
        settings.aliasImages = aliasImages ?? [:]
        settings.allowsRemoteAliases = allowsRemoteAliases ?? false
        return settings
    }
}
