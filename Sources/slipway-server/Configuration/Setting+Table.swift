import TaskModel

extension Setting {
    /// Every setting there is. What is not here is refused in a configuration file.
    static let all: [Setting] =
        general + tls + registries + credentials + pools + builds + steps + sources + forges + proxy + leases
        + imageTriggers + limits
        + log

    private static let general = [
        Setting(
            "config", environment: "SLIPWAY_CONFIG", flag: "--config", isInFile: false,
            "The YAML file with these settings."),
        Setting(
            "data", default: .value("/var/lib/slipway"), unit: "folder", environment: "SLIPWAY_DATA", flag: "--data",
            "Where the server keeps everything: database, logs, uploads, keys. Made at the first start."),
        Setting(
            "listen", default: .value("127.0.0.1:8443"), unit: "host:port", environment: "SLIPWAY_LISTEN",
            flag: "--listen",
            "The address the server answers on, with HTTPS."),
        Setting(
            "publicURL", default: .computed("`https://` and `listen`"), unit: "URL", environment: "SLIPWAY_PUBLIC_URL",
            flag: "--public-url", "How clients reach the server: the start of every link it makes. It has no path."),
    ]

    private static let tls = [
        Setting(
            "tls.names", .list, unit: "host names, addresses", environment: "SLIPWAY_TLS_NAMES",
            "More names for the certificate that the server makes for itself."),
        Setting(
            "tls.certificate", unit: "PEM file", environment: "SLIPWAY_TLS_CERTIFICATE",
            "A certificate of your own, with its chain, instead of one by the server's own CA."),
        Setting("tls.key", unit: "PEM file", environment: "SLIPWAY_TLS_KEY", "The private key of `tls.certificate`."),
        Setting(
            "tls.extraCertificates", .list, unit: "PEM files", environment: "SLIPWAY_TLS_EXTRA_CERTIFICATES",
            "CA certificates trusted for registries, git servers and forges besides the system's."),
    ]

    private static let registries = [
        Setting(
            "registries[].name", default: .computed("`local01` if no registry is configured"),
            unit: "5–50 letters, digits",
            "The registry's name in requests (`-r NAME`). The first registry is the default one."),
        Setting(
            "registries[].loginServer", default: .computed("`localhost:5000` if no registry is configured"),
            unit: "host[:port]", environment: "SLIPWAY_REGISTRY", flag: "--registry",
            """
            The name that image references carry. The flag and the variable take `NAME=LOGINSERVER[=ENDPOINT]` and \
            replace the whole list; the variable may hold several, separated by commas.
            """),
        Setting(
            "registries[].endpoint", default: .computed("`https://` (on loopback `http://`) and `loginServer`"),
            unit: "URL",
            "Where the registry is reached. Plain http is for loopback and for what `sources.allow` names."),
        Setting(
            "registries[].gateway", default: .value("false"), unit: "true, false",
            """
            This server answers at `loginServer` (by default the host and port of `publicURL`), checks who may pull, \
            push and delete, and passes on to the registry at `endpoint`.
            """),
        Setting(
            "registries[].username", unit: "name", environment: "SLIPWAY_REGISTRY_USERNAME",
            "Who logs in to the registry."),
        Setting(
            "registries[].password", environment: "SLIPWAY_REGISTRY_PASSWORD", isSecret: true,
            "The password or token for it."),
        Setting(
            "registries[].passwordFile", unit: "file", environment: "SLIPWAY_REGISTRY_PASSWORD_FILE",
            "A file that holds the password."),
    ]

    private static let credentials = [
        Setting(
            "credentials[].server", unit: "host[:port]",
            "Another registry, that of a private base image say. Runs only pull with this login."),
        Setting("credentials[].username", unit: "name", "Who logs in there."),
        Setting("credentials[].password", isSecret: true, "The password or token for it."),
        Setting("credentials[].passwordFile", unit: "file", "A file that holds the password."),
        Setting(
            "tokenRealms", .list, unit: "origins", environment: "SLIPWAY_TOKEN_REALMS",
            """
            Login services, `https://host[:port]`, that may get a registry's password though they are not in the \
            registry's own domain.
            """),
    ]

