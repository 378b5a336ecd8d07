import Foundation
import TaskModel

/// Makes the request of a run out of a task.
struct TaskRequest {
    private let task: TaskDefinition

    init(_ task: TaskDefinition) {
        self.task = task
    }

    /// - Throws: ``TaskServiceError``
    func request(with overrides: TaskOverrides) throws(TaskServiceError) -> RunRequest {
        switch task.step {
        case .docker(let step)?:
            let logins = try customLogins()
            guard overrides.values.isEmpty else { throw .overrideNotFitting("values", task: task.name) }
            return .build(
                BuildRequest(
                    sourceLocation: location(step.context, overrides), imageNames: step.imageNames,
                    isPushEnabled: step.isPushEnabled && !step.imageNames.isEmpty, noCache: step.noCache,
                    dockerFilePath: overrides.file ?? step.dockerFilePath, target: overrides.target ?? step.target,
                    arguments: Self.merged(step.arguments, overrides.arguments, by: \.name), platform: task.platform,
                    cpu: task.cpu, timeout: .seconds(task.timeoutSeconds),
                    agentPoolName: overrides.agentPoolName ?? task.agentPoolName,
                    logTemplate: overrides.logTemplate ?? task.logTemplate,
                    loginMode: task.credentials.loginMode ?? .default, customCredentials: logins.credentials,
                    vaultLogins: logins.inVault, queue: queue(overrides)))
        case .file(let step)?:
            return .taskFile(
                try request(
                    .path(overrides.file ?? step.taskFilePath), valuesFile: step.valuesFilePath.map { .path($0) },
                    values: step.values, context: step.context, overrides))
        case .encoded(let step)?:
            guard overrides.file == nil else { throw .overrideNotFitting("file", task: task.name) }
            return .taskFile(
                try request(
                    .content(step.content), valuesFile: step.valuesContent.map { .content($0) }, values: step.values,
                    context: step.context, overrides))
        case nil: throw .withoutStep(task.name)
        }
    }

    private func request(
        _ taskFile: TaskFileSource, valuesFile: TaskFileSource?, values: [TaskValue], context: TaskContext,
        _ overrides: TaskOverrides
    ) throws(TaskServiceError) -> TaskFileRequest {
        guard overrides.arguments.isEmpty else { throw .overrideNotFitting("build arguments", task: task.name) }
        let logins = try customLogins()
        return TaskFileRequest(
            taskFile: taskFile, valuesFile: valuesFile, values: Self.merged(values, overrides.values, by: \.name),
            sourceLocation: location(context, overrides), platform: task.platform, cpu: task.cpu,
            timeout: .seconds(task.timeoutSeconds), agentPoolName: overrides.agentPoolName ?? task.agentPoolName,
            logTemplate: overrides.logTemplate ?? task.logTemplate, loginMode: task.credentials.loginMode ?? .default,
            customCredentials: logins.credentials, vaultLogins: logins.inVault, queue: queue(overrides))
    }

    private func queue(_ overrides: TaskOverrides) -> QueueSettings {
        var queue = task.queue ?? QueueSettings()
        if let priority = overrides.priority { queue.priority = priority }
        if let retries = overrides.retryOnAgentLoss { queue.retryOnAgentLoss = retries }
        return queue
    }

    /// The context with the task's token as its login, unless it has one of its own.
    private func location(_ context: TaskContext, _ overrides: TaskOverrides) -> String? {
        if let other = overrides.sourceLocation { return other }
        return context.location.map { Self.location($0.value, with: context.accessToken) }
    }

    static func location(_ location: String, with token: Secret?) -> String {
        guard let token = token?.value, !token.isEmpty, location.lowercased().hasPrefix("https://") else {
            return location
        }
        let rest = location.dropFirst("https://".count)
        guard !rest.prefix(while: { $0 != "/" }).contains("@") else { return location }
        return location.prefix("https://".count) + userInfo(token, host: rest.prefix { $0 != "/" }) + "@" + rest
    }

    /// Git servers take a token as the password of nearly any user; Bitbucket wants a certain one. A token may hold its
    /// user itself: `user:password`.
    private static func userInfo(_ token: String, host: Substring) -> String {
        let parts = token.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let standard = host.lowercased().hasSuffix("bitbucket.org") ? "x-token-auth" : "x-access-token"
        let (user, password) = parts.count == 2 ? (parts[0], parts[1]) : (standard, token)
        return escaped(user) + ":" + escaped(password)
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
            ?? ""
    }

    private func customLogins() throws(TaskServiceError) -> CustomLogins {
        var logins = CustomLogins()
        for (host, login) in task.credentials.customRegistries {
            guard let username = login.username, let password = login.password else { continue }
            do throws(InvalidName) {
                try logins.add(host, username: username, password: password)
            } catch {
                throw .invalidLogin(host: host)
            }
        }
        return logins
    }

    private static func merged<Item>(_ items: [Item], _ others: [Item], by name: KeyPath<Item, String>) -> [Item] {
        var result = items
        for other in others {
            if let index = result.firstIndex(where: { $0[keyPath: name] == other[keyPath: name] }) {
                result[index] = other
            } else {
                result.append(other)
            }
        }
        return result
    }
}
