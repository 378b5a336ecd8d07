import Foundation
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import Storage
import TaskModel
import Testing

@testable import WebServer

struct SecretRoutesTests {
    private static let value = "vault-value-correct-horse"
    private static let body = #"{"value":"\#(value)"}"#
    private static let path = "/secrets/v.test/db-password"

    @Test func `a secret is set, listed and deleted, and its value is never told`() async throws {
        try await TestRoutes.with { server async throws in
            let made = try await server.call(.put, Self.path, Self.body)
            let again = try await server.call(.put, "/secrets/V.test/DB-password", Self.body)
            let listed = try await server.call(.get, "/secrets")
            let versions = try again.decoded(SecretResource.self).versions.map(\.id)
            let one = try await server.call(.delete, Self.path + "/" + versions[0])
            let missing = try await server.call(.delete, Self.path + "/" + versions[0])
            let left = try await server.call(.get, "/secrets").decoded(Page<SecretResource>.self).value
            let all = try await server.call(.delete, Self.path)

            #expect([made, again, listed, one, missing, all].map(\.status.code) == [200, 200, 200, 200, 404, 200])
            #expect(try made.decoded(SecretResource.self).location == "https://v.test/secrets/db-password")
            #expect(versions.count == 2)
            #expect(
                try listed.decoded(Page<SecretResource>.self).value.map { $0.versions.map(\.id) } == [versions])
            #expect(left.map { $0.versions.map(\.id) } == [[versions[1]]])
            #expect(missing.code == "ResourceNotFound")
            #expect(missing.text.contains("https://v.test/secrets/db-password/\(versions[0])"))
            #expect(try await server.call(.get, "/secrets").text == #"{"value":[]}"#)
            for answer in [made, again, listed, one, missing, all] { #expect(!answer.text.contains(Self.value)) }
        }
    }

    @Test func `S16 a registry's secrets are nobody else's`() async throws {
        try await TestRoutes.with { server async throws in
            let other = TestRoutes.registry.replacing("local01", with: "other01")
            _ = try await server.call(.put, Self.path, Self.body)

            let foreign = try await server.call(.delete, Self.path, registry: other)
            let absent = try await server.call(.delete, "/secrets/v.test/nothing")

            #expect(foreign.status == .notFound)
            #expect(foreign.text.replacing("db-password", with: "nothing") == absent.text)
            #expect(try await server.call(.get, "/secrets", registry: other).text == #"{"value":[]}"#)
            #expect(try await server.call(.delete, Self.path).status == .ok)
        }
    }

    @Test(arguments: [
        (Role.reader, false), (.builder, false), (.poolOperator, false), (.acrPush, false), (.taskAuthor, true),
        (.admin, true),
    ])
    func `those who write tasks write secrets`(role: Role, may: Bool) async throws {
        try await TestRoutes.with(role: role) { server async throws in
            #expect(try await server.call(.put, Self.path, Self.body).status == (may ? .ok : .notFound))
            #expect(try await server.call(.delete, Self.path).status == (may ? .ok : .notFound))
        }
    }

