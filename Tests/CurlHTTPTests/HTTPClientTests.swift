import Foundation
import TestSupport
import Testing

@testable import CurlHTTP

struct HTTPClientTests {
    struct Broken: Error, Equatable {}

    let client = HTTPClient()

    @Test func `an answer has status, headers and body`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(404, headers: [("X-One", "1"), ("X-Empty", "")], body: "nothing here")
        } use: { server in
            let (response, bytes) = try await client.fetch(
                HTTPRequest("GET", server.url + "/a?b=c", headers: [HTTPHeader("X-Sent", "")]))

            #expect(response.status == 404)
            #expect(response.headers["x-one"] == "1")
            #expect(response.headers["X-Empty"] == "")
            #expect(bytes == Array("nothing here".utf8))
            #expect(server.requests.first?.target == "/a?b=c")
            #expect(server.requests.first?["X-Sent"] == "")
        }
    }

    @Test func `requests of one client share a connection`() async throws {
        let connections = Counter()
        try await LoopbackServer.with { request, connection in
            if request.target == "/0" { connections.increment() }
            try connection.answer(200, headers: [("X-Peer", "\(ObjectIdentifier(connection))")])
        } use: { server in
            var peers: Set<String> = []
            for index in 0..<3 {
                let (response, _) = try await client.fetch(HTTPRequest("GET", server.url + "/\(index)"))
                peers.insert(response.headers["X-Peer"] ?? "")
            }

            #expect(peers.count == 1)
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "HEAD", "PATCH"])
    func `a request without body has none`(method: String) async throws {
        try await LoopbackServer.with { request, connection in
            _ = try connection.readBody(of: request)
            try connection.write(
                connection.head(200, headers: [("Content-Length", request.method == "HEAD" ? "1234" : "0")]))
        } use: { server in
            let (response, bytes) = try await client.fetch(HTTPRequest(method, server.url))

            #expect(response.status == 200)
            #expect(bytes.isEmpty)
            #expect(server.requests.first?.method == method)
            #expect(server.requests.first?["Content-Type"] == nil)
        }
    }

    @Test func `interim answers are passed over`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.write(connection.head(103, headers: [("Link", "early")]))
            try connection.answer(200, headers: [("X-Last", "1")])
        } use: { server in
            let (response, _) = try await client.fetch(HTTPRequest("GET", server.url))

            #expect(response.status == 200)
            #expect(response.headers["Link"] == nil)
        }
    }

    @Test func `a body of many bytes is streamed down`() async throws {
        let block = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        try await LoopbackServer.with { _, connection in
            try connection.write(connection.head(200, headers: [("Content-Length", String(block.count * 100))]))
            for _ in 0..<100 { try connection.write(block) }
        } use: { server in
            let count = try await client.send(HTTPRequest("GET", server.url)) { response in
                var count = 0
                for try await bytes in response.body { count += bytes.count }
                return count
            }

            #expect(count == block.count * 100)
        }
    }

    @Test func `an answer over the limit is refused`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(200, body: [UInt8](repeating: 0, count: 1001))
        } use: { server in
            await #expect(throws: HTTPError.tooLarge(limit: 1000)) {
                try await client.fetch(HTTPRequest("GET", server.url), limit: 1000)
            }
        }
    }

    @Test func `a body cut off is an error and not a short body`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.write(connection.head(200, headers: [("Content-Length", "10")]) + [1, 2, 3])
            connection.hangUp()
        } use: { server in
            let error = await #expect(throws: HTTPError.self) { try await client.fetch(HTTPRequest("GET", server.url)) }

            guard case .broken = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `no listener is no connection`() async throws {
        let url = try await LoopbackServer.with({ _, _ in }) { server in server.url }

        let error = await #expect(throws: HTTPError.self) { try await client.fetch(HTTPRequest("GET", url)) }

        guard case .cannotConnect = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a unix socket is connected to by its path`() async throws {
        let path = NSTemporaryDirectory() + "loopback-\(UInt32.random(in: 0 ... .max)).sock"
        defer { unlink(path) }
        try await LoopbackServer.with(unixSocket: path) { _, connection in
            try connection.answer(200, body: "pong")
        } use: { server in
            let (_, bytes) = try await client.fetch(HTTPRequest("GET", "http://docker/_ping", unixSocket: path))

            #expect(bytes == Array("pong".utf8))
            #expect(server.requests.first?["Host"] == "docker")
        }
    }

    @Test(arguments: [
        HTTPRequest("GET", "http://127.0.0.1/", headers: [HTTPHeader("X", "a\r\nEvil: 1")]),
        HTTPRequest("GET", "http://127.0.0.1/", headers: [HTTPHeader("X\nY", "a")]),
        HTTPRequest("GET", "http://127.0.0.1/", headers: [HTTPHeader("X", "a\0b")]),
        HTTPRequest("GET", "http://127.0.0.1/", headers: [HTTPHeader("", "a")]),
        HTTPRequest("GET", "http://127.0.0.1/a b"),
        HTTPRequest("GET", "http://127.0.0.1/\r\nEvil: 1"),
        HTTPRequest("GET", "file:///etc/passwd"),
        HTTPRequest("GET", "gopher://127.0.0.1/"),
        HTTPRequest("GET /x HTTP/1.1\r\nEvil: 1\r\n", "http://127.0.0.1/"),
    ])
    func `S12 a request that could smuggle lines is refused`(request: HTTPRequest) async throws {
        let error = await #expect(throws: HTTPError.self) { try await client.fetch(request) }

        guard case .invalidRequest = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
