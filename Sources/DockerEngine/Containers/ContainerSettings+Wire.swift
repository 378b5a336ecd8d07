extension ContainerSettings {
    /// The body of `POST /containers/create`.
    ///
    /// The log driver is set here, whatever the daemon's default: `json-file`, which keeps all, so that a container's
    /// output can be read again after its reader has gone. Never a terminal: output and errors stay apart and unchanged.
    var wire: Wire {
        Wire(self)
    }

    struct Wire: Encodable {
        struct Empty: Encodable {}

        struct Endpoint: Encodable {
            let Aliases: [String]
            let MacAddress: String?
        }

        struct Networking: Encodable {
            let EndpointsConfig: [String: Endpoint]
        }

        struct Health: Encodable {
            let Test: [String]?
            let Interval: Int64?
            let Timeout: Int64?
            let StartPeriod: Int64?
            let Retries: Int?

            init(_ check: HealthCheck) {
                switch check.test {
                case .off: Test = ["NONE"]
                case .image: Test = nil
                case .shell(let command): Test = ["CMD-SHELL", command]
                }
                Interval = check.interval?.nanoseconds
                Timeout = check.timeout?.nanoseconds
                StartPeriod = check.startPeriod?.nanoseconds
                Retries = check.retries
            }
        }

        let Image: String
        let Entrypoint: [String]?
        let Cmd: [String]?
        let Env: [String]
        let WorkingDir: String?
        let User: String?
        let Hostname: String?
        let Domainname: String?
        let Labels: [String: String]
        let ExposedPorts: [String: Empty]
        let Tty = false
        let StopSignal: String?
        let StopTimeout: Int64?
        let Healthcheck: Health?
        /// Where daemons before version 25 read it.
        let MacAddress: String?
        let HostConfig: HostWire
        let NetworkingConfig: Networking?

        init(_ settings: ContainerSettings) {
            Image = settings.image
            Entrypoint = settings.entryPoint
            Cmd = settings.command.isEmpty ? nil : settings.command
            Env = settings.environment
            WorkingDir = settings.workingDirectory
            User = settings.user
            Hostname = settings.hostname
            Domainname = settings.domainName
            Labels = settings.labels
            let exposed = settings.exposedPorts + settings.publishedPorts.map(\.port)
            ExposedPorts = Dictionary(exposed.map { ($0.description, Empty()) }) { first, _ in first }
            StopSignal = settings.stopSignal
            StopTimeout = settings.stopTimeout?.components.seconds
            Healthcheck = settings.health.map(Health.init)
            MacAddress = settings.macAddress
            HostConfig = HostWire(settings)
            NetworkingConfig = settings.network.flatMap { network in
                settings.networkAliases.isEmpty
                    ? nil
                    : Networking(EndpointsConfig: [
                        network: Endpoint(Aliases: settings.networkAliases, MacAddress: settings.macAddress)
                    ])
            }
        }
    }
}

/// `HostConfig` of `POST /containers/create`.
struct HostWire: Encodable {
    struct Binding: Encodable {
        let HostIp: String
        let HostPort: String
    }

    struct Log: Encodable {
        let kind = "json-file"
        /// More than any disk has; without it the daemon's own limit for this driver would count.
        let Config = ["max-size": "1000t"]

        private enum CodingKeys: String, CodingKey {
            case kind = "Type"
            case Config
        }
    }

    struct Device: Encodable {
        let PathOnHost: String
        let PathInContainer: String
        let CgroupPermissions: String
    }

    struct DeviceRequest: Encodable {
        let Count: Int
        let Capabilities = [["gpu"]]
    }

    let Mounts: [MountWire]
    let Binds: [String]
    let NetworkMode: String
    let PortBindings: [String: [Binding]]
    let PublishAllPorts: Bool
    let LogConfig = Log()
    let ExtraHosts: [String]
    let Dns: [String]
    let DnsSearch: [String]
    let DnsOptions: [String]
    let GroupAdd: [String]
    let Annotations: [String: String]?
    let ReadonlyRootfs: Bool
    let Init: Bool
    // How much
    let NanoCpus: Int64
    let CpuShares: Int64
    let CpusetCpus: String?
    let CpusetMems: String?
    let Memory: Int64
    let MemoryReservation: Int64
    let MemorySwap: Int64
    let MemorySwappiness: Int64?
    let ShmSize: Int64
    let PidsLimit: Int64
    let BlkioWeight: Int64
    let Ulimits: [UlimitWire]
    // What
    let Privileged: Bool
    let PidMode: String?
    let IpcMode: String?
    let UTSMode: String?
    let UsernsMode: String?
    let CgroupnsMode: String?
    let Devices: [Device]
    let DeviceCgroupRules: [String]
    let DeviceRequests: [DeviceRequest]
    let CapAdd: [String]
    let CapDrop: [String]
    let SecurityOpt: [String]
    let Sysctls: [String: String]
    let OomScoreAdj: Int?

