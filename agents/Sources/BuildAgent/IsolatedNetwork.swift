import DockerEngine

/// A network in which containers reach the world, but not each other: for steps of which only one runs at a time. It
/// takes a daemon a quarter of a second to make and remove a network, as long as a small step, so this one is kept on
/// the daemon and shared by all runs.
///
/// Steps that may run beside others get a network of their run, since they may talk to each other. What is left of the
/// sharing: docker's name server tells the names of the containers in it to whoever guesses them or their addresses.
actor IsolatedNetwork {
    private let client: DockerClient
    private let kind: String
    /// The search that is under way.
    private var search: Task<String, any Error>?

    /// - Parameter kind: by which agents of one daemon find the network.
    init(client: DockerClient, kind: String = "isolated") {
        self.client = client
        self.kind = kind
    }

    /// Makes the network unless it is there.
    ///
    /// - Returns: its id.
    func ensure() async throws -> String {
        if let search { return try await search.value }
        // Of nobody's run: others wait for it, too.
        let task = Task { [client, kind] in try await Self.ensure(kind, client) }
        search = task
        defer { search = nil }
        return try await task.value
    }

    /// Agents that share a daemon may make several at once, and docker does not keep their names apart; but where two
    /// have one name, no container can be started in either. So each is called differently, and any of them will do.
    private static func ensure(_ kind: String, _ client: DockerClient) async throws -> String {
        let label = (key: RunLabels.network, value: kind)
        let present = try await client.networks(labels: ["\(label.key)=\(label.value)"])
        let usable = present.filter { one in !present.contains { $0.name == one.name && $0.id != one.id } }
        if let id = usable.map(\.id).min() { return id }
        let suffix = String(UInt32.random(in: 0x1000_0000...(.max)), radix: 16)
        return try await client.createNetwork(
            "slipway-\(kind)-\(suffix)", labels: [label.key: label.value],
            options: ["com.docker.network.bridge.enable_icc": "false"])
    }
}