    private static let pools = [
        Setting(
            "pools[].name", default: .computed("`default` if no pool is configured"),
            unit: "1–20 letters, digits, dashes",
            "The agent pool's name in requests. The first pool is the default one."),
        Setting(
            "pools[].docker", default: .value("unix:///var/run/docker.sock"), unit: "unix socket",
            environment: "SLIPWAY_DOCKER",
            flag: "--docker", "The Docker daemon that builds."),
        Setting(
            "pools[].slots", default: .computed("number of cores"), unit: "runs, 0–64", environment: "SLIPWAY_SLOTS",
            flag: "--slots",
            "How many runs go on at once in the server itself. With 0 all runs are for agents on other hosts."),
        Setting(
            "pools[].policy.refuseSecretBuildArguments", default: .value("false"), unit: "true, false",
            "Refuse secret build arguments, which a Dockerfile can leave in the image."),
        Setting(
            "pools[].policy.allow", .list, unit: StepPermission.allCases.map(\.rawValue).joined(separator: ", "),
            """
            What steps may ask for beyond their own containers. Each of these gives whoever may run tasks a way to the \
            daemon's machine; without them it is refused.
            """),
        Setting(
            "pools[].policy.memory", unit: "bytes",
            "The most memory of a step's container. A step may ask for less; without this it may have all."),
        Setting(
            "pools[].policy.cpus", unit: "processors",
            "The most processors of a step's container, as in `1.5`. A step may ask for less."),
        Setting(
            "pools[].policy.noNewPrivileges", default: .value("false"), unit: "true, false",
            "Programs in steps can't gain rights. Some need to: `sudo`, and tools that are setuid."),
        Setting(
            "pools[].policy.emulation", default: .value("true"), unit: "true, false",
            "Builds may be for processors that the daemon's host only emulates, which is slow."),
        Setting(
            "pools[].cache.maxBytes", default: .computed("the daemon's own garbage collection"), unit: "bytes",
            """
            The most build cache that the daemon keeps, checked after runs: what was not used for longest goes first. \
            Pools on one daemon share its cache.
            """),
        Setting(
            "pools[].cache.maxAge", unit: "seconds",
            "Build cache that was not used for this long goes: `14d`, say."),
    ]

    private static let builds = [
        Setting(
            "builds.syntax", .list, unit: "IMAGE=IMAGE, IMAGE=builtin, builtin", environment: "SLIPWAY_BUILDS_SYNTAX",
            """
            What becomes of `# syntax=` lines. `docker/dockerfile=mirror.example.com/docker/dockerfile` reads them as \
            images of a mirror, with the same tag unless one is given; `builtin` leaves lines out (all, or those of one \
            image), so that the builder reads the file itself. The first that fits counts.
            """)
    ]

    private static let steps = [
        Setting(
            "steps.shellImage", default: .value("docker"), unit: "image", environment: "SLIPWAY_STEPS_SHELL_IMAGE",
            """
            An image with `sh` and docker's client, in which lines of `cmd` run that need a shell. Only where \
            `pools[].policy.allow` has docker-socket.
            """),
        Setting(
            "steps.aliasImages", .list, unit: "NAME=IMAGE", environment: "SLIPWAY_STEPS_ALIAS_IMAGES",
            "Images that task files know by name: replaces `acr`, `az`, `bash`, `curl`, `cssc`, or adds others."),
        Setting(
            "steps.remoteAliases", default: .value("false"), unit: "true, false",
            environment: "SLIPWAY_STEPS_REMOTE_ALIASES", "Let task files name https URLs under `alias: src:`."),
    ]

