import Storage
import TaskModel
import Testing

@testable import Scheduling

/// What registries call.
struct RegistryHooksTests {
    @Test func `a registry has only so many hooks, and those can be changed`() async throws {
        try await TestServer.with { server async throws in
            let hooks = RegistryHooks(hooks: HookStore(database: server.database, box: server.box))
            let first = try await hooks.put("h1", kind: .harbor, host: "a.test", in: server.registry)
            for number in 2...100 {
                _ = try await hooks.put("h\(number)", kind: .harbor, host: nil, in: server.registry)
            }

            await #expect(throws: TooManyHooks(limit: 100)) {
                try await hooks.put("h101", kind: .harbor, host: nil, in: server.registry)
            }
            let changed = try await hooks.put("H1", kind: .acr, host: "b.test", in: server.registry)

            #expect(first.isNew && !changed.isNew)
            #expect(changed.hook.secret == first.hook.secret)
            #expect(try await hooks.list(in: server.registry).count == 100)
        }
    }

    @Test func `hooks of one name are one, whoever makes them at the same time`() async throws {
        try await TestServer.with { server async throws in
            let hooks = RegistryHooks(hooks: HookStore(database: server.database, box: server.box))

            let new = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await hooks.put("outer", kind: .harbor, host: "h\(number).test", in: server.registry).isNew
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }

            #expect(new == 1)
            #expect(try await hooks.list(in: server.registry).count == 1)
        }
    }
}
