import TestSupport
import Testing

@testable import CurlHTTP

struct HTTPRedirectTests {
    let client = HTTPClient()

    private func request(_ url: String, redirects: Int? = 5) -> HTTPRequest {
        var request = HTTPRequest(
            "GET", url, headers: [HTTPHeader("Authorization", "Bearer x"), HTTPHeader("X-Kept", "1")])
        request.maxRedirects = redirects
        return request
    }

    @Test func `a redirect within an origin keeps the authorization`() async throws {
        try await LoopbackServer.with { request, connection in
            if request.path == "/a/b" {
                try connection.answer(302, headers: [("Location", "../c?d#e")])
            } else {
                try connection.answer(200, body: request["Authorization"] ?? "none")
            }
        } use: { server in
            let (_, bytes) = try await client.fetch(request(server.url + "/a/b"))

            #expect(bytes == Array("Bearer x".utf8))
            #expect(server.requests.last?.target == "/c?d")
        }
    }

    @Test func `S4 a redirect to another port loses the authorization`() async throws {
        try await LoopbackServer.with { request, connection in
            try connection.answer(200, body: (request["Authorization"] ?? "none") + (request["X-Kept"] ?? ""))
        } use: { target in
            try await LoopbackServer.with { _, connection in
                try connection.answer(307, headers: [("Location", target.url + "/there")])
            } use: { server in
                let (_, bytes) = try await client.fetch(request(server.url))

                #expect(bytes == Array("none1".utf8))
            }
        }
    }

    @Test func `S4 more redirects than allowed are an error`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(301, headers: [("Location", "/again")])
        } use: { server in
            let error = await #expect(throws: HTTPError.self) {
                try await client.fetch(request(server.url, redirects: 3))
            }

            guard case .redirectRefused = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(server.requests.count == 4)
        }
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://user:passwd@127.0.0.1/"])
    func `S2 a redirect to something that is no http is refused, without showing what it holds`(location: String)
        async throws
    {
        try await LoopbackServer.with { _, connection in
            try connection.answer(302, headers: [("Location", location)])
        } use: { server in
            let error = await #expect(throws: HTTPError.self) {
                try await client.fetch(request(server.url + "/?signature"))
            }

            let text = try #require(error?.description)
            #expect(text.contains(server.url))
            #expect(!text.contains("signature"))
            #expect(!text.contains("passwd"))
        }
    }

    @Test func `whoever asks for a redirect to another origin to be checked can refuse it`() async throws {
        struct Refused: Error {}
        try await LoopbackServer.with { request, connection in
            try connection.answer(302, headers: [("Location", request.path == "/" ? "/here" : "http://localhost:1/")])
        } use: { server in
            var request = request(server.url)
            request.onRedirect = { origin in
                if origin.host == "localhost" { throw Refused() }
            }

            await #expect(throws: Refused.self) { try await client.fetch(request) }
            #expect(server.requests.map(\.path) == ["/", "/here"])
        }
    }

    @Test func `a redirect that is not to be followed is an answer`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(302, headers: [("Location", "/x")])
        } use: { server in
            let (response, _) = try await client.fetch(request(server.url, redirects: nil))

            #expect(response.status == 302)
        }
    }

    @Test func `a POST is not sent again elsewhere`() async throws {
        try await LoopbackServer.with { request, connection in
            _ = try connection.readBody(of: request)
            try connection.answer(307, headers: [("Location", "/x")])
        } use: { server in
            var request = HTTPRequest("POST", server.url, body: .bytes([1]))
            request.maxRedirects = 5
            let (response, _) = try await client.fetch(request)

            #expect(response.status == 307)
            #expect(server.requests.count == 1)
        }
    }
}
