import Foundation
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import TaskModel
import Testing

@testable import WebServer

struct RegistryHookRoutesTests {
    private static let path = "/registryHooks/outer"
    private static let body = #"{"kind":"Harbor","host":"Harbor.example.test"}"#

    @Test func `a hook is made with its secret, listed without it, and deleted`() async throws {
        try await TestRoutes.with { server async throws in
            let made = try await server.call(.put, Self.path, Self.body)
            let again = try await server.call(.put, Self.path, Self.body)
            let listed = try await server.call(.get, "/registryHooks")
            let shown = try await server.call(.get, Self.path)
            let details = try await server.call(.post, Self.path + "/listDetails")
            let deleted = try await server.call(.delete, Self.path)
            let missing = try await server.call(.delete, Self.path)

            let hook = try made.decoded(RegistryHookResource.self)
            let secret = try #require(hook.secret?.value)
            #expect(secret.count == 32)
            #expect(hook.kind == "harbor" && hook.host == "harbor.example.test")
            #expect(hook.url.contains("/hooks/harbor/"))
            #expect(try again.decoded(RegistryHookResource.self) == hook)
            #expect(try details.decoded(RegistryHookResource.self) == hook)
            for answer in [listed, shown] {
                #expect(answer.status == .ok)
                #expect(!answer.text.contains(secret))
            }
            #expect([deleted, missing].map(\.status) == [.ok, .notFound])
        }
    }

    @Test func `the secret of a Docker Hub hook is a part of its URL`() async throws {
        try await TestRoutes.with { server async throws in
            let made = try await server.call(.put, Self.path, #"{"kind":"docker-hub"}"#)
            let shown = try await server.call(.get, Self.path)

            let hook = try made.decoded(RegistryHookResource.self)
            #expect(hook.host == "docker.io")
            #expect(hook.url.hasSuffix("?token=" + (hook.secret?.value ?? "-")))
            #expect(!shown.text.contains("token="))
        }
    }

    @Test(arguments: [
        (Role.reader, 404, false), (.builder, 404, false), (.taskAuthor, 200, true), (.admin, 200, true),
    ])
    func `S16 those who write tasks make hooks and see their secrets`(role: Role, status: Int, sees: Bool) async throws
    {
        try await TestRoutes.with(role: role) { server async throws in
            let made = try await server.call(.put, Self.path, Self.body)

            #expect(made.status.code == status)
            #expect(made.text.contains("secret") == sees)
        }
    }

    @Test(arguments: [
        (#"{"kind":"quay"}"#, "InvalidHookKind"), (#"{"kind":"acr","host":"a/b"}"#, "InvalidName"),
        (#"{"kind":"acr","host":"-"}"#, "InvalidName"),
    ])
    func `S12 kinds and hosts are checked`(body: String, code: String) async throws {
        try await TestRoutes.with { server async throws in
            let answer = try await server.call(.put, Self.path, body)

            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
        }
    }
}