    init(_ settings: ContainerSettings) {
        Mounts = settings.mounts.compactMap(MountWire.init)
        Binds = settings.mounts.compactMap(\.bind)
        NetworkMode = settings.network ?? "default"
        PortBindings = Dictionary(grouping: settings.publishedPorts, by: \.port.description).mapValues { ports in
            ports.map { Binding(HostIp: $0.address, HostPort: $0.hostPort.map(String.init) ?? "") }
        }
        PublishAllPorts = settings.publishesAllPorts
        ExtraHosts = settings.extraHosts
        Dns = settings.dnsServers
        DnsSearch = settings.dnsSearch
        DnsOptions = settings.dnsOptions
        GroupAdd = settings.groups
        Annotations = settings.annotations.isEmpty ? nil : settings.annotations
        ReadonlyRootfs = settings.hasReadOnlyRoot
        Init = settings.hasInit
        let limits = settings.limits
        NanoCpus = limits.nanoCPUs
        CpuShares = limits.cpuShares
        CpusetCpus = limits.cpuSet
        CpusetMems = limits.memoryNodes
        Memory = limits.memory
        MemoryReservation = limits.memoryReservation
        MemorySwap = limits.memorySwap
        MemorySwappiness = limits.memorySwappiness
        ShmSize = limits.sharedMemory
        PidsLimit = limits.pids
        BlkioWeight = limits.blockWeight
        Ulimits = limits.ulimits.map(UlimitWire.init)
        let rights = settings.rights
        Privileged = rights.isPrivileged
        PidMode = rights.pidMode
        IpcMode = rights.ipcMode
        UTSMode = rights.utsMode
        UsernsMode = rights.usernsMode
        CgroupnsMode = rights.cgroupnsMode
        Devices = rights.devices.map {
            Device(PathOnHost: $0.hostPath, PathInContainer: $0.path, CgroupPermissions: $0.permissions)
        }
        DeviceCgroupRules = rights.deviceRules
        DeviceRequests = rights.graphicsProcessors.map { [DeviceRequest(Count: $0)] } ?? []
        CapAdd = rights.addedCapabilities
        CapDrop = rights.droppedCapabilities
        SecurityOpt = rights.securityOptions
        Sysctls = rights.sysctls
        OomScoreAdj = rights.oomScoreAdjustment
    }
}

/// One of `Ulimits`.
struct UlimitWire: Encodable {
    let Name: String
    let Soft: Int64
    let Hard: Int64

    init(_ limit: ProcessLimit) {
        Name = limit.name
        Soft = limit.soft
        Hard = limit.hard
    }
}

/// One of `Mounts`.
struct MountWire: Encodable {
    struct Bind: Encodable {
        let Propagation: String
    }

    struct Volume: Encodable {
        let NoCopy = true
    }

    struct MemoryOptions: Encodable {
        let SizeBytes: Int64?
        let Mode: UInt32?
    }

    let kind: String
    let Source: String?
    let Target: String
    let ReadOnly: Bool
    let BindOptions: Bind?
    let VolumeOptions: Volume?
    let TmpfsOptions: MemoryOptions?

    private enum CodingKeys: String, CodingKey {
        case kind = "Type"
        case Source, Target, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions
    }

    /// Nil for what ``VolumeMount/bind`` says.
    init?(_ mount: VolumeMount) {
        Target = mount.path
        ReadOnly = mount.isReadOnly
        var memory: MemoryOptions?
        switch mount.source {
        case .volume(let name): (kind, Source) = ("volume", name)
        case .anonymous: (kind, Source) = ("volume", nil)
        case .host(_, isMade: true): return nil
        case .host(let path, isMade: false): (kind, Source) = ("bind", path)
        case .memory(let bytes, let mode):
            (kind, Source) = ("tmpfs", nil)
            memory = MemoryOptions(SizeBytes: bytes, Mode: mode)
        }
        TmpfsOptions = memory
        BindOptions = kind == "bind" ? mount.propagation.map { Bind(Propagation: $0) } : nil
        VolumeOptions = kind == "volume" && mount.staysEmpty ? Volume() : nil
    }
}

extension VolumeMount {
    /// One of `Binds`, the older way, in which the daemon makes a path of the host that is not there. Nil for others.
    fileprivate var bind: String? {
        guard case .host(let host, isMade: true) = source else { return nil }
        let options = (isReadOnly ? ["ro"] : []) + (propagation.map { [$0] } ?? [])
        return ([host, path] + (options.isEmpty ? [] : [options.joined(separator: ",")])).joined(separator: ":")
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
