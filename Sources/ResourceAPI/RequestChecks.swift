import TaskModel

/// Checks of fields that several kinds of requests and tasks have. Each throws ``InvalidRequest`` naming the field.
enum RequestChecks {
    static func neededSource(_ source: String?) throws(InvalidRequest) -> String {
        guard let source = try self.source(source) else {
            throw InvalidRequest(
                code: "InvalidSourceLocation",
                message: "A build needs a context: give a git URL, or the path that an upload was given.",
                target: "sourceLocation")
        }
        return source
    }

    static func source(_ source: String?) throws(InvalidRequest) -> String? {
        guard let source, !source.isEmpty else { return nil }
        guard source.utf8.count <= 4096, !hasControlCharacters(source) else {
            throw InvalidRequest(
                code: "InvalidSourceLocation",
                message: "The source location must be at most 4096 bytes and hold no control characters.",
                target: "sourceLocation")
        }
        return source
    }

    static func platform(_ wire: PlatformProperties?, field: String = "platform") throws(InvalidRequest) -> Platform {
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
                target: field)
        }
        return platform
    }

    static func timeout(_ seconds: Int?) throws(InvalidRequest) -> Duration? {
        guard let seconds else { return nil }
        guard ResourceLimits.timeoutRange.contains(seconds) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message:
                    "A timeout of \(seconds) s is out of range: use \(ResourceLimits.timeoutRange.lowerBound) to \(ResourceLimits.timeoutRange.upperBound) seconds.",
                target: "timeout")
        }
        return .seconds(seconds)
    }

    static func pool(_ name: String?) throws(InvalidRequest) -> String? {
        guard let name, !name.isEmpty else { return nil }
        guard name.utf8.count <= 20, name.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x2d }) else {
            throw InvalidRequest(
                code: "InvalidName",
                message: "'\(name.escapedForDisplay)' is no agent pool: use 1 to 20 letters, digits and '-'.",
                target: "agentPoolName")
        }
        return name
    }

    static func text(_ text: String?, field: String) throws(InvalidRequest) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count <= 1024, !hasControlCharacters(text) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "\(field) must be at most 1024 bytes and hold no control characters.", target: field)
        }
        return text
    }

    static func loginMode(_ text: String?) throws(InvalidRequest) -> RegistryLoginMode {
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

    static func hasControlCharacters(_ text: String) -> Bool {
        text.utf8.contains { $0 < 0x20 || $0 == 0x7f }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    /// - Parameter kind: what the path leads to, for the message: `a Dockerfile`.
    static func path(_ path: String?, of kind: String, field: String) throws(InvalidRequest) -> String? {
        guard let path, !path.isEmpty else { return nil }
        let leavesRoot = path.split(separator: "/").contains("..")
        guard !path.hasPrefix("/"), !leavesRoot, path.utf8.count <= 4096, !hasControlCharacters(path) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\(path.escapedForDisplay)' is no path of \(kind): it must be relative to the context and "
                    + "stay inside it.",
                target: field)
        }
        return path
    }

    static func cpu(_ configuration: AgentConfiguration?) throws(InvalidRequest) -> Int? {
        guard let cpu = configuration?.cpu else { return nil }
        guard (1...256).contains(cpu) else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "\(cpu) processors can't be asked for: use 1 to 256.",
                target: "agentConfiguration.cpu")
        }
        return cpu
    }
}
