extension BuildCommand {
    static let short: [Character: String] = [
        "t": "tag", "f": "file", "q": "quiet", "m": "memory", "c": "cpu-shares", "o": "output", "D": "debug",
    ]

    /// All options of `docker build`: of the classic builder (docker 28) and of buildx 0.20.
    static let kinds: [String: CommandOptions.Kind] = {
        var kinds: [String: CommandOptions.Kind] = [:]
        for name in [
            "add-host", "build-arg", "cache-from", "cache-to", "cpu-period", "cpu-quota", "cpu-shares", "cpuset-cpus",
            "cpuset-mems", "file", "isolation", "label", "memory", "memory-swap", "network", "platform", "provenance",
            "sbom", "secret", "shm-size", "ssh", "tag", "target", "ulimit",
            // The log has all of the builder's output, as text.
            "progress",
        ] {
            kinds[name] = .value
        }
        for name in [
            "no-cache",
            // Bases are always asked for, containers of builds never stay, images are always loaded into the daemon, the
            // way of the context is the agent's, and the log has all of the builder's output.
            "pull", "rm", "force-rm", "load", "compress", "quiet", "disable-content-trust", "debug",
        ] {
            kinds[name] = .flag
        }
        for (name, instead) in refused { kinds[name] = .refused(instead) }
        for (name, instead) in refusedFlags { kinds[name] = .refusedFlag(instead) }
        return kinds
    }()

    /// What to do instead.
    private static let refused = [
        "allow": "For the host's network write --network host",
        "annotation": "Use --label",
        "attest": "Images are pushed without attestations",
        "build-context": "Copy what the build needs into its context in a step above",
        "builder": "The builder is the daemon's; leave it out",
        "call": "Leave it out",
        "cgroup-parent": "The agent's limits would not hold there; leave it out",
        "iidfile": "Later steps know the image by its tag",
        "metadata-file": "The log and the run have the digests",
        "no-cache-filter": "Use --no-cache",
        "output": "An image is what a build step makes; copy files out of it with a cmd step",
        "policy": "Leave it out",
        "security-opt": "Leave it out",
    ]

    private static let refusedFlags = [
        "check": "Leave it out",
        "help": "Leave it out",
        "push": "Write a push step",
        "squash": "Use several stages, and COPY --from",
    ]
}
