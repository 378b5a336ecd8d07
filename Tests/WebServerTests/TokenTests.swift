import Crypto
import Foundation
import JWTKit
import Synchronization
import Storage
import TaskModel
import Testing

@testable import WebServer

/// Tokens, and the keys that sign them.
struct TokenTests {
    private func key(_ byte: UInt8) -> TokenKeys.Key {
        TokenKeys.Key(id: "key\(byte)", key: SymmetricKey(data: Data(repeating: byte, count: 64)))
    }

    private func claims(_ web: WebFixture, _ id: String, _ secret: String) -> TokenService.Claims {
        let now = web.time.date
        return TokenService.Claims(
            iss: "slipway", aud: "slipway", sub: SubjectClaim(value: id), iat: IssuedAtClaim(value: now),
            nbf: NotBeforeClaim(value: now), exp: ExpirationClaim(value: now.addingTimeInterval(3600)), tid: "TENANT",
            oid: id, appid: id, sid: secret)
    }

    @Test func `S18 issuer, audience, tenant and times are checked, with 60 s to spare`() async throws {
        try await WebFixture.with { web async throws in
            let record = try await web.principals.create(named: "a", roles: [], at: web.time.date).record
            let good = claims(web, record.principal.id, record.secrets[0].id)
            let now = web.time.date
            let changes: [(Bool, (inout TokenService.Claims) -> Void)] = [
                (true, { _ in }), (false, { $0.iss = "other" }), (false, { $0.aud = "other" }),
                (false, { $0.aud = AudienceClaim(value: ["slipway", "other"]) }), (false, { $0.tid = "other" }),
                (false, { $0.sub = "other" }),
                (false, { $0.sid = "other" }), (true, { $0.nbf.value = now.addingTimeInterval(60) }),
                (false, { $0.nbf.value = now.addingTimeInterval(61) }),
                (true, { $0.exp.value = now.addingTimeInterval(-59) }),
                (false, { $0.exp.value = now.addingTimeInterval(-60) }),
            ]

            for (index, (isGood, change)) in changes.enumerated() {
                var claims = good
                change(&claims)
                let token = try await web.tokens.sign(claims)
                #expect((try await web.tokens.principal(of: token) != nil) == isGood, "change \(index)")
            }
        }
    }

    @Test func `S18 neither the algorithm nor the key comes from the token`() async throws {
        try await WebFixture.with { web async throws in
            let record = try await web.principals.create(named: "a", roles: [], at: web.time.date).record
            let claims = claims(web, record.principal.id, record.secrets[0].id)
            let parts = try await web.tokens.sign(claims).split(separator: ".")
            let key = SymmetricKey(data: Data(repeating: 1, count: 32))
            func token(_ header: String, _ key: SymmetricKey) -> String {
                let signed = encoded(Data(header.utf8)) + "." + parts[1]
                let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)
                return signed + "." + encoded(code.withUnsafeBytes { Data($0) })
            }
            let other = SymmetricKey(data: Data(repeating: 2, count: 32))

            #expect(try await web.tokens.principal(of: token(#"{"alg":"HS256","kid":"k"}"#, key)) != nil)
            for bad in [
                token(#"{"alg":"HS256","kid":"k"}"#, other), token(#"{"alg":"none","kid":"k"}"#, key),
                token(#"{"alg":"HS512","kid":"k"}"#, key), token(#"{"alg":"HS256","kid":"other"}"#, key),
                token(#"{"alg":"HS256"}"#, key), token(#"{"alg":"HS256","kid":"k","jwk":{}}"#, other), token("{", key),
                "\(parts[0]).\(parts[1]).", "..", "", "\(parts[0]).\(parts[1])",
                String(repeating: "a", count: 1 << 20),
            ] {
                #expect(try await web.tokens.principal(of: bad) == nil, "\(bad.prefix(100))")
            }
        }
    }

    private func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test func `S18 the newest key signs, and the older one verifies until its tokens are over`() async throws {
        let keys = Mutex(TokenKeys(signing: key(1)))
        try await WebFixture.with(keys: { keys.withLock { $0 } }) { web async throws in
            let first = try await web.login(RoleAssignment(.reader))
            keys.withLock {
                $0 = TokenKeys(signing: key(2), older: [(key(1), web.time.date.addingTimeInterval(120))])
            }
            let second = try await web.login(RoleAssignment(.reader))

            #expect(try await web.tokens.principal(of: first) != nil)
            #expect(try await web.tokens.principal(of: second) != nil)
            web.time.advance(120)
            #expect(try await web.tokens.principal(of: first) == nil)
            #expect(try await web.tokens.principal(of: second) != nil)
            keys.withLock { $0 = TokenKeys(signing: key(3)) }
            #expect(try await web.tokens.principal(of: second) == nil)
        }
    }

    @Test func `a token ends with the secret it was issued for, at once or after the grace`() async throws {
        try await WebFixture.with { web async throws in
            let made = try await web.principals.create(named: "a", roles: [], at: web.time.date)
            let id = made.record.principal.id
            func issue(_ secret: Secret) async throws -> String {
                try #require(try await web.tokens.issue(clientID: id, secret: secret.value)).value
            }
            let first = try await issue(made.secret)
            let second = try await issue(
                try await web.principals.rotate(id, grace: .seconds(60), at: web.time.date).secret)

            #expect(try await web.tokens.principal(of: first) != nil)
            web.time.advance(60)
            #expect(try await web.tokens.principal(of: first) == nil)
            #expect(try await web.tokens.principal(of: second) != nil)
            let third = try await issue(try await web.principals.rotate(id, grace: .zero, at: web.time.date).secret)
            #expect(try await web.tokens.principal(of: second) == nil)
            #expect(try await web.tokens.principal(of: third) != nil)
            _ = try await web.principals.create(named: "admin", roles: [RoleAssignment(.admin)], at: web.time.date)
            try await web.principals.delete(id, at: web.time.date)
            #expect(try await web.tokens.principal(of: third) == nil)
        }
    }
}
