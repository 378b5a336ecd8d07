import CurlHTTP
import TaskModel
import TestSupport
import Testing

@testable import Distribution

/// Answers that a real registry doesn't give on cue.
struct RegistryFailureTests {
    private func client() -> RegistryClient {
        RegistryClient(http: HTTPClient(), endpoints: RegistryEndpoints { "http://" + $0 })
    }

    private func image(_ stub: HTTPStub) throws -> ImageReference {
        try ImageReference("\(stub.host)/app:v1")
    }

    @Test(arguments: [
        (429, ["Retry-After": "7"], Duration.seconds(7)),
        (503, ["Retry-After": "Sun, 06 Nov 1994 08:50:07 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"], .seconds(30)),
        (503, ["Retry-After": "soon"], nil),
        (408, [:], nil), (500, [:], nil),
    ])
    func `F10: what may pass is temporary and keeps the time it was given`(
        status: Int, headers: [String: String], retryAfter: Duration?
    ) async throws {
        try await HTTPStub.with({ _ in HTTPStub.Response(status: status, headers: headers) }) { stub in
            await #expect(
                throws: DistributionError.temporary(registry: stub.host, status: status, retryAfter: retryAfter)
            ) {
                try await client().resolve(try image(stub))
            }
        }
    }

    @Test func `F10: a registry that answers 429 and then well is waited for`() async throws {
        let clock = TestClock()
        let digest = "sha256:" + String(repeating: "b", count: 64)
        let answers = Answers([
            HTTPStub.Response(status: 429, headers: ["Retry-After": "3"]),
            HTTPStub.Response(isReset: true),
            HTTPStub.Response(headers: [
                "Docker-Content-Digest": digest, "Content-Type": MediaType.ociIndex, "Content-Length": "10",
            ]),
        ])
        try await HTTPStub.with({ _ in answers.next() }) { stub in
            let client = client()
            let image = try image(stub)

            let resolved = try await RetryPolicy(clock: clock, random: { 0 }).run { try await client.resolve(image) }

            #expect(resolved.digest == digest)
            #expect(clock.slept == [.seconds(3), .seconds(2)])
        }
    }

    @Test func `a port where nobody listens is unreachable`() async throws {
        let port = try await HTTPStub.with({ _ in HTTPStub.Response() }) { $0.port }

        await #expect {
            try await RegistryClient(http: HTTPClient()).ping("127.0.0.1:\(port)")
        } throws: { error in
            guard case DistributionError.unreachable = error else { return false }
            return true
        }
    }

    @Test(arguments: [
        (
            HTTPStub.Response(status: 400, body: #"{"errors":[{"code":"NAME_INVALID","message":"bad\nname"}]}"#),
            "400: bad\\u{a}name"
        ),
        (
            HTTPStub.Response(status: 403, body: #"{"errors":[{"code":"DENIED"}]}"#),
            "denies access without login: DENIED"
        ),
        (
            HTTPStub.Response(headers: ["Content-Type": "text/html"], body: "<html>"),
            "does not speak the registry protocol"
        ),
        (
            HTTPStub.Response(
                headers: ["Docker-Content-Digest": "sha256:" + String(repeating: "c", count: 64)], body: "{}"),
            "should have the digest"
        ),
    ])
    func `other answers are told apart`(response: HTTPStub.Response, message: String) async throws {
        try await HTTPStub.with({ _ in response }) { stub in
            await #expect {
                try await client().manifest(try image(stub))
            } throws: { error in
                "\(error)".contains(message)
            }
        }
    }

    @Test func `a server that knows no HEAD is asked with GET`() async throws {
        let config = #"{"mediaType":"c","digest":"sha256:\#(String(repeating: "d", count: 64))","size":2}"#
        let body = #"{"schemaVersion":2,"config":\#(config),"layers":[]}"#
        try await HTTPStub.with({ request in
            request.method == "HEAD"
                ? HTTPStub.Response(status: 405)
                : HTTPStub.Response(headers: ["Content-Type": MediaType.ociManifest], body: body)
        }) { stub in
            let resolved = try await client().resolve(try image(stub))

            #expect(resolved.mediaType == MediaType.ociManifest)
            #expect(resolved.size == Int64(body.utf8.count))
        }
    }

    @Test func `pages that lead back to themselves end the list`() async throws {
        let next = #"<https://elsewhere.example/v2/app/tags/list?n=1&last=a>; rel="next""#
        let page = HTTPStub.Response(headers: ["Link": next], body: #"{"name":"app","tags":["a"]}"#)
        try await HTTPStub.with({ _ in page }) { stub in
            let tags = try await client().tags(of: "app", in: stub.host)

            #expect(tags == ["a", "a"])
            #expect(stub.requests.map(\.target) == ["/v2/app/tags/list?n=1000", "/v2/app/tags/list?n=1&last=a"])
        }
    }

    @Test func `names that would change the URL are refused before anything is sent`() async throws {
        try await HTTPStub.with({ _ in HTTPStub.Response() }) { stub in
            for repository in ["../../x", "a?b", "a b", ""] {
                let image = ImageReference(registry: stub.host, repository: repository, tag: "v1")
                await #expect(throws: InvalidName.self) { try await client().resolve(image) }
                await #expect(throws: InvalidName.self) { try await client().tags(of: repository, in: stub.host) }
            }

            #expect(stub.requests.isEmpty)
        }
    }
}
