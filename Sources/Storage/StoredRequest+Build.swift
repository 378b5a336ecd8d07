import TaskModel

extension StoredRequest {
    struct Build: Codable {
        struct Label: Codable {
            var name: String
            var value: String
        }

        var common: Common
        var imageNames: [String]
        var isPushEnabled: Bool
        var noCache: Bool
        var dockerFilePath: String?
        var target: String?
        var arguments: [Value]
        var labels: [Label]
        var builder: String

        init(_ build: BuildRequest, seal: Sealing) throws {
            common = try Common(build, seal: seal)
            imageNames = build.imageNames
            isPushEnabled = build.isPushEnabled
            noCache = build.noCache
            dockerFilePath = build.dockerFilePath
            target = build.target
            arguments = try build.arguments.map {
                try Value(name: $0.name, value: $0.value, isSecret: $0.isSecret, seal: seal)
            }
            labels = build.labels.map { Label(name: $0.name, value: $0.value) }
            builder = build.builder.rawValue
        }

        func request(agentPool: String, open: Sealing) throws -> BuildRequest {
            BuildRequest(
                sourceLocation: try common.sourceLocation.map(open), appliesIgnoreFile: common.appliesIgnoreFile,
                includeGit: common.includeGit, imageNames: imageNames, isPushEnabled: isPushEnabled, noCache: noCache,
                dockerFilePath: dockerFilePath, target: target,
                arguments: try arguments.map {
                    BuildArgument(name: $0.name, value: try $0.secret(open: open), isSecret: $0.isSecret)
                },
                labels: labels.map { BuildLabel(name: $0.name, value: $0.value) }, platform: common.platform,
                cpu: common.cpu, builder: BuilderChoice(rawValue: builder) ?? .buildKit, timeout: common.timeout,
                agentPoolName: agentPool, logTemplate: common.logTemplate, loginMode: common.knownLoginMode,
                customCredentials: try common.customCredentials(open: open),
                vaultLogins: try common.vaultLogins(open: open))
        }
    }
}
