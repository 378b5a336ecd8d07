public import TaskModel

extension BuildRequest {
    /// Reads a build request from the wire and checks everything that can be checked without looking at the context.
    ///
    /// - Throws: ``InvalidRequest`` naming the field. Codes: `InvalidName` (image, pool, argument, stage),
    ///   `InvalidSourceLocation`, `InvalidPlatform`, `InvalidParameter`.
    public init(_ wire: DockerBuildRequest) throws(InvalidRequest) {
        let imageNames = wire.imageNames ?? []
        let logins = try wire.credentials?.customLogins() ?? CustomLogins()
        let platforms = try Self.checkedPlatforms(wire.platforms ?? [])
        let single = try RequestChecks.platform(wire.platform)
        self.init(
            sourceLocation: try RequestChecks.neededSource(wire.sourceLocation),
            appliesIgnoreFile: wire.appliesIgnoreFile ?? true,
            includeGit: wire.includeGit ?? false,
            imageNames: imageNames,
            isPushEnabled: (wire.isPushEnabled ?? true) && !imageNames.isEmpty,
            noCache: wire.noCache ?? false,
            dockerFilePath: try RequestChecks.path(wire.dockerFilePath, of: "a Dockerfile", field: "dockerFilePath"),
            target: try Self.checkedTarget(wire.target),
            arguments: try Self.checkedArguments(wire.arguments ?? []),
            buildSecrets: try Self.checkedSecrets(wire.secrets ?? []),
            sshKeys: try Self.checkedKeys(wire.sshKeys ?? []),
            labels: try Self.checkedLabels(wire.labels ?? [:]),
            platform: platforms.first ?? single,
            platforms: platforms.count > 1 ? platforms : [],
            cacheSources: try Self.checkedCacheSources(wire.cacheFrom ?? []),
            cacheTarget: try Self.checkedCacheTarget(wire.cacheTo, mode: wire.cacheMode),
            transfer: try Self.checkedTransfer(wire.contextTransfer),
            sourceDateEpoch: try Self.checkedEpoch(wire.sourceDateEpoch),
            keptOutput: try Self.checkedOutput(wire.keptOutput),
            cpu: try RequestChecks.cpu(wire.agentConfiguration),
            builder: try Self.checkedBuilder(wire.builder),
            timeout: try RequestChecks.timeout(wire.timeout),
            agentPoolName: try RequestChecks.pool(wire.agentPoolName),
            logTemplate: try RequestChecks.text(wire.logTemplate, field: "logTemplate"),
            loginMode: try RequestChecks.loginMode(wire.credentials?.sourceRegistry?.loginMode),
            customCredentials: logins.credentials, vaultLogins: logins.inVault,
            queue: try (wire.queue ?? QueueProperties()).checked())
        guard self.platforms.isEmpty || builder == .buildKit else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "The classic builder builds for one platform at a time: leave 'builder' out, or name one.",
                target: "platforms")
        }
        guard self.platforms.isEmpty || keptOutput != .docker else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "A docker archive holds one platform: keep an OCI archive of several.", target: "keptOutput")
        }
        for (index, name) in imageNames.enumerated() { try Self.checkImageName(name, field: "imageNames[\(index)]") }
    }

    static func checkImageName(_ name: String, field: String) throws(InvalidRequest) {
        guard let plain = withoutTemplates(name), !RequestChecks.hasControlCharacters(name) else {
            throw InvalidRequest(
                code: "InvalidName",
                message: "'\(name.escapedForDisplay)' is no image name: every '{{' needs its '}}'.", target: field)
        }
        let reference: ImageReference
        do throws(InvalidName) {
            reference = try ImageReference(plain)
        } catch {
            throw InvalidRequest(
                code: "InvalidName", message: "'\(name.escapedForDisplay)' is no image name: \(error.rule).",
                target: field)
        }
        guard reference.digest == nil else {
            throw InvalidRequest(
                code: "InvalidName",
                message:
                    "'\(name.escapedForDisplay)' can't be given to an image: a digest is what comes out of a build. Give it a tag.",
                target: field)
        }
    }

    /// The text with `x` in place of each template; nil if one is not closed.
    private static func withoutTemplates(_ text: String) -> String? {
        var result = ""
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{") {
            result += rest[..<open.lowerBound] + "x"
            rest = rest[open.upperBound...]
            guard let close = rest.firstRange(of: "}}") else { return nil }
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    static func checkedTarget(_ target: String?) throws(InvalidRequest) -> String? {
        guard let target, !target.isEmpty else { return nil }
        guard target.utf8.count <= 255,
            target.utf8.allSatisfy({ RequestChecks.isAlphanumeric($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f })
        else {
            throw InvalidRequest(
                code: "InvalidName",
                message: "'\(target.escapedForDisplay)' is no build stage: use letters, digits, '-', '_' and '.'.",
                target: "target")
        }
        return target
    }

    static func checkedArguments(_ arguments: [ArgumentProperties]) throws(InvalidRequest)
        -> [BuildArgument]
    {
        var result: [BuildArgument] = []
        for (index, argument) in arguments.enumerated() {
            let isName =
                !argument.name.isEmpty && argument.name.utf8.count <= 255
                && argument.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "=") }
            guard isName else {
                throw InvalidRequest(
                    code: "InvalidName",
                    message: "'\(argument.name.escapedForDisplay)' is no name of a build argument: "
                        + "it must be 1 to 255 characters without blanks and '='.",
                    target: "arguments[\(index)].name")
            }
            let value = argument.value ?? Secret("")
            guard !value.value.utf8.contains(0) else {
                throw InvalidRequest(
                    code: "InvalidParameter",
                    message: "The value of build argument '\(argument.name)' holds a NUL character.",
                    target: "arguments[\(index)].value")
            }
            result.append(BuildArgument(name: argument.name, value: value, isSecret: argument.isSecret))
        }
        return result
    }

    private static func checkedLabels(_ labels: [String: String]) throws(InvalidRequest) -> [BuildLabel] {
        var result: [BuildLabel] = []
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
            let isName =
                !name.isEmpty && name.utf8.count <= 255
                && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "=") }
            guard isName, !value.utf8.contains(0) else {
                throw InvalidRequest(
                    code: "InvalidName",
                    message:
                        "'\(name.escapedForDisplay)' is no label: its name must be 1 to 255 bytes without blanks and '='.",
                    target: "labels")
            }
            result.append(BuildLabel(name: name, value: value))
        }
        return result
    }

    private static func checkedBuilder(_ name: String?) throws(InvalidRequest) -> BuilderChoice {
        switch name?.lowercased() {
        case nil, "buildkit": return .buildKit
        case "classic": return .classic
        default:
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\((name ?? "").escapedForDisplay)' is no builder: use buildkit or classic.",
                target: "builder")
        }
    }
}
