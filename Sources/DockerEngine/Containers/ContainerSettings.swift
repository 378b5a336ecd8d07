/// How a container is made: a step's, or one that only holds volumes.
///
/// What can reach the host (privileged, its network, devices, its folders) has no member here.
public struct ContainerSettings: Sendable, Hashable {
    /// A name or an id that the daemon has.
    public var image: String
    /// Nil is the image's. An entry point given here drops the image's command.
    public var entryPoint: [String]?
    /// Empty is the image's.
    public var command: [String] = []
    /// `NAME=value` each; a later one wins.
    public var environment: [String] = []
    /// Absolute; made if missing. Nil is the image's.
    public var workingDirectory: String?
    /// A name or a number, with `:group` or without. Nil is the image's.
    public var user: String?
    public var hostname: String?
    public var labels: [String: String] = [:]
    public var mounts: [VolumeMount] = []
    public var hostMounts: [HostMount] = []
    /// A network's name or id, or `none`. Nil is the daemon's default bridge, in which names are not resolved.
    public var network: String?
    /// More names in ``network``, which must then be one that was made.
    public var networkAliases: [String] = []
    public var exposedPorts: [ContainerPort] = []
    public var publishedPorts: [PublishedPort] = []
    /// `name:address` each.
    public var extraHosts: [String] = []
    public var droppedCapabilities: [String] = []
    /// In billionths of a processor; 0 is no limit.
    public var nanoCPUs: Int64 = 0
    /// In bytes; 0 is no limit.
    public var memory: Int64 = 0
    /// 0 is no limit.
    public var pidsLimit: Int64 = 0
    public var hasReadOnlyRoot = false
    /// Puts a small init process in front, which reaps children and passes signals on.
    public var hasInit = false

    public init(image: String) {
        self.image = image
    }
}

/// A volume in a container.
public struct VolumeMount: Sendable, Hashable {
    public let volume: String
    /// Absolute, in the container.
    public let path: String

    public init(volume: String, path: String) {
        self.volume = volume
        self.path = path
    }
}

/// A path of the host in a container.
public struct HostMount: Sendable, Hashable {
    public let hostPath: String
    /// Absolute, in the container.
    public let path: String

    public init(hostPath: String, path: String) {
        self.hostPath = hostPath
        self.path = path
    }
}

/// A port of a container, `80/tcp`.
public struct ContainerPort: Sendable, Hashable, CustomStringConvertible {
    public let number: UInt16
    /// `tcp`, `udp` or `sctp`.
    public let transport: String

    public init(_ number: UInt16, transport: String = "tcp") {
        self.number = number
        self.transport = transport
    }

    public var description: String { "\(number)/\(transport)" }
}

/// A port of the host that leads to one of a container.
public struct PublishedPort: Sendable, Hashable {
    public let port: ContainerPort
    /// Of the host; empty is all of its addresses.
    public let address: String
    /// Nil is any that is free.
    public let hostPort: UInt16?

    public init(_ port: ContainerPort, address: String = "", hostPort: UInt16? = nil) {
        self.port = port
        self.address = address
        self.hostPort = hostPort
    }
}
