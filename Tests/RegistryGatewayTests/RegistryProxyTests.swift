import Crypto
import CurlHTTP
import Distribution
import Foundation
import RegistryGateway
import Synchronization
import TaskModel
import TestSupport
import Testing

@Suite(.enabled(if: TestRegistry.isInstalled))
struct RegistryProxyTests {
    @Test func `an image that goes in comes out, though only the server knows the password behind`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let digest = try await fixture.push("team/app", tag: "v1")

            let head = try await fixture.forward("HEAD", .manifest(repository: "team/app", reference: "v1"))
            let get = try await fixture.forward("GET", .manifest(repository: "team/app", reference: digest))
            let tags = try await fixture.forward("GET", .tags(repository: "team/app"))

            #expect(head.status == 200)
            #expect(head.headers["Docker-Content-Digest"] == digest)
            #expect(Int(head.headers["Content-Length"] ?? "") ?? 0 > 100)
            #expect(ProxyFixture.digest(Array(try await get.text().utf8)) == digest)
            #expect(try await tags.text().contains("v1"))
        }
    }

    @Test func `a blob far larger than what is held of it is streamed both ways`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let chunk = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let count = 512
            var hash = SHA256()
            for _ in 0..<count { hash.update(data: chunk) }
            let digest = "sha256:" + hash.finalize().map { String(format: "%02x", $0) }.joined()

            try await fixture.upload(
                .stream(length: nil) { pipe in for _ in 0..<count { try await pipe.write(chunk) } }, digest, to: "big")
            let answer = try await fixture.forward("GET", .blob(repository: "big", digest: digest))

            guard case .stream(let opened, let length) = answer.body else {
                Issue.record("no body")
                return
            }
            var received = SHA256()
            while let bytes = try await opened.response.body.read() { received.update(data: bytes) }
            #expect(length == count * chunk.count)
            #expect("sha256:" + received.finalize().map { String(format: "%02x", $0) }.joined() == digest)
        }
    }

    @Test func `a range is asked for and given`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let digest = try await fixture.upload(
                .bytes(Array("0123456789".utf8)), ProxyFixture.digest(Array("0123456789".utf8)), to: "app")

            let call = RegistryCall(
                "GET", .blob(repository: "app", digest: digest), headers: [HTTPHeader("Range", "bytes=2-4")])
            let answer = try await fixture.proxy.forward(call, to: fixture.registry)

            #expect(answer.status == 206)
            #expect(answer.headers["Content-Range"] == "bytes 2-4/10")
            #expect(try await answer.text() == "234")
        }
    }

    @Test func `a blob is taken over from another repository`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let digest = try await fixture.upload(
                .bytes(Array("shared".utf8)), ProxyFixture.digest(Array("shared".utf8)), to: "one")

            var call = RegistryCall("POST", .uploads(repository: "two"))
            call.mount = BlobMount(digest: digest, source: "one")
            let mounted = try await fixture.proxy.forward(call, to: fixture.registry)
            let without = try await fixture.forward(
                "POST", .uploads(repository: "three"), query: "mount=\(digest)&from=one")

            #expect(mounted.status == 201)
            #expect(without.status == 202)
        }
    }

    @Test func `errors of the registry behind are passed on`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let answer = try await fixture.forward("GET", .manifest(repository: "app", reference: "none"))

            #expect(answer.status == 404)
            #expect(try await answer.text().contains("MANIFEST_UNKNOWN"))
        }
    }

    @Test func `a wrong password behind is told as the server's own trouble`() async throws {
        try await TestRegistry.with(password: true) { behind in
            let registry = Registry(
                name: "front01", loginServer: "front.example.test", endpoint: "http://\(behind.host)",
                credential: Credential(username: "slipway", password: Secret("wrong")), gateway: true)
            let http = HTTPClient()
            let proxy = RegistryProxy(
                http: http, clients: RegistryClient(http: http, endpoints: RegistryEndpoints([registry])))

            let failure = await #expect(throws: RegistryFailure.self) {
                try await proxy.forward(RegistryCall("GET", .tags(repository: "app")), to: registry)
            }
            #expect(failure?.status == 502)
            #expect(failure?.message.contains("front01") == true)
        }
    }

    @Test func `a registry that is not there is 503`() async throws {
        let registry = Registry(
            name: "front01", loginServer: "front.example.test", endpoint: "http://127.0.0.1:1", gateway: true)
        let http = HTTPClient()
        let proxy = RegistryProxy(
            http: http, clients: RegistryClient(http: http, endpoints: RegistryEndpoints([registry])))

        let failure = await #expect(throws: RegistryFailure.self) {
            try await proxy.forward(RegistryCall("GET", .tags(repository: "app")), to: registry)
        }
        #expect(failure?.status == 503)
    }
}