    private static let sources = [
        Setting(
            "sources.allow", .list, unit: "origins, networks", environment: "SLIPWAY_SOURCES_ALLOW",
            flag: "--allow-source",
            """
            Sources that are refused otherwise. `scheme://host[:port]` lifts the ban on http and on the host's \
            addresses; a network such as `127.0.0.0/8` lifts that on its addresses.
            """),
        Setting(
            "sources.deny", .list, unit: "networks", environment: "SLIPWAY_SOURCES_DENY",
            "Networks that no source may be in, besides loopback, link-local and multicast: `10.0.0.0/8`, say."),
        Setting(
            "sources.allowMetadata", default: .value("false"), unit: "true, false",
            environment: "SLIPWAY_SOURCES_ALLOW_METADATA",
            "Let `sources.allow` name the metadata service of a cloud, which gives out the machine's own credentials."),
        Setting("sources.git[].host", unit: "host[:port]", "A git server that wants a login over https."),
        Setting(
            "sources.git[].username", default: .computed("`oauth2`, which servers take with a token"), unit: "name",
            "Who logs in there."),
        Setting("sources.git[].password", isSecret: true, "The password or token for it."),
        Setting("sources.git[].passwordFile", unit: "file", "A file that holds the password."),
        Setting("sources.git[].tokenFile", unit: "file", "A file that holds an access token."),
        Setting(
            "sources.ssh.privateKeyFile", unit: "file", environment: "SLIPWAY_SSH_PRIVATE_KEY_FILE",
            "The private key for git over ssh."),
        Setting(
            "sources.ssh.knownHostsFile", unit: "file", environment: "SLIPWAY_SSH_KNOWN_HOSTS_FILE",
            "The host keys of git servers reached over ssh, as `ssh-keyscan` prints them. Other servers are refused."
        ),
    ]

    private static let forges = [
        Setting(
            "forges[].host", unit: "host[:port]",
            "A forge of your own. Those that everybody knows, such as github.com, need no setting."),
        Setting(
            "forges[].kind", unit: ForgeKind.allCases.map(\.rawValue).joined(separator: ", "),
            """
            What it is. `github` is GitHub Enterprise, `gitea` also Forgejo, `azure-repos` Azure DevOps Server.
            """),
        Setting(
            "forges[].api", default: .computed("the usual place on `host`"), unit: "URL",
            "Where its API is. The tokens of tasks go there."),
        Setting(
            "triggers.hooks", default: .computed("whether `publicURL` is given"), unit: "true, false",
            environment: "SLIPWAY_TRIGGERS_HOOKS",
            "Make hooks at forges for tasks that have a token. Forges must reach `publicURL`."),
        Setting(
            "triggers.pollInterval", default: .value("5m"), unit: "seconds",
            environment: "SLIPWAY_TRIGGERS_POLL_INTERVAL",
            "How often the repositories of tasks are looked at for commits, 30 s to a day. Those whose hooks work: once an hour."
        ),
        Setting(
            "triggers.statusURL", unit: "URL", environment: "SLIPWAY_TRIGGERS_STATUS_URL",
            "A page of yours that shows a run, with `{registry}` and `{run}` in their places: commit statuses link to it."
        ),
        Setting(
            "triggers.allowShort", default: .value("false"), unit: "true, false",
            environment: "SLIPWAY_TRIGGERS_ALLOW_SHORT",
            "Let `triggers.pollInterval` and `triggers.imageInterval` be as short as 1 s, for tests."),
    ]

    private static let proxy = [
        Setting(
            "proxy.http", default: .computed("`http_proxy`"), unit: "URL", environment: "SLIPWAY_PROXY_HTTP",
            "The proxy for http. With any of these three, the usual proxy variables are not looked at."),
        Setting(
            "proxy.https", default: .computed("`https_proxy`"), unit: "URL", environment: "SLIPWAY_PROXY_HTTPS",
            "The proxy for https."),
        Setting(
            "proxy.except", .list, default: .computed("`no_proxy`"), unit: "hosts, domains, networks",
            environment: "SLIPWAY_PROXY_EXCEPT", "What is reached without a proxy. Loopback always is."),
    ]

    private static let leases = [
        Setting(
            "leases.duration", default: .value("90s"), unit: "seconds, 45 s–1 h",
            environment: "SLIPWAY_LEASES_DURATION",
            "How long nothing is heard of an agent until its runs are taken from it."),
        Setting(
            "leases.renewEvery", default: .value("10s"), unit: "seconds", environment: "SLIPWAY_LEASES_RENEW_EVERY",
            "How often agents tell that they go on; a third of `leases.duration` at most."),
        Setting(
            "leases.hold", default: .value("15m"), unit: "seconds", environment: "SLIPWAY_LEASES_HOLD",
            "How long an agent goes on with runs that have begun, without pushing, while it can't reach the server."),
        Setting(
            "leases.allowShort", default: .value("false"), unit: "true, false",
            environment: "SLIPWAY_LEASES_ALLOW_SHORT",
            "Let `leases.duration` be as short as 2 s, for tests: a short cut of the network then loses runs."),
    ]

