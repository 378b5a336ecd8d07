public import TaskModel

extension BuildRequest {
    /// What a run may ask for at all, in seconds: up to a week. A server usually allows less.
    public static let timeoutRange = 1...604_800

    /// Reads a build request from the wire and checks everything that can be checked without looking at the context.
    ///
    /// - Throws: ``InvalidRequest`` naming the field. Codes: `InvalidName` (image, pool, argument, stage),
    ///   `InvalidSourceLocation`, `InvalidPlatform`, `InvalidParameter`.
    public init(_ wire: DockerBuildRequest) throws(InvalidRequest) {
        let imageNames = wire.imageNames ?? []
        self.init(
            sourceLocation: try Self.checkedSource(wire.sourceLocation),
            appliesIgnoreFile: wire.appliesIgnoreFile ?? true,
            includeGit: wire.includeGit ?? false,
            imageNames: imageNames,
            isPushEnabled: (wire.isPushEnabled ?? true) && !imageNames.isEmpty,
            noCache: wire.noCache ?? false,
            dockerFilePath: try Self.checkedDockerfile(wire.dockerFilePath),
            target: try Self.checkedTarget(wire.target),
            arguments: try Self.checkedArguments(wire.arguments ?? []),
            labels: try Self.checkedLabels(wire.labels ?? [:]),
            platform: try Self.checkedPlatform(wire.platform),
            builder: try Self.checkedBuilder(wire.builder),
            timeout: try Self.checkedTimeout(wire.timeout),
            agentPoolName: try Self.checkedPool(wire.agentPoolName),
            logTemplate: try Self.checkedText(wire.logTemplate, field: "logTemplate"),
            loginMode: try Self.checkedLoginMode(wire.credentials?.sourceRegistry?.loginMode))
        for (index, name) in imageNames.enumerated() { try Self.checkImageName(name, field: "imageNames[\(index)]") }
    }

    private static func checkImageName(_ name: String, field: String) throws(InvalidRequest) {
        guard let plain = withoutTemplates(name), !hasControlCharacters(name) else {
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

    private static func checkedSource(_ source: String?) throws(InvalidRequest) -> String {
        guard let source, !source.isEmpty else {
            throw InvalidRequest(
                code: "InvalidSourceLocation",
                message: "A build needs a context: give a git URL, or the path that an upload was given.",
                target: "sourceLocation")
        }
        guard source.utf8.count <= 4096, !hasControlCharacters(source) else {
            throw InvalidRequest(
                code: "InvalidSourceLocation",
                message: "The source location must be at most 4096 bytes and hold no control characters.",
                target: "sourceLocation")
        }
        return source
    }

    private static func checkedDockerfile(_ path: String?) throws(InvalidRequest) -> String? {
        guard let path, !path.isEmpty else { return nil }
        let leavesRoot = path.split(separator: "/").contains("..")
        guard !path.hasPrefix("/"), !leavesRoot, path.utf8.count <= 4096, !hasControlCharacters(path) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message:
                    "'\(path.escapedForDisplay)' is no path of a Dockerfile: it must be relative to the context and stay inside it.",
                target: "dockerFilePath")
        }
        return path
    }

    private static func checkedTarget(_ target: String?) throws(InvalidRequest) -> String? {
        guard let target, !target.isEmpty else { return nil }
        guard target.utf8.count <= 255,
            target.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f })
        else {
            throw InvalidRequest(
                code: "InvalidName",
                message: "'\(target.escapedForDisplay)' is no build stage: use letters, digits, '-', '_' and '.'.",
                target: "target")
        }
        return target
    }

    private static func checkedArguments(_ arguments: [DockerBuildRequest.Argument]) throws(InvalidRequest)
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
            guard !argument.value.value.utf8.contains(0) else {
                throw InvalidRequest(
                    code: "InvalidParameter",
                    message: "The value of build argument '\(argument.name)' holds a NUL character.",
                    target: "arguments[\(index)].value")
            }
            result.append(BuildArgument(name: argument.name, value: argument.value, isSecret: argument.isSecret))
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

    private static func checkedPlatform(_ wire: PlatformProperties?) throws(InvalidRequest) -> Platform {
        guard let wire, let os = wire.os, !os.isEmpty else { return .linuxAMD64 }
        let platform = Platform(
            os: os.lowercased(), architecture: wire.architecture?.lowercased() ?? "amd64",
            variant: wire.variant?.lowercased())
        guard platform.isKnown else {
            throw InvalidRequest(
                code: "InvalidPlatform",
                message:
                    "'\(platform.description.escapedForDisplay)' is no platform: use \(Platform.knownSystems.joined(separator: " or ")), "
                    + "then one of \(Platform.knownArchitectures.joined(separator: ", ")), "
                    + "then if need be one of \(Platform.knownVariants.joined(separator: ", ")).",
                target: "platform")
        }
        return platform
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

    private static func checkedTimeout(_ seconds: Int?) throws(InvalidRequest) -> Duration? {
        guard let seconds else { return nil }
        guard timeoutRange.contains(seconds) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message:
                    "A timeout of \(seconds) s is out of range: use \(timeoutRange.lowerBound) to \(timeoutRange.upperBound) seconds.",
                target: "timeout")
        }
        return .seconds(seconds)
    }

    private static func checkedPool(_ name: String?) throws(InvalidRequest) -> String? {
        guard let name, !name.isEmpty else { return nil }
        guard name.utf8.count <= 20, name.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x2d }) else {
            throw InvalidRequest(
                code: "InvalidName",
                message: "'\(name.escapedForDisplay)' is no agent pool: use 1 to 20 letters, digits and '-'.",
                target: "agentPoolName")
        }
        return name
    }

    private static func checkedText(_ text: String?, field: String) throws(InvalidRequest) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= 1024, !hasControlCharacters(text) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "\(field) must be at most 1024 bytes and hold no control characters.", target: field)
        }
        return text
    }

    private static func checkedLoginMode(_ text: String?) throws(InvalidRequest) -> RegistryLoginMode {
        switch text?.lowercased() {
        case nil, "default": return .default
        case "none": return .none
        default:
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\((text ?? "").escapedForDisplay)' is no login mode: use Default or None.",
                target: "credentials.sourceRegistry.loginMode")
        }
    }

    private static func hasControlCharacters(_ text: String) -> Bool {
        text.utf8.contains { $0 < 0x20 || $0 == 0x7f }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
}
