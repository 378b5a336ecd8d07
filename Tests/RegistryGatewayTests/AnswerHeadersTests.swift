import CurlHTTP
import Testing

@testable import RegistryGateway

struct AnswerHeadersTests {
    private let headers = AnswerHeaders(endpoint: "http://127.0.0.1:5000", loginServer: "front.example.test")

    @Test(arguments: [
        ("http://127.0.0.1:5000/v2/app/blobs/uploads/x?_state=a%2Bb", "/v2/app/blobs/uploads/x?_state=a%2Bb"),
        ("/v2/app/blobs/uploads/x", "/v2/app/blobs/uploads/x"),
        ("HTTP://127.0.0.1:5000/v2/app/manifests/v1", "/v2/app/manifests/v1"),
    ])
    func `an address at the registry behind leads to this server`(location: String, expected: String) throws {
        let shown = try headers.shown([HTTPHeader("Location", location)], status: 202)

        #expect(shown["Location"] == "https://front.example.test" + expected)
    }

    @Test(arguments: [
        "https://storage.example.test/upload", "http://127.0.0.1:5001/v2/app/blobs/uploads/x",
        "/elsewhere/app", "//evil.test/v2/", "",
    ])
    func `an upload that goes on elsewhere is refused, and where something is elsewhere is not told`(
        location: String
    ) throws {
        #expect(throws: RegistryFailure.self) {
            try headers.shown([HTTPHeader("Location", location)], status: 202)
        }
        #expect(try headers.shown([HTTPHeader("Location", location)], status: 201).isEmpty)
    }

    @Test(arguments: [
        (#"</v2/_catalog?last=x&n=1>; rel="next""#, #"</v2/_catalog?last=x&n=1>; rel="next""#),
        (#"<http://127.0.0.1:5000/v2/_catalog?n=1>; rel="next""#, #"</v2/_catalog?n=1>; rel="next""#),
    ])
    func `links to more lead here too`(link: String, expected: String) throws {
        #expect(try headers.shown([HTTPHeader("Link", link)], status: 200)["Link"] == expected)
    }

    @Test func `what is the registry's own business is not shown`() throws {
        let own = ["Server", "WWW-Authenticate", "Set-Cookie", "Connection", "Transfer-Encoding", "X-Powered-By"]

        #expect(try headers.shown(own.map { HTTPHeader($0, "x") }, status: 200).isEmpty)
    }
}
