import TestSupport
import Testing

@testable import CurlHTTP

struct HTTPUploadTests {
    struct Broken: Error, Equatable {}

    let client = HTTPClient()

    @Test(arguments: [nil, Int64(5_000_000)])
    func `a stream arrives whole, in chunks or with its length`(length: Int64?) async throws {
        try await LoopbackServer.with { request, connection in
            let body = try connection.readBody(of: request)
            try connection.answer(201, body: "\(body.count) \(body.allSatisfy { $0 == 7 })")
        } use: { server in
            let body = HTTPBody.stream(length: length) { pipe in
                for _ in 0..<100 { try await pipe.write([UInt8](repeating: 7, count: 50_000)) }
            }
            let (response, bytes) = try await client.fetch(HTTPRequest("PUT", server.url, body: body))

            #expect(response.status == 201)
            #expect(String(decoding: bytes, as: UTF8.self) == "5000000 true")
            #expect(server.requests.first?["Content-Length"] == length.map(String.init))
            #expect(server.requests.first?["Expect"] == nil)
        }
    }

    @Test func `a body goes again where the connection that was kept is gone`() async throws {
        let tries = Counter()
        let body = [UInt8](repeating: 7, count: 300_000)
        try await LoopbackServer.with { request, connection in
            let sent = try connection.readBody(of: request)
            if request.target == "/again" {
                tries.increment()
                if tries.value == 1 { return connection.hangUp() }
            }
            try connection.answer(200, body: "\(sent.count)")
        } use: { server in
            _ = try await client.fetch(HTTPRequest("GET", server.url + "/first"))
            let (_, bytes) = try await client.fetch(HTTPRequest("PUT", server.url + "/again", body: .bytes(body)))

            #expect(String(decoding: bytes, as: UTF8.self) == "300000")
            #expect(tries.value == 2)
            #expect(server.connections == 2)
        }
    }

    @Test(arguments: [nil, Int64(1000)])
    func `a body that fails while it is made never looks complete`(length: Int64?) async throws {
        let (ends, end) = AsyncStream<Bool>.makeStream()
        try await LoopbackServer.with { request, connection in
            do {
                _ = try connection.readBody(of: request)
                end.yield(true)
            } catch {
                end.yield(false)
                throw error
            }
        } use: { server in
            let body = HTTPBody.stream(length: length) { pipe in
                try await pipe.write([1, 2, 3])
                throw Broken()
            }

            await #expect(throws: Broken.self) { try await client.fetch(HTTPRequest("PUT", server.url, body: body)) }
            for await isComplete in ends {
                #expect(!isComplete)
                break
            }
        }
    }

    @Test func `a body that breaks its own pipe is the cause, whatever it throws afterwards`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.waitForHangUp()
        } use: { server in
            let body = HTTPBody.stream(length: nil) { pipe in
                pipe.fail(Broken())
                // Until the exchange has noticed and cancels this task.
                try await BytePipe().read().map { _ in }
            }

            await #expect(throws: Broken.self) { try await client.fetch(HTTPRequest("PUT", server.url, body: body)) }
        }
    }

    @Test func `an answer that comes before the body was sent ends the upload`() async throws {
        try await LoopbackServer.with { _, connection in
            _ = try connection.read(exactly: 10)
            try connection.answer(413, headers: [("Connection", "close")], body: "too much")
            try connection.waitForHangUp()
        } use: { server in
            let body = HTTPBody.stream(length: nil) { pipe in
                while true { try await pipe.write([UInt8](repeating: 0, count: 10_000)) }
            }
            let (response, bytes) = try await client.fetch(HTTPRequest("PUT", server.url, body: body))

            #expect(response.status == 413)
            #expect(bytes == Array("too much".utf8))
        }
    }

    @Test func `bytes at hand are sent with their length`() async throws {
        try await LoopbackServer.with { request, connection in
            try connection.answer(200, body: try connection.readBody(of: request))
        } use: { server in
            let sent = [UInt8](repeating: 3, count: 1_000_000)
            let (_, bytes) = try await client.fetch(HTTPRequest("POST", server.url, body: .bytes(sent)))

            #expect(bytes == sent)
            #expect(server.requests.first?["Content-Length"] == "1000000")
        }
    }

    @Test func `answering while the body still comes lets both flow`() async throws {
        try await LoopbackServer.with { request, connection in
            try connection.write(connection.head(200, headers: [("Transfer-Encoding", "chunked")]))
            for _ in 0..<10 { try connection.write(Array("1\r\nx\r\n".utf8)) }
            let body = try connection.readBody(of: request)
            let text = String(body.count)
            try connection.write(Array("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n0\r\n\r\n".utf8))
        } use: { server in
            let body = HTTPBody.stream(length: nil) { pipe in
                for _ in 0..<20 { try await pipe.write([UInt8](repeating: 1, count: 1000)) }
            }
            let (_, bytes) = try await client.fetch(HTTPRequest("POST", server.url, body: body))

            #expect(String(decoding: bytes, as: UTF8.self) == "xxxxxxxxxx20000")
        }
    }
}
