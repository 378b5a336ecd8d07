import Foundation
import ResourceAPI
import TaskFiles
import TaskModel

extension TaskResource {
    /// The task that a declaration describes, whole: what it doesn't say has its default.
    init(_ declaration: TaskDeclaration, texts: DeclaredTexts) throws(CommandError) {
        self.init()
        let of = "of task '\(declaration.name.escapedForDisplay)'"
        let token = try declaration.token.map { (token) throws(CommandError) in try texts.secret(token, "'token' \(of)")
        }
        var properties = TaskProperties()
        properties.status = declaration.status ?? "Enabled"
        properties.timeout = declaration.timeout ?? TaskDefinition.standardTimeoutSeconds
        properties.platform = try declaration.platform.map { (text) throws(CommandError) in
            guard let platform = Platform(text) else { throw .invalidPlatform(text, of) }
            return PlatformProperties(
                os: platform.os, architecture: platform.architecture ?? Platform.linuxAMD64.architecture,
                variant: platform.variant)
        }
        properties.agentConfiguration = declaration.cpu.map { AgentConfiguration(cpu: $0) }
        properties.agentPoolName = declaration.agentPool
        properties.logTemplate = declaration.logTemplate
        properties.queue = QueueProperties(declaration.queue)
        properties.step = try TaskStepProperties(declaration, texts: texts, of: of)
        properties.step?.contextAccessToken = token
        if properties.step == nil { properties.isSystemTask = true }
        properties.credentials = try CredentialsProperties(declaration, texts: texts, of: of)
        properties.trigger = try TriggerProperties(declaration, token: token, texts: texts, of: of)
        self.properties = properties
        tags = Dictionary(declaration.tags.map { ($0.name, $0.value) }) { _, last in last }
        identity = IdentityProperties(declaration.identities)
    }
}

extension TaskStepProperties {
    /// Nil for a task that does nothing.
    fileprivate init?(_ declaration: TaskDeclaration, texts: DeclaredTexts, of task: String) throws(CommandError) {
        self.init()
        contextPath = declaration.context
        switch declaration.work {
        case .none: return nil
        case .image(let image):
            type = Kind.docker.rawValue
            dockerFilePath = image.dockerfile
            imageNames = image.names
            isPushEnabled = image.push ?? !image.names.isEmpty
            noCache = image.noCache
            target = image.target
            arguments = try Self.named(
                .argument, image.arguments, image.secretArguments, texts: texts, of: task)
        case .file(let path, let valuesFile):
            type = Kind.file.rawValue
            taskFilePath = path
            valuesFilePath = valuesFile
            values = try Self.values(declaration, texts: texts, of: task)
        case .steps(let text, let valuesText):
            type = Kind.encoded.rawValue
            encodedTaskContent = Data(text.utf8).base64EncodedString()
            encodedValuesContent = valuesText.map { Data($0.utf8).base64EncodedString() }
            values = try Self.values(declaration, texts: texts, of: task)
        case .command(let command):
            type = Kind.encoded.rawValue
            let text = TaskFileText.text(
                of: command, timeout: declaration.timeout ?? TaskDefinition.standardTimeoutSeconds)
            encodedTaskContent = Data(text.utf8).base64EncodedString()
            values = try Self.values(declaration, texts: texts, of: task)
        }
    }

    private static func values(_ declaration: TaskDeclaration, texts: DeclaredTexts, of task: String)
        throws(CommandError) -> [ArgumentProperties]
    {
        try named(.setValue, declaration.values, declaration.secretValues, texts: texts, of: task)
    }

    private static func named(
        _ kind: ArgumentProperties.Kind, _ plain: [(name: String, value: DeclaredText)],
        _ secret: [(name: String, value: DeclaredText)], texts: DeclaredTexts, of task: String
    ) throws(CommandError) -> [ArgumentProperties] {
        var result: [ArgumentProperties] = []
        for (items, isSecret) in [(plain, false), (secret, true)] {
            for (name, value) in items {
                let text = try texts.secret(value, "'\(name.escapedForDisplay)' \(task)")
                result.append(ArgumentProperties(kind, name: name, value: text, isSecret: isSecret))
            }
        }
        return result
    }
}

extension QueueProperties {
    /// Nil if nothing is said.
    fileprivate init?(_ queue: TaskDeclaration.Queue) {
        self.init(
            priority: queue.priority, retryOnAgentLoss: queue.retryOnAgentLoss, concurrency: queue.concurrency,
            supersedes: queue.supersede)
        if self == QueueProperties() { return nil }
    }
}

extension CredentialsProperties {
    /// Nil if nothing is said.
    fileprivate init?(_ declaration: TaskDeclaration, texts: DeclaredTexts, of task: String) throws(CommandError) {
        let source = SourceRegistry(loginMode: declaration.authMode, identity: declaration.authIdentity)
        guard source != SourceRegistry() || !declaration.credentials.isEmpty else { return nil }
        self.init(sourceRegistry: source == SourceRegistry() ? nil : source)
        for (host, login) in declaration.credentials {
            let what = "for \(host.escapedForDisplay) \(task)"
            let registry = CustomRegistry(
                userName: try texts.object(login.username, "'username' \(what)"),
                password: try texts.object(login.password, "'password' \(what)"), identity: login.identity)
            customRegistries = (customRegistries ?? [:]).merging([host: registry]) { $1 }
        }
    }
}

extension IdentityProperties {
    /// What stands for the system's own identity in a list of them.
    static let system = "[system]"

    /// Nil for none.
    fileprivate init?(_ ids: [String]) {
        guard !ids.isEmpty else { return nil }
        self.init()
        let users = ids.filter { $0.lowercased() != Self.system }
        type = [users.count < ids.count ? "SystemAssigned" : nil, users.isEmpty ? nil : "UserAssigned"]
            .compactMap(\.self).joined(separator: ", ")
        if !users.isEmpty {
            userAssignedIdentities = Dictionary(users.map { ($0, UserIdentity()) }) { first, _ in first }
        }
    }
}
