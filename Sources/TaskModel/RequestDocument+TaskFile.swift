extension RequestDocument {
    struct TaskFile: Codable, Sendable {
        /// A path in the context, or the sealed text.
        struct Source: Codable, Sendable {
            var path: String?
            var sealed: String?

            init(_ source: TaskFileSource, seal: Sealing) throws {
                switch source {
                case .path(let path): self.path = path
                case .content(let text): sealed = try seal(text.value)
                }
            }

            func source(open: Sealing) throws -> TaskFileSource {
                if let sealed { .content(Secret(try open(sealed))) } else { .path(path ?? "") }
            }
        }

        var common: Common
        var taskFile: Source
        var valuesFile: Source?
        var values: [Value]

        init(_ request: TaskFileRequest, seal: Sealing) throws {
            common = try Common(request, seal: seal)
            taskFile = try Source(request.taskFile, seal: seal)
            valuesFile = try request.valuesFile.map { try Source($0, seal: seal) }
            values = try request.values.map {
                try Value(name: $0.name, value: $0.value, isSecret: $0.isSecret, seal: seal)
            }
        }

        func request(agentPool: String, open: Sealing) throws -> TaskFileRequest {
            TaskFileRequest(
                taskFile: try taskFile.source(open: open), valuesFile: try valuesFile?.source(open: open),
                values: try values.map {
                    TaskValue(name: $0.name, value: try $0.secret(open: open), isSecret: $0.isSecret)
                },
                sourceLocation: try common.sourceLocation.map(open), appliesIgnoreFile: common.appliesIgnoreFile,
                includeGit: common.includeGit, platform: common.platform, cpu: common.cpu, timeout: common.timeout,
                agentPoolName: agentPool, logTemplate: common.logTemplate, loginMode: common.knownLoginMode,
                customCredentials: try common.customCredentials(open: open),
                vaultLogins: try common.vaultLogins(open: open),
                queue: common.queue ?? QueueSettings())
        }
    }
}
