import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import Storage
import TaskModel
import Testing

@testable import WebServer

/// The token endpoints.
struct LoginTests {
    private func withPrincipal(
        limits: RequestLimits = RequestLimits(),
        _ body: @Sendable (WebFixture, _ id: String, _ secret: String) async throws -> Void
    ) async throws {
        try await WebFixture.with(limits: limits) { web async throws in
            let made = try await web.principals.create(
                named: "a", roles: [RoleAssignment(.reader)], at: web.time.date)
            try await body(web, made.record.principal.id, made.secret.value)
        }
    }

    private func ask(
        _ web: WebFixture, _ form: String, _ headers: HTTPFields = [:], path: String = "/adfs/oauth2/token"
    ) async throws -> TestResponse {
        try await web.call(nil, .post, path, "grant_type=client_credentials&" + form, headers: headers)
    }

    private func claims(_ token: String) throws -> [String: Any] {
        let part = token.split(separator: ".")[1].replacing("-", with: "+").replacing("_", with: "/")
        let data = try #require(Data(base64Encoded: part + String(repeating: "=", count: (4 - part.count % 4) % 4)))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test(arguments: [
        "", "&scope=https://s//.default", "&scope=https%3A%2F%2Fs%2F%2F.default", "&scope=https://S/.default",
    ])
    func `the server's own scope, or none, gives a token for it`(scope: String) async throws {
        try await withPrincipal { web, id, secret async throws in
            let answer = try await ask(web, "client_id=\(id)&client_secret=\(secret)" + scope)

            let token: TokenAnswer = try answer.decoded()
            let claims = try claims(token.accessToken)
            #expect(answer.status == .ok)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(token.tokenType == "Bearer" && token.expiresIn == 3600)
            #expect(try await web.call(token.accessToken, .get, "/subscriptions").status == .ok)
            #expect(claims["tid"] as? String == "TENANT")
            #expect([claims["oid"], claims["appid"], claims["sub"]].allSatisfy { $0 as? String == id })
        }
    }

    @Test func `the registries' scope gives a token that only they take`() async throws {
        try await withPrincipal { web, id, secret async throws in
            let scope = "https://containerregistry.azure.net/.default"
            let answer = try await ask(web, "client_id=\(id)&client_secret=\(secret)&scope=\(scope)")

            let token: TokenAnswer = try answer.decoded()
            #expect(try claims(token.accessToken)["aud"] as? String == "https://containerregistry.azure.net")
            #expect(try await web.tokens.principal(of: token.accessToken, for: .registry)?.id == id)
            #expect(try await web.call(token.accessToken, .get, "/subscriptions").status == .unauthorized)
        }
    }

    @Test func `credentials are taken as Basic too, and at the tenant's endpoint`() async throws {
        try await withPrincipal { web, id, secret async throws in
            let basic = "Basic " + Data("\(id):\(secret)".utf8).base64EncodedString()

            #expect(try await ask(web, "scope=", [.authorization: basic]).status == .ok)
            #expect(
                try await ask(web, "scope=", [.authorization: basic], path: "/tenant/oauth2/v2.0/token").status == .ok)
            #expect(
                try await ask(web, "scope=", [.authorization: basic], path: "/other/oauth2/v2.0/token").status
                    == .notFound)
        }
    }

    @Test(
        arguments: [
            ("client_secret=wrong", "invalid_client"), ("", "invalid_client"),
            ("client_secret=SECRET&scope=https://vault.azure.net/.default", "invalid_scope"),
            ("client_secret=SECRET&grant_type=password", "unsupported_grant_type"),
        ])
    func `other logins are 401 in the words of the token endpoint`(form: String, error: String) async throws {
        try await withPrincipal { web, id, secret async throws in
            let answer = try await ask(web, "client_id=\(id)&" + form.replacing("SECRET", with: secret))

            #expect(answer.status == .unauthorized)
            #expect(try answer.decoded(TokenError.self).error == error)
        }
    }

    @Test func `a managed identity shows id and secret in a header`() async throws {
        try await withPrincipal { web, id, secret async throws in
            let name = try #require(HTTPField.Name("X-IDENTITY-HEADER"))
            let path = "/msi?api-version=2019-08-01&resource=https%3A%2F%2Fs%2F"

            let answer = try await web.call(nil, .get, path, headers: [name: "\(id):\(secret)"])

            let fields: [String: String] = try answer.decoded()
            #expect(fields["resource"] == "https://s/" && fields["token_type"] == "Bearer")
            #expect(fields["expires_on"] == "\(Int(web.time.date.timeIntervalSince1970) + 3600)")
            #expect(try await web.call(fields["access_token"], .get, "/subscriptions").status == .ok)
            for bad in ["", id, "\(id):wrong", "anything"] {
                #expect(try await web.call(nil, .get, path, headers: [name: bad]).status == .unauthorized)
            }
            #expect(try await web.call(nil, .get, path).status == .unauthorized)
        }
    }

    @Test func `the OpenID documents lead to the token endpoints`() async throws {
        try await WebFixture.with { web async throws in
            for (path, endpoint) in [
                ("/adfs/.well-known/openid-configuration", "https://localhost/adfs/oauth2/token"),
                ("/TENANT/v2.0/.well-known/openid-configuration", "https://localhost/TENANT/oauth2/v2.0/token"),
            ] {
                let document: OpenIDConfiguration = try await web.call(nil, .get, path).decoded()
                #expect(document.tokenEndpoint == endpoint)
            }
            #expect(
                try await web.call(nil, .get, "/other/v2.0/.well-known/openid-configuration").status == .notFound)
        }
    }

    @Test func `S22 after 20 wrong secrets in a minute it takes a wait, but not for who has the right one`()
        async throws
    {
        try await withPrincipal { web, id, secret async throws in
            for _ in 0..<20 {
                #expect(try await ask(web, "client_id=\(id)&client_secret=x").status == .unauthorized)
            }
            let refused = try await ask(web, "client_id=\(id.uppercased())&client_secret=x")

            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "3")
            #expect(try await ask(web, "client_id=\(id)&client_secret=\(secret)").status == .ok)
            #expect(try await ask(web, "client_id=other&client_secret=x").status == .unauthorized)
            web.time.advance(3)
            #expect(try await ask(web, "client_id=\(id)&client_secret=x").status == .unauthorized)
        }
    }
}
