/// How a container is made: a step's, or one that only holds volumes.
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
    /// More groups of its program, names or numbers.
    public var groups: [String] = []
    public var hostname: String?
    public var domainName: String?
    public var labels: [String: String] = [:]
    /// For the runtime. Daemons before version 24 ignore them.
    public var annotations: [String: String] = [:]
    public var mounts: [VolumeMount] = []
    /// A network's name or id, `none`, `host` or `container:NAME`. Nil is the daemon's default bridge, in which names
    /// are not resolved.
    public var network: String?
    /// More names in ``network``, which must then be one that was made.
    public var networkAliases: [String] = []
    public var macAddress: String?
    public var exposedPorts: [ContainerPort] = []
    public var publishedPorts: [PublishedPort] = []
    /// Publishes what the image exposes at free ports of the host.
    public var publishesAllPorts = false
    /// `name:address` each.
    public var extraHosts: [String] = []
    /// Empty is the daemon's, as the two below.
    public var dnsServers: [String] = []
    public var dnsSearch: [String] = []
    public var dnsOptions: [String] = []
    public var limits = ContainerLimits()
    public var rights = ContainerRights()
    public var health: HealthCheck?
    public var hasReadOnlyRoot = false
    /// Puts a small init process in front, which reaps children and passes signals on.
    public var hasInit = false
    /// Nil is the image's.
    public var stopSignal: String?
    /// How long the program may take to end by itself; nil is the daemon's choice.
    public var stopTimeout: Duration?

    public init(image: String) {
        self.image = image
    }
}

/// What of the host a container, or a step of a build, may use up.
public struct ContainerLimits: Sendable, Hashable {
    /// In billionths of a processor; 0 is no limit.
    public var nanoCPUs: Int64 = 0
    /// Relative to 1,024; 0 is that.
    public var cpuShares: Int64 = 0
    /// `0-3,5`; nil is all.
    public var cpuSet: String?
    public var memoryNodes: String?
    /// In bytes, as all of memory here; 0 is no limit.
    public var memory: Int64 = 0
    public var memoryReservation: Int64 = 0
    /// With ``memory`` in it; -1 is no limit, 0 as much again as memory.
    public var memorySwap: Int64 = 0
    /// Nil is the daemon's choice.
    public var memorySwappiness: Int64?
    /// Of `/dev/shm`; 0 is the daemon's choice.
    public var sharedMemory: Int64 = 0
    /// 0 is no limit.
    public var pids: Int64 = 0
    public var blockWeight: Int64 = 0
    public var ulimits: [ProcessLimit] = []

    public init() {}
}

/// A limit of each process in a container, as `ulimit` sets it.
public struct ProcessLimit: Sendable, Hashable {
    /// `nofile`
    public let name: String
    /// -1 is no limit.
    public let soft: Int64
    public let hard: Int64

    public init(name: String, soft: Int64, hard: Int64) {
        self.name = name
        self.soft = soft
        self.hard = hard
    }
}

/// What a container may do; all of it stays within the container unless something is set here.
public struct ContainerRights: Sendable, Hashable {
    /// A device of the host.
    public struct Device: Sendable, Hashable {
        public let hostPath: String
        public let path: String
        /// Of `r`, `w` and `m`.
        public let permissions: String

        public init(hostPath: String, path: String, permissions: String) {
            self.hostPath = hostPath
            self.path = path
            self.permissions = permissions
        }
    }

    public var isPrivileged = false
    /// `host`, or `container:NAME` and the like; nil is the container's own.
    public var pidMode: String?
    public var ipcMode: String?
    public var utsMode: String?
    public var usernsMode: String?
    public var cgroupnsMode: String?
    public var devices: [Device] = []
    public var deviceRules: [String] = []
    /// -1 is all, nil none.
    public var graphicsProcessors: Int?
    public var addedCapabilities: [String] = []
    public var droppedCapabilities: [String] = []
    /// `no-new-privileges`, `seccomp=unconfined`.
    public var securityOptions: [String] = []
    public var sysctls: [String: String] = [:]
    public var oomScoreAdjustment: Int?

    public init() {}
}

/// How the daemon looks whether a container is well.
public struct HealthCheck: Sendable, Hashable {
    public enum Test: Sendable, Hashable {
        /// Looks at nothing.
        case off
        /// As the image says.
        case image
        /// For a shell in the container.
        case shell(String)
    }

    public var test: Test
    /// Nil is the image's, or the daemon's choice.
    public var interval: Duration?
    public var timeout: Duration?
    public var startPeriod: Duration?
    public var retries: Int?

    public init(_ test: Test) {
        self.test = test
    }
}

/// A volume in a container, or something else that takes the place of a folder there.
public struct VolumeMount: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// By name; made if the daemon has none.
        case volume(String)
        /// A new volume, which goes with the container.
        case anonymous
        /// A path of the host, made if it is not there and that is wanted.
        case host(String, isMade: Bool)
        /// Nil is the daemon's choice.
        case memory(bytes: Int64?, mode: UInt32?)
    }

    public let source: Source
    /// Absolute, in the container.
    public let path: String
    public var isReadOnly = false
    /// Whether a new volume stays empty where the image has files.
    public var staysEmpty = false
    /// `rshared` and its like, for a path of the host.
    public var propagation: String?

    public init(_ source: Source, path: String) {
        self.source = source
        self.path = path
    }

    public init(volume: String, path: String) {
        self.init(.volume(volume), path: path)
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
