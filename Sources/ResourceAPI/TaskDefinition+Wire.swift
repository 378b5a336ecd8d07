public import TaskModel

extension TaskDefinition {
    /// Reads a task from the wire and checks everything that can be checked without looking at its context.
    ///
    /// - Parameters:
    ///   - known: the stored task of that name, whose author and identities are kept.
    ///   - makeID: makes the id of a new identity.
    /// - Throws: ``InvalidRequest`` naming the field.
    public init(
        _ wire: TaskResource, name: String, registry: String, known: TaskDefinition?, by author: Authorship,
        makeID: () -> String
    ) throws(InvalidRequest) {
        let properties = wire.properties ?? TaskProperties()
        let isSystemTask = properties.isSystemTask ?? false
        let step = try properties.step.map { (step) throws(InvalidRequest) in try TaskStep(step) }
        guard isSystemTask || step != nil else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "The task has no step: say what it is to do.",
                target: "properties.step")
        }
        self.init(
            name: known == nil ? try Self.checkedName(name) : known?.name ?? name, registry: registry,
            isEnabled: try Self.isEnabled(properties.status, field: "properties.status"), isSystemTask: isSystemTask,
            step: step, platform: try RequestChecks.platform(properties.platform),
            cpu: try RequestChecks.cpu(properties.agentConfiguration),
            timeoutSeconds: try properties.timeout.map { (seconds) throws(InvalidRequest) in
                _ = try RequestChecks.timeout(seconds)
                return seconds
            } ?? Self.standardTimeoutSeconds,
            agentPoolName: try RequestChecks.pool(properties.agentPoolName),
            logTemplate: try RequestChecks.text(properties.logTemplate, field: "properties.logTemplate"),
            triggers: try TaskTriggers(properties.trigger ?? TriggerProperties()),
            credentials: try TaskCredentials(properties.credentials ?? CredentialsProperties()),
            identity: TaskIdentity(wire.identity, known: known?.identity, makeID: makeID), tags: wire.tags ?? [:],
            queue: try properties.queue?.checked(field: "properties.queue"),
            created: known?.created ?? author, changed: author)
    }

    private static func checkedName(_ name: String) throws(InvalidRequest) -> String {
        guard (1...50).contains(name.utf8.count),
            name.utf8.allSatisfy({ RequestChecks.isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f })
        else {
            throw InvalidRequest(
                code: "InvalidName",
                message: "'\(name.escapedForDisplay)' is no name of a task: use 1 to 50 letters, digits, '-' and '_'.",
                target: "name")
        }
        return name
    }

    static func isEnabled(_ status: String?, field: String) throws(InvalidRequest) -> Bool {
        switch status?.lowercased() {
        case nil, "enabled": return true
        case "disabled": return false
        default:
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\((status ?? "").escapedForDisplay)' is no status: use Enabled or Disabled.", target: field)
        }
    }
}

extension TaskStep {
    init(_ wire: TaskStepProperties) throws(InvalidRequest) {
        guard let kind = wire.kind else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\((wire.type ?? "").escapedForDisplay)' is no type of step: use "
                    + TaskStepProperties.Kind.allCases.map(\.rawValue).joined(separator: ", ") + ".",
                target: "properties.step.type")
        }
        switch kind {
        case .docker: self = .docker(try DockerStep(wire))
        case .file:
            self = .file(
                FileStep(
                    context: try Self.neededContext(of: wire),
                    taskFilePath: try RequestChecks.path(
                        wire.taskFilePath, of: "a task file", field: "properties.step.taskFilePath")
                        ?? TaskFileRequest.defaultPath,
                    valuesFilePath: try RequestChecks.path(
                        wire.valuesFilePath, of: "a file of values", field: "properties.step.valuesFilePath"),
                    values: try TaskFileRequest.checkedValues(wire.values ?? [])))
        case .encoded:
            let field = "properties.step.encodedTaskContent"
            guard let content = try TaskFileRequest.text(ofBase64: wire.encodedTaskContent, field: field) else {
                throw InvalidRequest(
                    code: "InvalidParameter", message: "The step holds no task file: give it in base64.", target: field)
            }
            self = .encoded(
                EncodedStep(
                    context: try Self.context(of: wire), content: content,
                    valuesContent: try TaskFileRequest.text(
                        ofBase64: wire.encodedValuesContent, field: "properties.step.encodedValuesContent"),
                    values: try TaskFileRequest.checkedValues(wire.values ?? [])))
        }
    }

    fileprivate static func context(of wire: TaskStepProperties) throws(InvalidRequest) -> TaskContext {
        TaskContext(
            location: try RequestChecks.source(wire.contextPath).map { Secret($0) },
            accessToken: wire.contextAccessToken.flatMap { $0.value.isEmpty ? nil : $0 })
    }

    fileprivate static func neededContext(of wire: TaskStepProperties) throws(InvalidRequest) -> TaskContext {
        let context = try context(of: wire)
        guard context.location != nil else {
            throw InvalidRequest(
                code: "InvalidSourceLocation",
                message: "The step needs a context: give a git URL or the URL of an archive.",
                target: "properties.step.contextPath")
        }
        return context
    }
}

