import Crypto
import Foundation
import TaskModel
import Testing

@testable import Forges

/// Who may deliver, and what becomes of deliveries that are not what they should be.
struct WebhookProofTests {
    private static let body = Array(#"{"a": 1}"#.utf8)

    @Test(arguments: ForgeKind.allCases)
    func `S15 a delivery counts only with the proof of its secret over its very bytes`(forge: ForgeKind) {
        let reader = forge.webhooks
        let right = Payload.webhook(forge, body: Self.body)
        let other = Payload.webhook(forge, body: Self.body, secret: Secret("other"))
        let changed = Webhook(headers: right.headers, body: Self.body + [0x20])

        #expect(reader.isAuthentic(right, secret: Payload.secret))
        #expect(!reader.isAuthentic(right, secret: Secret("other")))
        #expect(!reader.isAuthentic(other, secret: Payload.secret))
        // GitLab and Azure send a secret beside the body, and no proof of the body.
        let hasProofOfBody = ![.gitLab, .azureRepos].contains(forge)
        #expect(reader.isAuthentic(changed, secret: Payload.secret) == !hasProofOfBody)
    }

    @Test(arguments: ForgeKind.allCases)
    func `S15 there is no way without a secret`(forge: ForgeKind) {
        let bare = Webhook(headers: ["content-type": "application/json"], body: Self.body)
        let empty = Payload.webhook(forge, body: Self.body, secret: Secret("x"))
        let names = ["x-hub-signature-256", "x-hub-signature", "x-gitlab-token", "x-gitea-signature", "authorization"]

        #expect(!forge.webhooks.isAuthentic(bare, secret: Payload.secret))
        #expect(!forge.webhooks.isAuthentic(bare, secret: Secret("")))
        #expect(!forge.webhooks.isAuthentic(empty, secret: Secret("")))
        for value in ["", "sha256=", "sha256=zz", "sha256=0", "Basic ", "Basic !!", "Basic Og==", "é", "v1,"] {
            let headers = Dictionary(uniqueKeysWithValues: names.map { ($0, value) })
            let broken = Webhook(headers: headers, body: Self.body)
            #expect(!forge.webhooks.isAuthentic(broken, secret: Payload.secret))
            #expect(!forge.webhooks.isAuthentic(broken, secret: Secret("")))
        }
    }

    @Test(arguments: [(0, true), (299, true), (-299, true), (301, false), (-301, false)])
    func `S15 a signed time may be five minutes off`(seconds: Int, isAuthentic: Bool) {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let time = "\(1_800_000_000 + seconds)"
        let key = SymmetricKey(data: Data(repeating: 7, count: 32))
        let code = HMAC<SHA256>.authenticationCode(for: Array("d1.\(time).".utf8) + Self.body, using: key)
        let signature = "v1,AAAA v1,\(Data(code).base64EncodedString())"
        let headers = ["webhook-id": "d1", "webhook-timestamp": time, "webhook-signature": signature]
        let reader = ForgeKind.gitLab.webhooks

        let webhook = Webhook(headers: headers, body: Self.body)
        let changed = Webhook(headers: headers, body: Self.body + [0x20])
        // The token beside it does not heal a wrong signature.
        let both = Webhook(
            headers: headers.merging(["x-gitlab-token": Payload.secret.value]) { $1 }, body: Self.body + [0x20])

        #expect(reader.isAuthentic(webhook, secret: Payload.secret, at: now) == isAuthentic)
        #expect(!reader.isAuthentic(changed, secret: Payload.secret, at: now))
        #expect(!reader.isAuthentic(both, secret: Payload.secret, at: now))
    }

    @Test(arguments: [
        (ForgeKind.gitHub, "x-github-delivery"), (.gitLab, "idempotency-key"), (.gitLab, "x-gitlab-event-uuid"),
        (.gitea, "x-gitea-delivery"), (.gitea, "x-forgejo-delivery"), (.bitbucket, "x-request-uuid"),
        (.bitbucketDataCenter, "x-request-id"),
    ])
    func `D5 a delivery has the id that its forge gives it`(forge: ForgeKind, header: String) {
        func id(_ value: String) -> String? {
            forge.webhooks.deliveryID(of: Webhook(headers: [header: value], body: []))
        }

        #expect(id("5b1e-77") == "5b1e-77")
        #expect(id("") == nil)
        #expect(id(String(repeating: "x", count: 201)) == nil)
        #expect(id("a\nb") == nil)
    }

    @Test func `D5 Azure's delivery has its id in the body`() throws {
        let webhook = try Payload(forge: .azureRepos, file: "push").webhook()

        #expect(ForgeKind.azureRepos.webhooks.deliveryID(of: webhook) == "9feeeeee-0000-4000-8000-000000000004")
        #expect(ForgeKind.azureRepos.webhooks.deliveryID(of: Webhook(headers: [:], body: [0xff])) == nil)
    }

    @Test(arguments: [
        (#""ref": "refs/heads/main""#, #""ref": "refs/heads/-x..y""#, "ref"),
        (#""ref": "refs/heads/main""#, #""ref": "main""#, "ref"),
        (#""ref": "refs/heads/main""#, #""ref": "refs/heads/a\u0000b""#, "ref"),
        (#""ref": "refs/heads/main""#, #""ref": 7"#, "ref"),
        (#""after": "b2"#, #""after": "zz"#, "after"),
        (#""after": "b2"#, #""after": "--b2"#, "after"),
        (#""before": "#, #""was": "#, "before"),
        (#""repository": {"#, #""store": {"#, "repository"),
    ])
    func `what git would not take is refused by name`(text: String, other: String, name: String) throws {
        let body = String(decoding: try Payload(forge: .gitHub, file: "push").body(), as: UTF8.self)
        let broken = body.replacingOccurrences(of: text, with: other)
        try #require(broken != body)

        let error = #expect(throws: ForgeError.self) {
            try ForgeKind.gitHub.webhooks.events(
                in: Payload.webhook(.gitHub, event: "push", body: Array(broken.utf8)))
        }

        #expect(error?.description.contains(name) == true)
    }

    /// Every payload cut off everywhere, and with values of other kinds.
    @Test(arguments: ForgeKind.allCases)
    func `S24 no delivery ends the process`(forge: ForgeKind) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "Payloads/\(forge.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let events = [
            "push", "delete", "pull_request", "repo:push", "pullrequest:created", "repo:refs_changed", "pr:opened",
        ]
        try #require(!files.isEmpty)

        for file in files {
            let whole = Array(try Data(contentsOf: folder.appending(path: file)))
            let bodies =
                stride(from: 0, to: whole.count, by: 97).map { Array(whole.prefix($0)) }
                + ["null", "[]", "7", "{\"object_kind\":{}}", String(repeating: "[", count: 100_000)].map {
                    Array($0.utf8)
                }
                + [
                    Array(String(decoding: whole, as: UTF8.self).replacingOccurrences(of: "{", with: "[").utf8),
                    [0xff, 0xfe],
                ]
            for body in bodies {
                for event in events {
                    let webhook = Payload.webhook(forge, event: event, body: body)
                    _ = try? forge.webhooks.events(in: webhook)  // any answer will do
                }
            }
        }
    }
}
