extension ContainerCommand {
    static let short: [Character: String] = [
        "e": "env", "h": "hostname", "w": "workdir", "u": "user", "p": "publish", "l": "label", "m": "memory",
        "i": "interactive", "t": "tty", "d": "detach", "v": "volume", "P": "publish-all", "c": "cpu-shares",
        "a": "attach", "q": "quiet",
    ]

    /// All options of `docker run` (docker 28).
    static let kinds: [String: CommandOptions.Kind] = {
        var kinds: [String: CommandOptions.Kind] = [:]
        for name in [
            "add-host", "annotation", "blkio-weight", "cap-add", "cap-drop", "cgroupns", "cpu-period", "cpu-quota",
            "cpu-shares", "cpus", "cpuset-cpus", "cpuset-mems", "device", "device-cgroup-rule", "dns", "dns-opt",
            "dns-option", "dns-search", "domainname", "entrypoint", "env", "expose", "gpus", "group-add", "health-cmd",
            "health-interval", "health-retries", "health-start-period", "health-timeout", "hostname", "ipc",
            "isolation", "label", "mac-address", "memory", "memory-reservation", "memory-swap", "memory-swappiness",
            "mount", "net", "net-alias", "network", "network-alias", "oom-score-adj", "pid", "pids-limit", "platform",
            "publish", "pull", "restart", "security-opt", "shm-size", "stop-signal", "stop-timeout", "sysctl", "tmpfs",
            "ulimit", "user", "userns", "uts", "volume", "workdir",
            // Only with a terminal.
            "detach-keys",
        ] {
            kinds[name] = .value
        }
        for name in [
            "detach", "init", "no-healthcheck", "privileged", "publish-all", "read-only",
            // Containers always go with their step unless it says 'keep', have no terminal and nothing to read, and what
            // is pulled is not shown.
            "rm", "interactive", "tty", "quiet", "sig-proxy", "disable-content-trust",
        ] {
            kinds[name] = .flag
        }
        for (name, instead) in refused { kinds[name] = .refused(instead) }
        for (name, instead) in refusedFlags { kinds[name] = .refusedFlag(instead) }
        return kinds
    }()

    /// What to do instead.
    private static let refused = [
        "attach": "Both outputs of a step go to the log; leave it out",
        "blkio-weight-device": "Leave it out",
        "cgroup-parent": "The agent's limits would not hold there; leave it out",
        "cidfile": "Other steps reach the container by the id of this one",
        "cpu-rt-period": "Leave it out", "cpu-rt-runtime": "Leave it out",
        "device-read-bps": "Leave it out", "device-read-iops": "Leave it out", "device-write-bps": "Leave it out",
        "device-write-iops": "Leave it out",
        "env-file": "Write the variables under 'env', or read the file in the step: sh -c '. ./FILE; …'",
        "health-start-interval": "Use --health-interval",
        "ip": "Addresses are the daemon's choice; steps find each other by their ids",
        "ip6": "Addresses are the daemon's choice; steps find each other by their ids",
        "kernel-memory": "It is gone from the kernel; use --memory",
        "label-file": "Use --label",
        "link": "Steps of one network find each other by their ids",
        "link-local-ip": "Addresses are the daemon's choice; steps find each other by their ids",
        "log-driver": "The log of a step is the run's; leave it out",
        "log-opt": "The log of a step is the run's; leave it out",
        "name": "A container has the id of its step; set 'id'",
        "runtime": "The runtime is the daemon's choice; leave it out",
        "storage-opt": "Leave it out",
        "volume-driver": "Volumes of a task are its own; leave it out",
        "volumes-from": "Steps share files in /workspace",
    ]

    private static let refusedFlags = [
        "help": "Leave it out",
        "oom-kill-disable": "A step without memory must end; leave it out",
        "use-api-socket": "Where the pool's policy allows docker-socket, each step has the socket without it",
    ]
}
