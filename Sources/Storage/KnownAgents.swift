import Synchronization

/// Agents that have shown their keys, with the hashes of these.
final class KnownAgents: Sendable {
    private struct State {
        var entries: [String: (agent: AgentRecord, hash: String)] = [:]
        /// How often something was forgotten.
        var version: UInt64 = 0
    }

    private let state = Mutex(State())

    func find(_ id: String) -> (agent: AgentRecord, hash: String)? {
        state.withLock { $0.entries[id] }
    }

    func mark() -> UInt64 {
        state.withLock { $0.version }
    }

    /// Remembers what was read after `mark` was taken, unless something changed meanwhile.
    func remember(_ agent: AgentRecord, hash: String, since mark: UInt64) {
        state.withLock { state in
            if state.version == mark { state.entries[agent.id] = (agent, hash) }
        }
    }

    /// Called after each change.
    func forget(_ id: String) {
        state.withLock { state in
            state.version += 1
            state.entries[id] = nil
        }
    }
}
