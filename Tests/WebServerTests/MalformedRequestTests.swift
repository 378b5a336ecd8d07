import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import TaskModel
import Testing

@testable import WebServer

/// Requests that no route is for, or whose body can't be read: all are answered in the ARM envelope.
struct MalformedRequestTests {
    private static let schedule = WebFixture.scope + "local01/scheduleRun"

    @Test func `a method that a path does not have is 405, and told which it has`() async throws {
        try await WebFixture.with { web async throws in
            for route in web.routes {
                let answer = try await web.call(nil, .trace, route.filled(["container": "x", "name": "x"]))

                #expect(answer.status == .methodNotAllowed, "\(route.name)")
                #expect(answer.code == "MethodNotAllowed", "\(route.name)")
                #expect(answer.headers[.allow]?.contains(route.method.rawValue) == true, "\(route.name)")
            }
        }
    }

    @Test(arguments: ["/", "/nothing", WebFixture.scope + "local01/nothing", "/blobs", "/subscriptions/SUB/nothing/x"])
    func `a path that there is not is 404, whoever asks`(path: String) async throws {
        try await WebFixture.with { web async throws in
            for token in [nil, try await web.login(RoleAssignment(.admin))] {
                for method in [HTTPRequest.Method.get, .post, .delete] {
                    let answer = try await web.call(token, method, path)
                    #expect(answer.status == .notFound)
                    #expect(answer.code == "ResourceNotFound")
                }
            }
        }
    }

    @Test(arguments: ["", "?api-version=2025-03-01-preview", "?api-version=nonsense", "?api-version=", "?api-version"])
    func `any api-version is taken, and none`(query: String) async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            #expect(try await web.call(admin, .get, WebFixture.scope + "local01" + query).status == .ok)
        }
    }

    @Test(
        arguments: [
            (String(repeating: "[", count: 65), .badRequest, "InvalidRequestContent"),
            (String(repeating: #"{"a":"#, count: 65), .badRequest, "InvalidRequestContent"),
            (String(repeating: "[", count: 2_000_000), .badRequest, "InvalidRequestContent"),
            ("{", .badRequest, "InvalidRequestContent"), ("", .badRequest, "InvalidRequestContent"),
            ("null", .badRequest, "InvalidRequestContent"), ("\u{0}", .badRequest, "InvalidRequestContent"),
            (String(repeating: " ", count: 4 << 20) + "{", .contentTooLarge, "RequestContentTooLarge"),
        ] as [(String, HTTPResponse.Status, String)])
    func `S11 a body that is malformed, too deep or too large is refused`(
        body: String, status: HTTPResponse.Status, code: String
    ) async throws {
        try await WebFixture.with { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            let answer = try await web.call(admin, .post, Self.schedule, body)

            #expect(answer.status == status)
            #expect(answer.code == code)
        }
    }
}