extension TaskStep.DockerStep {
    fileprivate init(_ wire: TaskStepProperties) throws(InvalidRequest) {
        for (index, name) in (wire.imageNames ?? []).enumerated() {
            try BuildRequest.checkImageName(name, field: "properties.step.imageNames[\(index)]")
        }
        self.init(
            context: try TaskStep.neededContext(of: wire),
            dockerFilePath: try RequestChecks.path(
                wire.dockerFilePath, of: "a Dockerfile", field: "properties.step.dockerFilePath") ?? "Dockerfile",
            imageNames: wire.imageNames ?? [], isPushEnabled: wire.isPushEnabled ?? true,
            noCache: wire.noCache ?? false,
            target: try BuildRequest.checkedTarget(wire.target),
            arguments: try BuildRequest.checkedArguments(wire.arguments ?? []))
    }
}

extension TaskCredentials {
    fileprivate init(_ wire: CredentialsProperties) throws(InvalidRequest) {
        var registries: [String: TaskRegistryLogin] = [:]
        for (host, login) in wire.customRegistries ?? [:] {
            let target = "properties.credentials.customRegistries"
            guard !host.isEmpty, host.utf8.count <= 255, !host.contains("/"), !RequestChecks.hasControlCharacters(host)
            else {
                throw InvalidRequest(
                    code: "InvalidName", message: "'\(host.escapedForDisplay)' is no login server: use host[:port].",
                    target: target)
            }
            let username = TaskSecret(login.userName)
            let password = TaskSecret(login.password)
            guard login.identity != nil || (username != nil && password != nil) else {
                throw InvalidRequest(
                    code: "InvalidParameter",
                    message:
                        "The login for \(host.escapedForDisplay) needs a user name and a password, or an identity.",
                    target: target)
            }
            for secret in [username, password].compactMap(\.self) where secret.isVaultURL {
                do throws(InvalidName) {
                    _ = try SecretLocation(secret.value.value)
                } catch {
                    throw InvalidRequest(
                        code: "InvalidName",
                        message: "The login for \(host.escapedForDisplay) can't be used: \(error)", target: target)
                }
            }
            registries[host] = TaskRegistryLogin(username: username, password: password, identity: login.identity)
        }
        self.init(
            loginMode: try wire.sourceRegistry?.loginMode.map { (mode) throws(InvalidRequest) in
                try RequestChecks.loginMode(mode)
            },
            sourceIdentity: wire.sourceRegistry?.identity, customRegistries: registries)
    }
}

extension TaskIdentity {
    /// Nil for none.
    fileprivate init?(_ wire: IdentityProperties?, known: TaskIdentity?, makeID: () -> String) {
        guard let wire, let type = wire.type?.lowercased(), type != "none" else { return nil }
        var users: [String: String] = [:]
        if type.contains("userassigned") {
            for id in (wire.userAssignedIdentities ?? [:]).keys {
                let old = known?.userAssigned.first { $0.key.lowercased() == id.lowercased() }
                users[id] = old?.value ?? makeID()
            }
        }
        let hasSystem = type.contains("systemassigned")
        self.init(systemPrincipal: hasSystem ? known?.systemPrincipal ?? makeID() : nil, userAssigned: users)
        if isEmpty { return nil }
    }
}
