import TestSupport
import Testing

@testable import CurlHTTP

struct HTTPLimitsTests {
    private func client(_ policy: AddressPolicy?) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.addressPolicy = policy
        return HTTPClient(configuration)
    }

    @Test func `S3 a loopback address is refused unless its origin or network is allowed`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(200)
        } use: { server in
            let request = HTTPRequest("GET", server.url)
            let network = try #require(Network("127.0.0.1/32"))

            await #expect(throws: HTTPError.addressBlocked(origin: server.url)) {
                try await client(AddressPolicy()).fetch(request)
            }
            let byOrigin = try await client(AddressPolicy(allowedOrigins: [server.url])).fetch(request)
            let byNetwork = try await client(AddressPolicy(allowed: [network])).fetch(request)
            #expect(byOrigin.response.status == 200)
            #expect(byNetwork.response.status == 200)
            #expect(server.requests.count == 2)
        }
    }

    @Test func `S3 names are checked by the address they have`() async throws {
        await #expect(throws: HTTPError.addressBlocked(origin: "http://localhost:9")) {
            try await client(AddressPolicy()).fetch(HTTPRequest("GET", "http://localhost:9"))
        }
    }

    @Test func `S3 each redirect is checked`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(200)
        } use: { target in
            try await LoopbackServer.with { _, connection in
                try connection.answer(302, headers: [("Location", target.url)])
            } use: { server in
                var request = HTTPRequest("GET", server.url)
                request.maxRedirects = 5

                await #expect(throws: HTTPError.addressBlocked(origin: target.url)) {
                    try await client(AddressPolicy(allowedOrigins: [server.url])).fetch(request)
                }
                #expect(target.requests.isEmpty)
            }
        }
    }

    @Test func `T17 an exchange that takes too long is given up`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.waitForHangUp()
        } use: { server in
            var request = HTTPRequest("GET", server.url)
            request.timeout = .milliseconds(100)

            let error = await #expect(throws: HTTPError.self) { try await client(nil).fetch(request) }

            guard case .timedOut = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `T17 an answer that stalls is given up`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.write(connection.head(200, headers: [("Content-Length", "10")]) + [1])
            try connection.waitForHangUp()
        } use: { server in
            var request = HTTPRequest("GET", server.url)
            request.idleTimeout = .seconds(1)

            let error = await #expect(throws: HTTPError.self) { try await client(nil).fetch(request) }

            guard case .timedOut = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: [false, true])
    func `cancelling the task breaks a stalled exchange off`(isUpload: Bool) async throws {
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let (left, departure) = AsyncStream<Void>.makeStream()
        try await LoopbackServer.with { _, connection in
            arrival.yield()
            try connection.waitForHangUp()
            departure.yield()
        } use: { server in
            let client = client(nil)
            let body: HTTPBody =
                isUpload ? .stream(length: nil) { pipe in while true { try await pipe.write([1]) } } : .none
            let result = await withTaskGroup(of: Result<Int, any Error>.self) { group in
                group.addTask {
                    do {
                        return .success(
                            try await client.fetch(HTTPRequest("PUT", server.url, body: body)).response.status)
                    } catch {
                        return .failure(error)
                    }
                }
                for await _ in arrived { break }
                group.cancelAll()
                return await group.next()
            }

            #expect(throws: CancellationError.self) { try result?.get() }
            for await _ in left { break }
        }
    }

    @Test func `an exchange of a canceled task is never begun`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(200)
        } use: { server in
            let client = client(nil)
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                for _ in 0..<50 {
                    group.addTask {
                        await #expect(throws: CancellationError.self) {
                            try await client.fetch(HTTPRequest("GET", server.url))
                        }
                    }
                }
            }

            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a reader that leaves early closes the connection`() async throws {
        let (left, departure) = AsyncStream<Void>.makeStream()
        try await LoopbackServer.with { _, connection in
            defer { departure.yield() }
            try connection.write(connection.head(200, headers: [("Content-Length", "100000000")]))
            while true { try connection.write([UInt8](repeating: 0, count: 100_000)) }
        } use: { server in
            let first = try await client(nil).send(HTTPRequest("GET", server.url)) { response in
                try await response.body.read()?.first
            }

            #expect(first == 0)
            for await _ in left { break }
        }
    }
}
