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

        struct Binding: Encodable {
            let HostIp: String
            let HostPort: String
        }

        struct Mount: Encodable {
            let kind: String
            let Source: String
            let Target: String

            private enum CodingKeys: String, CodingKey {
                case kind = "Type"
                case Source, Target
            }
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

        struct Host: Encodable {
            let Mounts: [Mount]
            let NetworkMode: String
            let PortBindings: [String: [Binding]]
            let LogConfig: Log
            let ExtraHosts: [String]
            let CapDrop: [String]
            let NanoCpus: Int64
            let Memory: Int64
            let PidsLimit: Int64
            let ReadonlyRootfs: Bool
            let Init: Bool
        }

        struct Endpoint: Encodable {
            let Aliases: [String]
        }

        struct Networking: Encodable {
            let EndpointsConfig: [String: Endpoint]
        }

        let Image: String
        let Entrypoint: [String]?
        let Cmd: [String]?
        let Env: [String]
        let WorkingDir: String?
        let User: String?
        let Hostname: String?
        let Labels: [String: String]
        let ExposedPorts: [String: Empty]
        let Tty = false
        let HostConfig: Host
        let NetworkingConfig: Networking?

        init(_ settings: ContainerSettings) {
            Image = settings.image
            Entrypoint = settings.entryPoint
            Cmd = settings.command.isEmpty ? nil : settings.command
            Env = settings.environment
            WorkingDir = settings.workingDirectory
            User = settings.user
            Hostname = settings.hostname
            Labels = settings.labels
            let exposed = settings.exposedPorts + settings.publishedPorts.map(\.port)
            ExposedPorts = Dictionary(exposed.map { ($0.description, Empty()) }) { first, _ in first }
            let published = Dictionary(grouping: settings.publishedPorts, by: \.port.description)
            HostConfig = Host(
                Mounts: settings.mounts.map { Mount(kind: "volume", Source: $0.volume, Target: $0.path) }
                    + settings.hostMounts.map { Mount(kind: "bind", Source: $0.hostPath, Target: $0.path) },
                NetworkMode: settings.network ?? "default",
                PortBindings: published.mapValues { ports in
                    ports.map { Binding(HostIp: $0.address, HostPort: $0.hostPort.map(String.init) ?? "") }
                },
                LogConfig: Log(), ExtraHosts: settings.extraHosts, CapDrop: settings.droppedCapabilities,
                NanoCpus: settings.nanoCPUs, Memory: settings.memory, PidsLimit: settings.pidsLimit,
                ReadonlyRootfs: settings.hasReadOnlyRoot, Init: settings.hasInit)
            NetworkingConfig = settings.network.flatMap { network in
                settings.networkAliases.isEmpty
                    ? nil : Networking(EndpointsConfig: [network: Endpoint(Aliases: settings.networkAliases)])
            }
        }
    }
}
