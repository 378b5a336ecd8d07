import DockerEngine

/// A network in which containers reach the world, but not each other: for steps of which only one runs at a time. It
/// takes a daemon a quarter of a second to make and remove a network, as long as a small step, so this one is kept on
/// the daemon and shared by all runs.
///
/// Steps that may run beside others get a network of their run, since they may talk to each other. What is left of the
/// sharing: docker's name server tells the names of the containers in it to whoever guesses them or their addresses.
actor IsolatedNetwork {
    private static let name = "slipway-isolated"

    private let client: DockerClient

    init(client: DockerClient) {
        self.client = client
    }

    /// Makes the network unless it is there.
    ///
    /// - Returns: its id.
    func ensure() async throws -> String {
        if let id = try await existing() { return id }
        do {
            return try await client.createNetwork(
                Self.name, labels: [RunLabels.network: "isolated"],
                options: ["com.docker.network.bridge.enable_icc": "false"])
        } catch DockerError.refused(_, 409, _) {
            // Another process was faster.
            guard let id = try await existing() else {
                throw RunFailure.error(
                    "the docker daemon has a network '\(Self.name)' that is none of slipway's. Remove it")
            }
            return id
        }
    }

    private func existing() async throws -> String? {
        try await client.networks(labels: ["\(RunLabels.network)=isolated"]).first?.id
    }
}
