public import Storage
public import TaskModel

/// What registries call to tell of their images: any number in each of ours, by name.
public struct RegistryHooks: Sendable {
    private let hooks: HookStore
    private let random: @Sendable () -> String

    /// - Parameter random: 32 hexadecimal digits that nobody can guess.
    public init(hooks: HookStore, random: @escaping @Sendable () -> String = RegistryHooks.digits) {
        self.hooks = hooks
        self.random = random
    }

    public static func digits() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Makes a hook, or gives the one of that name another kind and host. It keeps its secret.
    ///
    /// - Parameter host: whose images it tells of, as tasks name them; nil for what the kind's own is, else the registry's login server.
    /// - Returns: the hook, and whether nobody has seen its secret yet.
    /// - Throws: `InvalidName`, ``TooManyHooks``.
    public func put(
        _ name: String, kind: RegistryEventKind, host: String?, in registry: Registry
    ) async throws -> (hook: Hook, isNew: Bool) {
        guard (1...50).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNamePart) else {
            throw InvalidName(name, kind: "name of a hook", rule: "it must be 1 to 50 letters, digits, '-' and '_'")
        }
        let host = (host ?? Self.host(of: kind, registry)).lowercased()
        guard let image = try? ImageReference(host + "/a"), image.registry == host else {
            throw InvalidName(host, kind: "registry", rule: "it must be host[:port] as image names spell it")
        }
        let (id, secret) = (random(), Secret(random()))
        let hook = try await hooks.update(name, of: registry.name) { known, count in
            if let known, known.kind == .registry(kind), known.repositoryURL == image.registry { return known }
            guard known != nil || count < Self.limit else { throw TooManyHooks(limit: Self.limit) }
            return Hook(
                id: id, kind: .registry(kind), registry: registry.name, task: "", trigger: name,
                repositoryURL: image.registry, secret: known?.secret ?? secret, standing: .manual)
        }
        return (hook, hook.secret == secret)
    }

    /// How many one registry may have.
    static let limit = 100

    public func find(_ name: String, in registry: Registry) async throws -> Hook? {
        try await list(in: registry).first { $0.trigger.lowercased() == name.lowercased() }
    }

    /// By name.
    public func list(in registry: Registry) async throws -> [Hook] {
        try await hooks.hooks(of: "", in: registry.name)
    }

    /// - Returns: whether there was one.
    public func remove(_ name: String, in registry: Registry) async throws -> Bool {
        guard let known = try await find(name, in: registry) else { return false }
        try await hooks.remove(known.id)
        return true
    }

    private static func host(of kind: RegistryEventKind, _ registry: Registry) -> String {
        kind == .dockerHub ? ImageReference.dockerHub : registry.loginServer
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
        default: false
        }
    }
}

/// A registry has as many hooks as it may have.
public struct TooManyHooks: Error, Equatable, CustomStringConvertible {
    let limit: Int

    public var description: String {
        "There are \(limit) hooks already, which is the limit. Delete one with 'slipway trigger hook delete'."
    }
}

extension Hook {
    /// Where a registry calls it; of Docker Hub with the secret, for which it has no other place.
    public func registryURL(at server: String) -> String {
        url(at: server) + (kind == .registry(.dockerHub) ? "?token=\(secret.value)" : "")
    }
}
