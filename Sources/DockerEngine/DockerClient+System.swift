/// The daemon's own version: `GET /version`.
public struct DaemonVersion: Sendable, Hashable, Decodable {
    public let version: String
    public let apiVersion: String
    public let os: String
    public let architecture: String
    public let kernelVersion: String?

    private enum CodingKeys: String, CodingKey {
        case version = "Version"
        case apiVersion = "ApiVersion"
        case os = "Os"
        case architecture = "Arch"
        case kernelVersion = "KernelVersion"
    }
}

/// What a daemon has and how it is set up: `GET /info`.
public struct DaemonInfo: Sendable, Hashable, Decodable {
    /// Stays the same as long as the daemon keeps its data.
    public let id: String
    public let name: String
    public let serverVersion: String
    public let osType: String
    /// As the kernel spells it: `x86_64`, `aarch64`.
    public let architecture: String
    public let processors: Int
    /// In bytes.
    public let memory: Int64
    public let rootFolder: String
    public let storageDriver: String
    /// Whether containers go on while it is restarted (`live-restore`); nil if it does not say.
    public let keepsContainers: Bool?

    private enum CodingKeys: String, CodingKey {
        case id = "ID"
        case name = "Name"
        case serverVersion = "ServerVersion"
        case osType = "OSType"
        case architecture = "Architecture"
        case processors = "NCPU"
        case memory = "MemTotal"
        case rootFolder = "DockerRootDir"
        case storageDriver = "Driver"
        case keepsContainers = "LiveRestoreEnabled"
    }
}

extension DockerClient {
    /// `GET /version`
    public func version() async throws -> DaemonVersion {
        try await fetch(EngineCall("tell its version", "GET", "/version"), as: DaemonVersion.self)
    }

    /// `GET /info`
    public func info() async throws -> DaemonInfo {
        try await fetch(EngineCall("describe itself", "GET", "/info"), as: DaemonInfo.self)
    }
}
