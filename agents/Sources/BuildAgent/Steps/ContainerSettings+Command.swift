import DockerEngine
import TaskFiles
import TaskModel

extension ContainerSettings {
    /// The most processes of a step.
    static let maxProcesses: Int64 = 4_096

    /// What a command asks for, within the limits of a policy. Its network has the name that is written, and its labels,
    /// volumes and aliases are the command's own alone.
    ///
    /// - Parameters:
    ///   - image: what the daemon knows the command's image by.
    ///   - workspaceVolume: the volume behind ``ContainerCommand/workspace``.
    init(_ command: ContainerCommand, image: String, workspaceVolume: String, policy: PoolPolicy) {
        self.init(image: image)
        entryPoint = command.entryPoint.map { [$0] }
        self.command = command.arguments
        environment = command.environment
        workingDirectory = command.workingDirectory
        user = command.user
        groups = command.groups
        hostname = command.hostname
        domainName = command.domainName
        labels = command.labels
        annotations = command.annotations
        mounts = command.mounts.map { VolumeMount($0, workspaceVolume: workspaceVolume) }
        hasReadOnlyRoot = command.hasReadOnlyRoot
        hasInit = command.hasInit
        stopSignal = command.stopSignal
        stopTimeout = command.stopTimeout
        health = command.health.map(HealthCheck.init)
        setNetworking(command.networking)
        limits = ContainerLimits(command.resources)
        limits.pids = limits.pids > 0 ? min(limits.pids, Self.maxProcesses) : Self.maxProcesses
        limits.cap(by: policy)
        rights = ContainerRights(command.access)
        if policy.noNewPrivileges {
            rights.securityOptions.removeAll { $0.hasPrefix("no-new-privileges") }
            rights.securityOptions.append("no-new-privileges")
        }
    }

    private mutating func setNetworking(_ networking: ContainerNetworking) {
        network = networking.network
        networkAliases = networking.aliases
        macAddress = networking.macAddress
        exposedPorts = networking.exposedPorts.map { ContainerPort($0.port, transport: $0.transport) }
        publishedPorts = networking.publishedPorts.map {
            PublishedPort(
                ContainerPort($0.port, transport: $0.transport), address: $0.address, hostPort: $0.hostPort)
        }
        publishesAllPorts = networking.publishesAll
        extraHosts = networking.extraHosts
        dnsServers = networking.dnsServers
        dnsSearch = networking.dnsSearch
        dnsOptions = networking.dnsOptions
    }

    /// Adds volumes of the run. Where the command has something at the same place, that stays.
    mutating func addMounts(_ more: [VolumeMount]) {
        let taken = Set(mounts.map(\.path))
        mounts = more.filter { !taken.contains($0.path) } + mounts
    }
}

extension VolumeMount {
    fileprivate init(_ mount: ContainerMount, workspaceVolume: String) {
        let source: Source =
            switch mount.source {
            case .workspace: .volume(workspaceVolume)
            case .volume(let name): .volume(name)
            case .anonymous: .anonymous
            case .host(let path): .host(path, isMade: mount.isMade)
            case .memory(let bytes, let mode): .memory(bytes: bytes, mode: mode)
            }
        self.init(source, path: ContainerCommand.folder(mount.path))
        isReadOnly = mount.isReadOnly
        staysEmpty = mount.staysEmpty
        propagation = mount.propagation
    }
}

extension HealthCheck {
    fileprivate init(_ health: ContainerHealth) {
        self.init(health.isOff ? .off : health.command.map { .shell($0) } ?? .image)
        interval = health.interval
        timeout = health.timeout
        startPeriod = health.startPeriod
        retries = health.retries
    }
}

extension ContainerLimits {
    init(_ resources: ContainerResources) {
        self.init()
        nanoCPUs = resources.nanoCPUs ?? 0
        cpuShares = resources.cpuShares ?? 0
        cpuSet = resources.cpuSet
        memoryNodes = resources.memoryNodes
        memory = resources.memory ?? 0
        memoryReservation = resources.memoryReservation ?? 0
        memorySwap = resources.memorySwap ?? 0
        memorySwappiness = resources.memorySwappiness == -1 ? nil : resources.memorySwappiness
        sharedMemory = resources.sharedMemory ?? 0
        pids = max(0, resources.pidsLimit ?? 0)
        blockWeight = resources.blockWeight ?? 0
        ulimits = resources.ulimits.map { ProcessLimit(name: $0.name, soft: $0.soft, hard: $0.hard) }
    }

    /// Keeps processors and memory within what a policy gives to a step. Swap is then at most as much again as memory,
    /// which is the daemon's own choice.
    mutating func cap(by policy: PoolPolicy) {
        if let most = policy.stepNanoCPUs { nanoCPUs = nanoCPUs > 0 ? min(nanoCPUs, most) : most }
        guard let most = policy.stepMemory else { return }
        memory = memory > 0 ? min(memory, most) : most
        memoryReservation = min(memoryReservation, memory)
        guard memorySwap != 0 else { return }
        memorySwap = memorySwap < 0 ? 2 * memory : min(max(memorySwap, memory), 2 * memory)
    }
}

extension ContainerRights {
    fileprivate init(_ access: ContainerAccess) {
        self.init()
        isPrivileged = access.isPrivileged
        pidMode = access.pidMode
        ipcMode = access.ipcMode
        utsMode = access.utsMode
        usernsMode = access.usernsMode
        cgroupnsMode = access.cgroupnsMode
        devices = access.devices.map { Device(hostPath: $0.hostPath, path: $0.path, permissions: $0.permissions) }
        deviceRules = access.deviceRules
        graphicsProcessors = access.graphicsProcessors
        addedCapabilities = access.addedCapabilities
        droppedCapabilities = access.droppedCapabilities
        securityOptions = access.securityOptions
        sysctls = access.sysctls
        oomScoreAdjustment = access.oomScoreAdjustment
    }
}