    @Test(arguments: [
        (path, "{}", "InvalidRequestContent", "value"),
        (path, #"{"value":""}"#, "InvalidParameter", "https://v.test/secrets/db-password"),
        (path, #"{"value":"\#(String(repeating: "x", count: 25_601))"}"#, "SecretTooLarge", "25601"),
        ("/secrets/v.test/a_b", body, "InvalidName", "https://VAULT/secrets/NAME"),
        ("/secrets/v.test/a%2Fb", body, "InvalidName", "https://VAULT/secrets/NAME"),
        ("/secrets/v.test%2Fsecrets/b", body, "InvalidName", "https://VAULT/secrets/NAME"),
        ("/secrets/me@v.test/b", body, "InvalidName", "https://VAULT/secrets/NAME"),
        ("/secrets/v.test/b%3Fc", body, "InvalidName", "https://VAULT/secrets/NAME"),
    ])
    func `what no secret can be is refused by name`(path: String, body: String, code: String, words: String)
        async throws
    {
        try await TestRoutes.with { server async throws in
            let answer = try await server.call(.put, path, body)

            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
            #expect(answer.text.contains(words))
            #expect(!answer.text.contains(Self.value))
        }
    }

    @Test func `a vault may have a port`() async throws {
        try await TestRoutes.with { server async throws in
            let made = try await server.call(.put, "/secrets/v.test%3A8443/a", Self.body)

            #expect(try made.decoded(SecretResource.self).location == "https://v.test:8443/secrets/a")
        }
    }
}

/// Logins that name secrets of a vault, as `az acr task credential add` sends them for `-u https://… -p https://…`.
struct VaultLoginRoutesTests {
    private static func login(_ password: String, identity: String? = nil) -> String {
        let identity = identity.map { #","identity":"\#($0)""# } ?? ""
        return #"""
            {"customRegistries":{"R.test":{"userName":{"type":"Vaultsecret","value":"https://kv.vault.test/secrets/user"},
             "password":{"type":"Vaultsecret","value":"\#(password)"}\#(identity)}}}
            """#
    }

    private static let task = #"""
        {"location":"local","properties":{"platform":{"os":"linux"},"step":{"type":"EncodedTask",
         "encodedTaskContent":"c3RlcHM6IFtd","values":[]}}}
        """#

    @Test(arguments: ["[system]", nil])
    func `a task keeps them, and its runs have them`(identity: String?) async throws {
        try await TestRoutes.with { server async throws in
            _ = try await server.call(.put, "/tasks/task1", Self.task)
            let credentials = Self.login("https://kv.vault.test/secrets/password/0a", identity: identity)

            let changed = try await server.call(
                .patch, "/tasks/task1", #"{"properties":{"credentials":\#(credentials)}}"#)
            let id = TestRoutes.registry + "/tasks/task1"
            let run = try await server.call(.post, "/scheduleRun", #"{"type":"TaskRunRequest","taskId":"\#(id)"}"#)

            let login = try changed.decoded(TaskResource.self).properties?.credentials?.customRegistries?["R.test"]
            #expect(login?.password == SecretObject(type: "Vaultsecret", value: nil))
            #expect(login?.identity == identity)
            #expect(try run.decoded(RunResource.self).properties?.customRegistries == ["r.test"])
            let stored = try #require(try await server.runs.find(RunID(sequence: 1)))
            #expect(
                stored.request.common.vaultLogins["r.test"]?.password
                    == .vault(try SecretLocation("https://kv.vault.test/secrets/password/0a")))
        }
    }

    @Test func `a quick run has them, with an identity beside or not`() async throws {
        try await TestRoutes.with { server async throws in
            for identity in ["x", nil] {
                let credentials = Self.login("https://kv.vault.test/secrets/password", identity: identity)
                let build =
                    #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","credentials":\#(credentials)}"#

                let answer = try await server.call(.post, "/scheduleRun", build)

                #expect(answer.status == .ok)
                #expect(try answer.decoded(RunResource.self).properties?.customRegistries == ["r.test"])
            }
        }
    }

    @Test func `a location that can't be one is refused when it is written`() async throws {
        try await TestRoutes.with { server async throws in
            let credentials = Self.login("https://kv.vault.test/keys/password")
            let build =
                #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","credentials":\#(credentials)}"#
            _ = try await server.call(.put, "/tasks/task1", Self.task)

            let run = try await server.call(.post, "/scheduleRun", build)
            let task = try await server.call(
                .patch, "/tasks/task1", #"{"properties":{"credentials":\#(credentials)}}"#)

            for answer in [run, task] {
                #expect(answer.status == .badRequest)
                #expect(answer.code == "InvalidName")
                #expect(answer.text.contains("R.test"))
                #expect(answer.text.contains("https://VAULT/secrets/NAME"))
            }
        }
    }
}
