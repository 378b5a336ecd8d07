import TaskModel

/// What a command asks for beyond a container of its own.
public struct ContainerAccess: Sendable, Hashable {
    public let isPrivileged: Bool
    /// `host`, or `container:NAME` and the like; nil is the container's own, as below.
    public let pidMode: String?
    public let ipcMode: String?
    public let utsMode: String?
    public let usernsMode: String?
    public let cgroupnsMode: String?
    public let devices: [ContainerDevice]
    public let deviceRules: [String]
    /// The graphics processors that `--gpus` asks for; -1 for all, nil for none.
    public let graphicsProcessors: Int?
    public let addedCapabilities: [String]
    public let droppedCapabilities: [String]
    /// As the daemon reads them: `no-new-privileges`, `seccomp=unconfined`.
    public let securityOptions: [String]
    public let sysctls: [String: String]
    public let oomScoreAdjustment: Int?

    init(_ line: CommandOptions) throws(CommandProblem) {
        isPrivileged = line.isOn("privileged")
        pidMode = try Self.mode(line, "pid", free: [])
        ipcMode = try Self.mode(line, "ipc", free: ["none", "private", "shareable"])
        utsMode = try Self.mode(line, "uts", free: [])
        usernsMode = try Self.mode(line, "userns", free: [])
        cgroupnsMode = try Self.mode(line, "cgroupns", free: ["private"])
        devices = try line.values("device").map { (text) throws(CommandProblem) in try ContainerDevice(text) }
        deviceRules = line.values("device-cgroup-rule")
        graphicsProcessors = try line.last("gpus").map { (text) throws(CommandProblem) in
            if text == "all" { return -1 }
            guard let count = Int(text), count > 0 else {
                throw .unsupported("'--gpus \(text)'. 'all' and numbers are")
            }
            return count
        }
        addedCapabilities = line.values("cap-add")
        droppedCapabilities = line.values("cap-drop")
        securityOptions = try line.values("security-opt").map { (text) throws(CommandProblem) in
            try Self.securityOption(text)
        }
        sysctls = Dictionary(line.pairs("sysctl").map { ($0.name, $0.value) }) { _, last in last }
        for name in sysctls.keys.sorted() where !Self.isOfContainer(name) {
            throw .unsupported(
                "the setting '\(name)' of the kernel. Those that a container has for itself are: net.…, "
                    + "kernel.msg…, kernel.sem, kernel.shm…, fs.mqueue.…")
        }
        oomScoreAdjustment = try line.number("oom-score-adj", in: 0...1000, "number from 0 to 1000").map(Int.init)
    }

    private static func mode(_ line: CommandOptions, _ name: String, free: Set<String>) throws(CommandProblem)
        -> String?
    {
        guard let mode = line.last(name), !mode.isEmpty else { return nil }
        guard free.contains(mode) || mode == "host" || mode.hasPrefix("container:") else {
            throw .syntax("'\(mode)' is nothing for '--\(name)'")
        }
        return mode
    }

    private static func securityOption(_ text: String) throws(CommandProblem) -> String {
        // An older form has a colon.
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "=" || $0 == ":" }
        let name = parts.first ?? ""
        let value = parts.count > 1 ? parts[1] : nil
        switch (name, value) {
        case ("no-new-privileges", nil), ("no-new-privileges", "true"), ("no-new-privileges", "false"): return text
        case ("seccomp", "unconfined"), ("seccomp", "builtin"), ("apparmor", _?), ("label", _?):
            return "\(name)=\(value ?? "")"
        case ("seccomp", _?): throw .unsupported("'\(text)', which is a file. Agents have no profiles of their own")
        default: throw .unsupported("the security option '\(text)'. no-new-privileges, seccomp, apparmor and label are")
        }
    }

    /// Whether a setting of the kernel is one of the container alone, by docker's own list.
    private static func isOfContainer(_ name: String) -> Bool {
        ["net.", "kernel.msg", "kernel.shm", "fs.mqueue."].contains { name.hasPrefix($0) } || name == "kernel.sem"
    }

    var needs: [StepNeed] {
        var needs: [StepNeed] = []
        if isPrivileged { needs.append(StepNeed(.privileged, "'--privileged'")) }
        for option in securityOptions where !option.hasPrefix("no-new-privileges") && option != "seccomp=builtin" {
            needs.append(StepNeed(.privileged, "the security option '\(option)'"))
        }
        let modes = [
            ("pid", pidMode), ("ipc", ipcMode), ("uts", utsMode), ("userns", usernsMode), ("cgroupns", cgroupnsMode),
        ]
        for (name, mode) in modes {
            guard let mode, mode == "host" || mode.hasPrefix("container:") else { continue }
            needs.append(StepNeed(.hostNamespaces, "'--\(name) \(mode)'"))
        }
        for device in devices { needs.append(StepNeed(.devices, "the device '\(device.hostPath)'")) }
        for rule in deviceRules { needs.append(StepNeed(.devices, "'--device-cgroup-rule \(rule)'")) }
        if graphicsProcessors != nil { needs.append(StepNeed(.devices, "'--gpus'")) }
        // IPv6 is off in networks that runs share, which keeps their containers apart.
        for name in sysctls.keys.sorted() where name.hasPrefix("net.ipv6.") {
            needs.append(StepNeed(.hostNetwork, "the setting '\(name)' of the kernel"))
        }
        for capability in addedCapabilities {
            needs.append(StepNeed(.addedCapabilities, "the capability '\(capability)'"))
        }
        return needs
    }
}

/// A device of the host in a container.
public struct ContainerDevice: Sendable, Hashable {
    public let hostPath: String
    public let path: String
    /// Of `r`, `w` and `m`.
    public let permissions: String

    /// Reads `host[:container][:permissions]`.
    init(_ text: String) throws(CommandProblem) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        func isPermissions(_ text: String) -> Bool { !text.isEmpty && text.allSatisfy("rwm".contains) }
        guard parts.count <= 3, parts[0].hasPrefix("/") else { throw .syntax("'\(text)' is no device") }
        hostPath = parts[0]
        switch parts.count {
        case 2 where isPermissions(parts[1]): (path, permissions) = (parts[0], parts[1])
        case 2: (path, permissions) = (parts[1], "rwm")
        case 3 where isPermissions(parts[2]): (path, permissions) = (parts[1], parts[2])
        case 1: (path, permissions) = (parts[0], "rwm")
        default: throw .syntax("'\(text)' is no device")
        }
    }
}
