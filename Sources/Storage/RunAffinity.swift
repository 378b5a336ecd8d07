import TaskModel

extension NewRun {
    /// What the run has in common with earlier ones of its registry whose build cache it can use: its task, or else the
    /// repository of its first image. Nil if there is neither.
    var affinity: String? {
        if let task { return "task " + task.lowercased() }
        guard case .build(let build) = request, let name = build.imageNames.first else { return nil }
        let path = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
        let end = name[path...].firstIndex(of: ":") ?? name.endIndex
        return "image " + name[..<end].lowercased()
    }
}

/// Agents that a run may be left for, since they did the last one of its kind.
public struct ClaimRivals: Sendable, Hashable {
    /// Those of the pool that ask for a run at this moment, and so would take it at once.
    public let agents: Set<String>
    /// How long a run is left for one of them, from when it was accepted. After that the first that asks takes it.
    public let patience: Duration

    public init(agents: Set<String> = [], patience: Duration = .seconds(3)) {
        self.agents = agents
        self.patience = patience
    }
}
