import Contexts
import Synchronization

/// The keys under which one daemon keeps the files of contexts, and which of them are in use.
final class ContextKeys: Sendable {
    private let secret: [UInt8]
    /// By the name of a key, the slots that builds have taken.
    private let taken = Mutex<[String: Set<Int>]>([:])

    private static let file = ".context-secret"
    private static let secretBytes = 32

    /// - Parameter directory: keeps the secret that keys follow from, so that they stay the same over restarts.
    init(in directory: String) throws {
        secret = try LastingFile.content(of: directory + "/" + Self.file, count: Self.secretBytes) {
            var generator = SystemRandomNumberGenerator()
            return (0..<Self.secretBytes).map { _ in .random(in: 0...255, using: &generator) }
        }
    }

    /// Runs `work` with the key of contexts with this identity, which no other build uses meanwhile: of several at
    /// once, each has a tree of its own on the daemon, and later ones find those again.
    ///
    /// - Parameter identity: nil is that of a context that has no other versions; it has no key.
    func withKey<Result>(
        for identity: [String]?, variant: String, _ work: (ContextKey?) async throws -> Result
    ) async rethrows -> Result {
        guard let identity else { return try await work(nil) }
        let key = ContextKey(secret: secret, identity: identity, variant: variant)
        let slot = take(key.name)
        defer { release(slot, of: key.name) }
        return try await work(key.slot(slot))
    }

    private func take(_ name: String) -> Int {
        taken.withLock { taken in
            var slot = 0
            while taken[name]?.contains(slot) == true { slot += 1 }
            taken[name, default: []].insert(slot)
            return slot
        }
    }

    private func release(_ slot: Int, of name: String) {
        taken.withLock { taken in
            taken[name]?.remove(slot)
            if taken[name]?.isEmpty == true { taken[name] = nil }
        }
    }
}
