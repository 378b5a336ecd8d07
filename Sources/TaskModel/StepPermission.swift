/// What a step can ask for that reaches beyond its own container. Each is denied unless the pool's policy allows it.
public enum StepPermission: String, Sendable, Hashable, CaseIterable, Codable {
    /// The daemon's socket in each step, and lines of `cmd` that need a shell.
    case dockerSocket = "docker-socket"
    case privileged
    /// The host's network, and networks that the run did not make.
    case hostNetwork = "host-network"
    /// The host's process, IPC, UTS and user namespaces.
    case hostNamespaces = "host-namespaces"
    /// Folders of the host, and volumes that the run did not make.
    case hostPaths = "host-paths"
    case devices
    case addedCapabilities = "added-capabilities"
}
