extension RequestDocument {
    struct Build: Codable, Sendable {
        struct Label: Codable, Sendable {
            var name: String
            var value: String
        }

        /// A name in a registry, or none for one in the image itself.
        struct Cache: Codable, Sendable {
            var image: String?
            var isComplete: Bool

            init(_ target: CacheTarget) {
                switch target {
                case .inline: (image, isComplete) = (nil, false)
                case .registry(let name, let isComplete): (image, self.isComplete) = (name, isComplete)
                }
            }

            var target: CacheTarget { image.map { .registry($0, isComplete: isComplete) } ?? .inline }
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
        // Missing in requests of before there was any of it.
        var buildSecrets: [Value]?
        var sshKeys: [Value]?
        var platforms: [Platform]?
        var cacheSources: [String]?
        var cacheTarget: Cache?
        var transfer: ContextTransfer?
        var sourceDateEpoch: Int64?
        var keptOutput: ImageArchive?

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
            buildSecrets = try build.buildSecrets.map {
                try Value(name: $0.id, value: $0.content, isSecret: true, seal: seal)
            }
            sshKeys = try build.sshKeys.map {
                try Value(name: $0.id, value: $0.privateKey, isSecret: true, seal: seal)
            }
            platforms = build.platforms
            cacheSources = build.cacheSources
            cacheTarget = build.cacheTarget.map(Cache.init)
            transfer = build.transfer
            sourceDateEpoch = build.sourceDateEpoch
            keptOutput = build.keptOutput
        }

        func request(agentPool: String, open: Sealing) throws -> BuildRequest {
            BuildRequest(
                sourceLocation: try common.sourceLocation.map(open), appliesIgnoreFile: common.appliesIgnoreFile,
                includeGit: common.includeGit, imageNames: imageNames, isPushEnabled: isPushEnabled, noCache: noCache,
                dockerFilePath: dockerFilePath, target: target,
                arguments: try arguments.map {
                    BuildArgument(name: $0.name, value: try $0.secret(open: open), isSecret: $0.isSecret)
                },
                buildSecrets: try (buildSecrets ?? []).map {
                    BuildSecret(id: $0.name, content: try $0.secret(open: open))
                },
                sshKeys: try (sshKeys ?? []).map {
                    BuildSSHKey(id: $0.name, privateKey: try $0.secret(open: open))
                },
                labels: labels.map { BuildLabel(name: $0.name, value: $0.value) }, platform: common.platform,
                platforms: platforms ?? [], cacheSources: cacheSources ?? [], cacheTarget: cacheTarget?.target,
                transfer: transfer ?? .files, sourceDateEpoch: sourceDateEpoch, keptOutput: keptOutput,
                cpu: common.cpu, builder: BuilderChoice(rawValue: builder) ?? .buildKit, timeout: common.timeout,
                agentPoolName: agentPool, logTemplate: common.logTemplate, loginMode: common.knownLoginMode,
                customCredentials: try common.customCredentials(open: open),
                vaultLogins: try common.vaultLogins(open: open),
                queue: common.queue ?? QueueSettings())
        }
    }
}
