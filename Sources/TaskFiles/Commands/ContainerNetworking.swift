import TaskModel

/// How a command's container is connected.
public struct ContainerNetworking: Sendable, Hashable {
    /// A name of the task's networks, `none`, `host`, `container:NAME`, another of the daemon's, or nil for docker's own
    /// default. Of several in one line the last counts.
    public let network: String?
    public let aliases: [String]
    public let macAddress: String?
    public let publishedPorts: [PortMapping]
    public let publishesAll: Bool
    public let exposedPorts: [PortMapping]
    /// `name:address` each.
    public let extraHosts: [String]
    public let dnsServers: [String]
    public let dnsSearch: [String]
    public let dnsOptions: [String]

    init(_ line: CommandOptions) throws(CommandProblem) {
        switch line.last("network", "net") {
        case nil, "", "default", "bridge": network = nil
        case .some(let name) where name.contains("=") || name.contains(","):
            throw .unsupported("the network '\(name)'. Write its name alone, and --network-alias for other names")
        case .some(let name): network = name
        }
        aliases = line.values("network-alias", "net-alias")
        macAddress = line.last("mac-address")
        publishedPorts = try PortMapping.read(all: line.values("publish"))
        publishesAll = line.isOn("publish-all")
        exposedPorts = try PortMapping.read(all: line.values("expose"))
        extraHosts = line.values("add-host")
        dnsServers = line.values("dns")
        dnsSearch = line.values("dns-search")
        dnsOptions = line.values("dns-option", "dns-opt")
    }

    /// - Parameter names: those of the task's networks.
    func need(_ names: Set<String>) -> StepNeed? {
        guard let network, network != "none", !names.contains(network) else { return nil }
        return StepNeed(
            .hostNetwork,
            network == "host" ? "the network 'host'" : "the existing network '\(network)'",
            alternative: "Networks under 'networks' of the file take no permission")
    }
}
