import CurlHTTP
import Foundation
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import ResourceAPI

struct ResourceClientTests {
    private struct Broken: Error, Equatable {}

    private final class MemoryCache: TokenCache {
        private let token = Mutex<AccessToken?>(nil)

        func load() -> AccessToken? { token.withLock { $0 } }
        func store(_ token: AccessToken) { self.token.withLock { $0 = token } }
    }

    private let registry = ResourceID(subscription: "S", resourceGroup: "G", registry: "acme01")

    private func client(
        _ server: LoopbackServer, secret: String = ResourceAPIStub.secret, cache: (any TokenCache)? = nil
    ) -> ResourceClient {
        let http = HTTPClient()
        let credential = Credential(username: "me", password: Secret(secret))
        return ResourceClient(
            server: server.url,
            tokens: TokenSource(server: server.url, credential: credential, http: http, cache: cache), http: http)
    }

    // MARK: Login

    @Test func `one token serves many calls and many clients`() async throws {
        let stub = ResourceAPIStub()
        let cache = MemoryCache()
        try await stub.serve { server in
            for _ in 0..<3 {
                let client = client(server, cache: cache)
                _ = try await client.subscriptions()
                _ = try await client.registries()
            }
        }

        #expect(stub.now.tokensGiven == 1)
    }

    @Test func `a token that ends within a minute is not used again`() async throws {
        let stub = ResourceAPIStub()
        stub.change { $0.tokenLifetime = 59 }
        try await stub.serve { server in
            let client = client(server)
            _ = try await client.subscriptions()
            _ = try await client.subscriptions()
        }

        #expect(stub.now.tokensGiven == 2)
    }

    @Test func `a refused token is replaced once`() async throws {
        let stub = ResourceAPIStub()
        try await stub.serve { server in
            let client = client(server, cache: MemoryCache())
            _ = try await client.subscriptions()
            stub.change { $0.oldestToken = 2 }

            #expect(try await client.subscriptions().count == 1)
            #expect(stub.now.tokensGiven == 2)

            stub.change { $0.oldestToken = 99 }
            let error = await #expect(throws: ResourceError.self) { try await client.subscriptions() }
            guard case .loginRefused = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(stub.now.tokensGiven == 3)
        }
    }

    @Test func `a wrong secret is told in the server's words and not repeated`() async throws {
        try await ResourceAPIStub().serve { server in
            let error = await #expect(throws: ResourceError.self) {
                try await client(server, secret: "hunter2").subscriptions()
            }

            #expect(error == .loginRefused(server: server.url, reason: "The client secret is wrong."))
            #expect(!"\(String(describing: error))".contains("hunter2"))
        }
    }

    // MARK: Calls

    @Test func `a registry is found in any case, or as the only one`() async throws {
        try await ResourceAPIStub().serve { server in
            let client = client(server)

            let byName = try await client.findRegistry(named: "ACME01")
            let only = try await client.findRegistry(named: nil)
            #expect(byName == registry)
            #expect(only == registry)
            await #expect(throws: ResourceError.noRegistry(name: "other", known: ["acme01"])) {
                try await client.findRegistry(named: "other")
            }
        }
    }

    @Test func `listings are read page by page up to the wished number`() async throws {
        let stub = ResourceAPIStub()
        stub.change { $0.pages = [["ca3", "ca2"], [], ["ca1"]] }
        try await stub.serve { server in
            let client = client(server)

            let all = try await client.runs(in: registry)
            let one = try await client.runs(in: registry, filter: "TaskName eq 'a b'", top: 1)

            #expect(all.map(\.name) == ["ca3", "ca2", "ca1"])
            #expect(one.map(\.name) == ["ca3"])
            #expect(server.requests.last?.target.contains("$top=1&$filter=TaskName%20eq%20%27a%20b%27") == true)
        }
    }

    @Test func `a busy server is asked again`() async throws {
        let stub = ResourceAPIStub()
        stub.change { $0.busyAnswers = 3 }
        try await stub.serve { server in
            let subscriptions = try await client(server).subscriptions()
            #expect(subscriptions.count == 1)

            stub.change { $0.busyAnswers = 4 }
            await #expect(throws: ResourceError.self) { try await client(server).subscriptions() }
        }
    }

    @Test func `what does not exist says so`() async throws {
        try await ResourceAPIStub().serve { server in
            let error = await #expect(throws: ResourceError.self) {
                try await client(server).run(registry.run(RunID(sequence: 2)))
            }

            #expect(error?.isNotFound == true)
        }
    }

    @Test func `no server is unreachable, with advice`() async throws {
        let url = try await LoopbackServer.with({ _, _ in }) { server in server }

        let error = await #expect(throws: ResourceError.self) { try await client(url).subscriptions() }

        guard case .unreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("slipway login --server") == true)
    }

    // MARK: Uploads

    @Test func `a context is uploaded as it is made, without the token`() async throws {
        let stub = ResourceAPIStub()
        try await stub.serve { server in
            let client = client(server)
            let place = try await client.sourceUpload(in: registry)
            try await client.upload(to: place) { pipe in for byte in UInt8(0)..<100 { try await pipe.write([byte]) } }

            #expect(stub.now.uploads == [Array(0..<100)])
            #expect(server.requests.last?["Authorization"] == nil)
            #expect(server.requests.last?["x-ms-blob-type"] == "BlockBlob")
            #expect(place.relativePath == "source/c.tar.gz")
        }
    }

    @Test func `a context that can't be packed never arrives`() async throws {
        let stub = ResourceAPIStub()
        try await stub.serve { server in
            let client = client(server)
            let place = try await client.sourceUpload(in: registry)

            await #expect(throws: Broken.self) {
                try await client.upload(to: place) { pipe in
                    try await pipe.write([UInt8](repeating: 1, count: 1000))
                    throw Broken()
                }
            }
            await stub.wait { $0.brokenUploads == 1 }
            #expect(stub.now.uploads.isEmpty)
        }
    }

    @Test func `a refused upload is told in the server's words`() async throws {
        let stub = ResourceAPIStub()
        stub.change { $0.uploadStatus = 413 }
        try await stub.serve { server in
            let client = client(server)
            let place = try await client.sourceUpload(in: registry)

            await #expect(
                throws: ResourceError.uploadRefused(status: 413, code: "ContextTooLarge", message: "More than 4 <GiB>.")
            ) {
                try await client.upload(to: place) { pipe in
                    while true { try await pipe.write([UInt8](repeating: 1, count: 10_000)) }
                }
            }
        }
    }
}
