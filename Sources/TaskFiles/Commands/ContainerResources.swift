/// How much of the host a command asks for. Nil is the daemon's choice.
public struct ContainerResources: Sendable, Hashable {
    /// In billionths of a processor; from `--cpus`, or `--cpu-quota` and `--cpu-period`.
    public let nanoCPUs: Int64?
    /// Relative to 1,024.
    public let cpuShares: Int64?
    /// `0-3,5`
    public let cpuSet: String?
    public let memoryNodes: String?
    /// In bytes, as all of memory here.
    public let memory: Int64?
    public let memoryReservation: Int64?
    /// With ``memory`` in it; -1 is without limit.
    public let memorySwap: Int64?
    public let memorySwappiness: Int64?
    public let sharedMemory: Int64?
    public let pidsLimit: Int64?
    public let blockWeight: Int64?
    public let ulimits: [Ulimit]

    init(_ line: CommandOptions) throws(CommandProblem) {
        let quota = try line.number("cpu-quota", in: 0...Int64.max, "number of microseconds") ?? 0
        let period = try line.number("cpu-period", in: 0...1_000_000, "number of microseconds up to 1000000") ?? 0
        if let cpus = line.last("cpus") {
            guard quota == 0, period == 0 else { throw .syntax("'--cpus' can't stand beside '--cpu-quota'") }
            nanoCPUs = try CommandAmount.nanoCPUs(cpus)
        } else {
            // The kernel's own period.
            let processors = Double(quota) / Double(period > 0 ? period : 100_000)
            nanoCPUs = quota > 0 ? Int64(min(processors, 100_000) * 1e9) : nil
        }
        cpuShares = try line.number("cpu-shares", in: 0...262_144, "number of shares")
        cpuSet = line.last("cpuset-cpus")
        memoryNodes = line.last("cpuset-mems")
        memory = try line.bytes("memory")
        memoryReservation = try line.bytes("memory-reservation")
        memorySwap = line.last("memory-swap") == "-1" ? -1 : try line.bytes("memory-swap")
        memorySwappiness = try line.number("memory-swappiness", in: -1...100, "number from 0 to 100")
        sharedMemory = try line.bytes("shm-size")
        pidsLimit = try line.number("pids-limit", in: Int64.min...Int64.max, "number of processes")
        blockWeight = try line.number("blkio-weight", in: 0...1000, "number from 10 to 1000")
        ulimits = try line.values("ulimit").map { (text) throws(CommandProblem) in try Ulimit(text) }
    }
}

/// A limit of each process, as `ulimit` of a shell sets it.
public struct Ulimit: Sendable, Hashable {
    /// `nofile`
    public let name: String
    /// -1 is without limit.
    public let soft: Int64
    public let hard: Int64

    private static let names: Set<String> = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]

    /// Reads `name=soft[:hard]`.
    init(_ text: String) throws(CommandProblem) {
        let (name, value) = CommandOptions.pair(text)
        let limits = value.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
        guard Self.names.contains(name), (1...2).contains(limits.count), let soft = limits[0],
            let hard = limits[limits.count - 1], soft >= -1, hard >= -1
        else { throw .syntax("'\(text)' is no limit; write it as in nofile=1024:2048") }
        self.name = name
        self.soft = soft
        self.hard = hard
    }
}
