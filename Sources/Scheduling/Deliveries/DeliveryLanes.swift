import Storage
import TaskModel

/// The hooks whose deliveries are worked on, and those that wait for it: each once at a time, and of one host and of one registry only so
/// many that others are never held up by what does not answer.
struct DeliveryLanes {
    static let width = 32
    static let widthOfRegistry = 16
    static let widthOfHost = 8

    struct Lane: Sendable, Hashable {
        let hook: String
        let registry: String
        let host: String
    }

    private var waiting: [Lane] = []
    /// Of those that wait or are under way.
    private var known: Set<String> = []
    private var running: Set<String> = []
    /// Those under way for which something came meanwhile.
    private var again: Set<String> = []
    private var registries: [String: Int] = [:]
    private var hosts: [String: Int] = [:]

    mutating func offer(_ hooks: [DeliveryStore.WaitingHook]) {
        for hook in hooks {
            if known.insert(hook.id).inserted {
                waiting.append(
                    Lane(
                        hook: hook.id, registry: hook.registry.lowercased(),
                        host: RepositoryAddress(hook.repositoryURL)?.host ?? hook.repositoryURL))
            } else if running.contains(hook.id) {
                again.insert(hook.id)
            }
        }
    }

    /// The first that may begin now; it is to be given back to ``finish(_:hasMore:)``.
    mutating func take() -> Lane? {
        guard running.count < Self.width,
            let index = waiting.firstIndex(where: {
                registries[$0.registry, default: 0] < Self.widthOfRegistry
                    && hosts[$0.host, default: 0] < Self.widthOfHost
            })
        else { return nil }
        let lane = waiting.remove(at: index)
        running.insert(lane.hook)
        registries[lane.registry, default: 0] += 1
        hosts[lane.host, default: 0] += 1
        return lane
    }

    /// - Parameter hasMore: more is due; that waits behind what waits already.
    mutating func finish(_ lane: Lane, hasMore: Bool) {
        running.remove(lane.hook)
        registries[lane.registry] = registries[lane.registry].flatMap { $0 > 1 ? $0 - 1 : nil }
        hosts[lane.host] = hosts[lane.host].flatMap { $0 > 1 ? $0 - 1 : nil }
        let isDue = again.remove(lane.hook) != nil || hasMore
        if isDue { waiting.append(lane) } else { known.remove(lane.hook) }
    }
}
