import Foundation
public import TaskModel

extension TaskResource {
    /// A task as the API shows it.
    ///
    /// - Parameters:
    ///   - registry: the id of its registry, as the server spells it.
    ///   - revealing: whether secrets are shown, as by `listDetails`.
    ///   - shownSource: where a context comes from, without logins and signatures: for those who may not see secrets.
    public init(
        _ task: TaskDefinition, in registry: ResourceID, location: String, tenant: String, revealing: Bool,
        shownSource: @escaping (String) -> String
    ) {
        let source: (String) -> String = revealing ? { $0 } : shownSource
        self.init()
        id = registry.child("tasks", task.name).description
        name = task.name
        type = ResourceID.registryType + "/tasks"
        self.location = location
        if !task.tags.isEmpty { tags = task.tags }
        identity = task.identity.map { IdentityProperties($0, tenant: tenant) }
        systemData = SystemData(task)
        properties = TaskProperties(task, revealing: revealing, source: source)
    }
}

extension TaskProperties {
    fileprivate init(_ task: TaskDefinition, revealing: Bool, source: (String) -> String) {
        provisioningState = "Succeeded"
        creationDate = Timestamp(task.created.at)
        status = Self.status(task.isEnabled)
        isSystemTask = task.isSystemTask
        timeout = task.timeoutSeconds
        agentPoolName = task.agentPoolName
        logTemplate = task.logTemplate
        queue = task.queue.flatMap { QueueProperties($0) }
        guard !task.isSystemTask else { return }
        platform = PlatformProperties(
            os: task.platform.os, architecture: task.platform.architecture, variant: task.platform.variant)
        agentConfiguration = AgentConfiguration(cpu: task.cpu ?? AgentConfiguration.standardCPU)
        step = task.step.map { TaskStepProperties($0, revealing: revealing, source: source) }
        trigger = TriggerProperties(task.triggers, revealing: revealing, source: source)
        credentials = CredentialsProperties(task.credentials, revealing: revealing)
    }

    fileprivate static func status(_ isEnabled: Bool) -> String { isEnabled ? "Enabled" : "Disabled" }
}

extension TaskStepProperties {
    fileprivate init(_ step: TaskStep, revealing: Bool, source: (String) -> String) {
        switch step {
        case .docker(let step):
            type = Kind.docker.rawValue
            dockerFilePath = step.dockerFilePath
            imageNames = step.imageNames
            isPushEnabled = step.isPushEnabled
            noCache = step.noCache
            target = step.target
            arguments = step.arguments.map {
                ArgumentProperties(
                    name: $0.name, value: revealing || !$0.isSecret ? $0.value : nil, isSecret: $0.isSecret)
            }
        case .file(let step):
            type = Kind.file.rawValue
            taskFilePath = step.taskFilePath
            valuesFilePath = step.valuesFilePath
            values = Self.values(step.values, revealing: revealing)
        case .encoded(let step):
            type = Kind.encoded.rawValue
            encodedTaskContent = Self.base64(step.content)
            encodedValuesContent = step.valuesContent.map(Self.base64)
            values = Self.values(step.values, revealing: revealing)
        }
        contextPath = step.context.location.map { source($0.value) }
        if revealing { contextAccessToken = step.context.accessToken }
    }

    private static func values(_ values: [TaskValue], revealing: Bool) -> [ArgumentProperties] {
        values.map {
            ArgumentProperties(
                .setValue, name: $0.name, value: revealing || !$0.isSecret ? $0.value : nil, isSecret: $0.isSecret)
        }
    }

    private static func base64(_ text: Secret) -> String { Data(text.value.utf8).base64EncodedString() }
}

extension TriggerProperties {
    fileprivate init(_ triggers: TaskTriggers, revealing: Bool, source: (String) -> String) {
        if !triggers.source.isEmpty {
            sourceTriggers = triggers.source.map { SourceTriggerProperties($0, revealing: revealing, source: source) }
        }
        if !triggers.timers.isEmpty {
            timerTriggers = triggers.timers.map {
                TimerTriggerProperties(
                    name: $0.name, status: TaskProperties.status($0.isEnabled), schedule: $0.schedule,
                    timeZone: $0.timeZone)
            }
        }
        baseImageTrigger = triggers.baseImage.map(BaseImageTriggerProperties.init)
    }
}

extension SourceTriggerProperties {
    fileprivate init(_ trigger: SourceTriggerDefinition, revealing: Bool, source: (String) -> String) {
        name = trigger.name
        status = TaskProperties.status(trigger.isEnabled)
        sourceTriggerEvents = trigger.events
        filter = trigger.filter
        var repository = SourceRepositoryProperties()
        repository.sourceControlType = trigger.sourceControlType
        repository.repositoryUrl = source(trigger.repositoryURL)
        repository.branch = trigger.branch
        if revealing, let authorization = trigger.authorization {
            var auth = SourceControlAuthProperties()
            auth.tokenType = authorization.tokenType
            auth.token = authorization.token
            auth.refreshToken = authorization.refreshToken
            auth.scope = authorization.scope
            auth.expiresIn = authorization.expiresIn
            repository.sourceControlAuthProperties = auth
        }
        sourceRepository = repository
    }
}

extension BaseImageTriggerProperties {
    fileprivate init(_ trigger: BaseImageTriggerDefinition) {
        name = trigger.name
        status = TaskProperties.status(trigger.isEnabled)
        baseImageTriggerType = trigger.kind.rawValue
        updateTriggerEndpoint = trigger.updateTriggerEndpoint
        updateTriggerPayloadType = trigger.updateTriggerPayloadType
    }
}

extension CredentialsProperties {
    fileprivate init(_ credentials: TaskCredentials, revealing: Bool) {
        if credentials.loginMode != nil || credentials.sourceIdentity != nil {
            sourceRegistry = SourceRegistry(
                loginMode: credentials.loginMode?.rawValue, identity: credentials.sourceIdentity)
        }
        guard !credentials.customRegistries.isEmpty else { return }
        func shown(_ secret: TaskSecret?) -> SecretObject? {
            secret.map {
                SecretObject(type: $0.isVaultURL ? "Vaultsecret" : "Opaque", value: revealing ? $0.value : nil)
            }
        }
        customRegistries = credentials.customRegistries.mapValues {
            CustomRegistry(userName: shown($0.username), password: shown($0.password), identity: $0.identity)
        }
    }
}

extension IdentityProperties {
    /// With ``userAssignedIdentities`` always: the Azure CLI stumbles over a missing one.
    fileprivate init(_ identity: TaskIdentity, tenant: String) {
        if let principal = identity.systemPrincipal {
            principalId = principal
            tenantId = tenant
        }
        type = [
            identity.systemPrincipal == nil ? nil : "SystemAssigned",
            identity.userAssigned.isEmpty ? nil : "UserAssigned",
        ]
        .compactMap(\.self).joined(separator: ", ")
        userAssignedIdentities = identity.userAssigned.mapValues { UserIdentity(principalId: $0, clientId: $0) }
    }
}

extension SystemData {
    fileprivate init(_ task: TaskDefinition) {
        createdBy = task.created.by
        createdByType = "Application"
        createdAt = Timestamp(task.created.at)
        lastModifiedBy = task.changed.by
        lastModifiedByType = "Application"
        lastModifiedAt = Timestamp(task.changed.at)
    }
}