    private static let limits = [
        Setting(
            "limits.contextPackedBytes", default: .value("4GiB"), unit: "bytes",
            environment: "SLIPWAY_LIMITS_CONTEXT_PACKED_BYTES", "Largest build context as it is sent."),
        Setting(
            "limits.contextUnpackedBytes", default: .value("16GiB"), unit: "bytes",
            environment: "SLIPWAY_LIMITS_CONTEXT_UNPACKED_BYTES", "Largest build context unpacked."),
        Setting(
            "limits.contextEntries", default: .value("500000"), unit: "entries",
            environment: "SLIPWAY_LIMITS_CONTEXT_ENTRIES",
            "Most files, folders and links in a build context."),
        Setting(
            "limits.gitCacheBytes", default: .value("20GiB"), unit: "bytes",
            environment: "SLIPWAY_LIMITS_GIT_CACHE_BYTES",
            "Where each pool's copies of git repositories are cut: those not used for longest go first."),
        Setting(
            "limits.logBytes", default: .value("256MiB"), unit: "bytes", environment: "SLIPWAY_LIMITS_LOG_BYTES",
            "Where the log of a run is cut. The run goes on."),
        Setting(
            "limits.outputBytes", default: .value("10GiB"), unit: "bytes",
            environment: "SLIPWAY_LIMITS_OUTPUT_BYTES", "Largest archive of an image that is kept for a download."),
        Setting(
            "limits.outputLifetime", default: .value("24h"), unit: "seconds",
            environment: "SLIPWAY_LIMITS_OUTPUT_LIFETIME", "How long such an archive is kept."),
        Setting(
            "limits.runLifetime", default: .value("30d"), unit: "seconds", environment: "SLIPWAY_LIMITS_RUN_LIFETIME",
            "How long after their ends runs and their logs are kept. Archived runs stay, and of each task the last that succeeded."
        ),
        Setting(
            "limits.runTimeout", default: .value("1h"), unit: "seconds", environment: "SLIPWAY_LIMITS_RUN_TIMEOUT",
            "How long a run may take that does not say so itself."),
        Setting(
            "limits.maxRunTimeout", default: .value("8h"), unit: "seconds",
            environment: "SLIPWAY_LIMITS_MAX_RUN_TIMEOUT",
            "The longest time that a run may ask for."),
        Setting(
            "limits.queueTime", default: .value("24h"), unit: "seconds", environment: "SLIPWAY_LIMITS_QUEUE_TIME",
            "How long a run may wait; it ends as Error then."),
        Setting(
            "limits.maxQueued", default: .value("10000"), unit: "runs", environment: "SLIPWAY_LIMITS_MAX_QUEUED",
            "How many runs may wait; more are refused."),
        Setting(
            "limits.diskReserveBytes", default: .value("512MiB"), unit: "bytes",
            environment: "SLIPWAY_LIMITS_DISK_RESERVE_BYTES",
            "Free disk space below which nothing new is accepted, so that what runs can still be recorded."),
        Setting(
            "limits.requestsPerSecond", default: .value("50"), unit: "requests/s",
            environment: "SLIPWAY_LIMITS_REQUESTS_PER_SECOND",
            "Management calls of each principal. Uploads, logs and logins are not counted."),
        Setting(
            "limits.requestBurst", default: .value("500"), unit: "requests",
            environment: "SLIPWAY_LIMITS_REQUEST_BURST", "How many of them may come at once."),
        Setting(
            "limits.failedLoginsPerMinute", default: .value("20"), unit: "logins/min",
            environment: "SLIPWAY_LIMITS_FAILED_LOGINS_PER_MINUTE",
            "Logins with a wrong secret, for each client id and each address. More have to wait."),
    ]

    private static let log = [
        Setting(
            "log.level", default: .value("info"), unit: LogSettings.levels.joined(separator: ", "),
            environment: "SLIPWAY_LOG_LEVEL", flag: "--log-level", "The least important message to log."),
        Setting(
            "log.format", default: .value("text"), unit: "text, json", environment: "SLIPWAY_LOG_FORMAT",
            flag: "--log-format",
            "The form of the log on standard error."),
    ]
}
