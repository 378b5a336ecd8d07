import Foundation
import TaskModel

/// A run's request as it stands in the database: JSON, with what is secret encrypted.
struct StoredRequest: Codable {
    struct Argument: Codable {
        var name: String
        /// Of a plain argument.
        var value: String?
        /// Of a secret one.
        var sealed: String?
    }

    struct Label: Codable {
        var name: String
        var value: String
    }

    /// Sealed, since it may hold a token as user info or a signature as its query.
    var sourceLocation: String?
    /// Of requests that were stored before there were these, nil: true and false.
    var appliesIgnoreFile: Bool?
    var includeGit: Bool?
    var imageNames: [String]
    var isPushEnabled: Bool
    var noCache: Bool
    var dockerFilePath: String?
    var target: String?
    var arguments: [Argument]
    var labels: [Label]
    var os: String
    var architecture: String?
    var variant: String?
    var builder: String
    var timeoutSeconds: Int64?
    var logTemplate: String?
    var loginMode: String

    private static let purpose = "run-request"

    init(_ request: RunRequest, box: SecretBox) throws {
        let build =
            switch request {
            case .build(let build): build
            }
        sourceLocation = try build.sourceLocation.map { try box.seal($0, for: Self.purpose) }
        appliesIgnoreFile = build.appliesIgnoreFile
        includeGit = build.includeGit
        imageNames = build.imageNames
        isPushEnabled = build.isPushEnabled
        noCache = build.noCache
        dockerFilePath = build.dockerFilePath
        target = build.target
        arguments = try build.arguments.map { argument in
            argument.isSecret
                ? Argument(
                    name: argument.name, value: nil, sealed: try box.seal(argument.value.value, for: Self.purpose))
                : Argument(name: argument.name, value: argument.value.value, sealed: nil)
        }
        labels = build.labels.map { Label(name: $0.name, value: $0.value) }
        os = build.platform.os
        architecture = build.platform.architecture
        variant = build.platform.variant
        builder = build.builder.rawValue
        timeoutSeconds = build.timeout?.components.seconds
        logTemplate = build.logTemplate
        loginMode = build.loginMode.rawValue
    }

    func request(agentPool: String, box: SecretBox) throws -> RunRequest {
        .build(
            BuildRequest(
                sourceLocation: try sourceLocation.map { try box.open($0, for: Self.purpose) },
                appliesIgnoreFile: appliesIgnoreFile ?? true, includeGit: includeGit ?? false,
                imageNames: imageNames, isPushEnabled: isPushEnabled, noCache: noCache, dockerFilePath: dockerFilePath,
                target: target,
                arguments: try arguments.map { argument in
                    BuildArgument(
                        name: argument.name,
                        value: Secret(
                            try argument.sealed.map { try box.open($0, for: Self.purpose) } ?? argument.value ?? ""),
                        isSecret: argument.sealed != nil)
                },
                labels: labels.map { BuildLabel(name: $0.name, value: $0.value) },
                platform: Platform(os: os, architecture: architecture, variant: variant),
                builder: BuilderChoice(rawValue: builder) ?? .buildKit, timeout: timeoutSeconds.map { .seconds($0) },
                agentPoolName: agentPool,
                logTemplate: logTemplate, loginMode: RegistryLoginMode(rawValue: loginMode) ?? .default))
    }
}
