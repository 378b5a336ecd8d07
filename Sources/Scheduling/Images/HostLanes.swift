import Synchronization

/// Registries that are being asked.
final class HostLanes: Sendable {
    private let hosts = Mutex<Set<String>>([])

    var busy: Set<String> { hosts.withLock { $0 } }

    func begin(_ host: String) {
        hosts.withLock { _ = $0.insert(host) }
    }

    func end(_ host: String) {
        hosts.withLock { _ = $0.remove(host) }
    }
}
