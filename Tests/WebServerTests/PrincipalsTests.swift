import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import Storage
import TaskModel
import Testing

@testable import WebServer

/// `/slipway/v1/principals`
struct PrincipalsTests {
    private static let path = "/slipway/v1/principals"

    private func create(_ web: WebFixture, _ admin: String, _ body: String) async throws -> PrincipalResource {
        try await web.call(admin, .post, Self.path, body).decoded()
    }

    @Test func `S20 a secret is told once, when it is made`() async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            let made = try await create(
                web, admin, #"{"displayName":"nightly","roles":[{"role":"builder","registry":"LOCAL01"}]}"#)
            let secret = try #require(made.clientSecret)

            let shown = try await web.call(admin, .get, Self.path + "/" + made.clientId.uppercased())
            let listed: Page<PrincipalResource> = try await web.call(admin, .get, Self.path).decoded()

            #expect(secret.utf8.count == 43)
            #expect(made.roles == [RoleProperties(role: "Builder", registry: "local01")])
            #expect(!shown.text.contains(secret))
            #expect(listed.value.contains { $0.clientId == made.clientId && $0.clientSecret == nil })
            let token = try #require(try await web.tokens.issue(clientID: made.clientId, secret: secret)).value
            #expect(try await web.call(token, .get, WebFixture.scope + "local01/runs").status == .ok)
            #expect(try await web.call(token, .get, WebFixture.scope + "other01/runs").status == .notFound)
        }
    }

    @Test func `roles are given and taken, with effect on tokens there are`() async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            let made = try await create(web, admin, #"{"displayName":"a"}"#)
            let path = Self.path + "/" + made.clientId
            let token = try #require(
                try await web.tokens.issue(clientID: made.clientId, secret: made.clientSecret ?? "")
            ).value
            let runs = WebFixture.scope + "other01/runs"
            #expect(try await web.call(token, .get, runs).status == .notFound)

            let role = #"{"role":"Reader","registry":"other01"}"#
            let given: PrincipalResource = try await web.call(admin, .post, path + "/assign", role).decoded()
            #expect(given.roles == [RoleProperties(role: "Reader", registry: "other01")])
            #expect(try await web.call(admin, .post, path + "/assign", role).status == .ok)
            #expect(try await web.call(token, .get, runs).status == .ok)

            let taken: PrincipalResource = try await web.call(admin, .post, path + "/unassign", role).decoded()
            #expect(taken.roles == [])
            #expect(try await web.call(token, .get, runs).status == .notFound)
        }
    }

    @Test func `a rotated secret ends, a removed principal is gone`() async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            let made = try await create(web, admin, #"{"displayName":"a"}"#)
            let path = Self.path + "/" + made.clientId

            let rotated: PrincipalResource = try await web.call(
                admin, .post, path + "/rotate", #"{"graceSeconds":60}"#
            ).decoded()

            #expect(rotated.secrets.count == 2)
            #expect(rotated.clientSecret != made.clientSecret)
            for secret in [made.clientSecret, rotated.clientSecret] {
                #expect(try await web.tokens.issue(clientID: made.clientId, secret: secret ?? "") != nil)
            }
            web.time.advance(60)
            #expect(try await web.tokens.issue(clientID: made.clientId, secret: made.clientSecret ?? "") == nil)
            #expect(try await web.call(admin, .delete, path).status == .ok)
            #expect(try await web.call(admin, .get, path).status == .notFound)
            #expect(try await web.call(admin, .delete, path).status == .notFound)
        }
    }

    @Test(arguments: [
        (#"{"displayName":""}"#, "InvalidName"), (#"{"displayName":"a\nb"}"#, "InvalidName"),
        ("{}", "InvalidRequestContent"),
        (#"{"displayName":"a","roles":[{"role":"King"}]}"#, "InvalidRole"),
        (#"{"displayName":"a","roles":[{"role":"Reader","registry":"none"}]}"#, "RegistryNotFound"),
    ])
    func `what can't be made is refused with the field`(body: String, code: String) async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            let before = try await web.principals.list(at: web.time.date)
            let answer = try await web.call(admin, .post, Self.path, body)

            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
            #expect(try await web.principals.list(at: web.time.date) == before)
        }
    }

    @Test func `the last administrator and the server's own stay`() async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            let id = try #require(try await web.tokens.principal(of: admin)).id
            let own = Principal(id: "own", displayName: "administrator", roles: [])
            try await web.principals.put(own, secret: "s", isOwn: true, at: web.time.date)

            for (method, path, body, code) in [
                (.delete, "/\(id)", "", "LastAdministrator"),
                (.post, "/\(id)/unassign", #"{"role":"Admin"}"#, "LastAdministrator"),
                (.delete, "/own", "", "PrincipalNotChangeable"), (.post, "/own/rotate", "{}", "PrincipalNotChangeable"),
                (.post, "/own/assign", #"{"role":"Admin"}"#, "PrincipalNotChangeable"),
            ] as [(HTTPRequest.Method, String, String, String)] {
                let answer = try await web.call(admin, method, Self.path + path, body)
                #expect(answer.status == .conflict, "\(path)")
                #expect(answer.code == code, "\(path)")
            }
            #expect(try await web.tokens.principal(of: admin)?.mayEverywhere(.administer) == true)
        }
    }
}
