import Crypto
import CurlHTTP
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import ResourceAPI
import Scheduling
import Storage
import TaskModel
import Testing

@testable import WebServer

struct RoutesTests {
    private static let principal = "11111111-1111-1111-1111-111111111111"
    private static let root =
        "/subscriptions/SUB/resourceGroups/slipway/providers/Microsoft.ContainerRegistry/registries/local01"

    private func withServer(_ body: @Sendable (any TestClientProtocol, String) async throws -> Void) async throws {
        try await WebFixture.with(hasRun: false) { web in
            try await web.principals.put(
                Principal(id: Self.principal, displayName: "a", roles: [RoleAssignment(.admin)]), secret: "right",
                at: web.time.date)
            try await body(web.client, try await Self.token(web.client))
        }
    }

    private static func token(_ client: any TestClientProtocol) async throws -> String {
        let form = "grant_type=client_credentials&client_id=\(principal)&client_secret=right"
        let response = try await client.execute(
            uri: "/adfs/oauth2/token", method: .post, body: ByteBuffer(string: form))
        return try WireJSON.decode(TokenAnswer.self, from: Array(response.body.readableBytesView)).accessToken
    }

    private func call(
        _ client: any TestClientProtocol, _ token: String?, _ method: HTTPRequest.Method, _ path: String,
        _ body: String = ""
    ) async throws -> TestResponse {
        var headers = HTTPFields()
        if let token { headers[.authorization] = "Bearer \(token)" }
        return try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: body))
    }

    private func code(_ response: TestResponse) throws -> String {
        try WireJSON.decode(ErrorEnvelope.self, from: Array(response.body.readableBytesView)).error.code
    }

    @Test func `a wrong secret is 401 in the words of the token endpoint`() async throws {
        try await withServer { client, _ async throws in
            let form = "grant_type=client_credentials&client_id=\(Self.principal)&client_secret=wrong"
            let response = try await client.execute(
                uri: "/adfs/oauth2/token", method: .post, body: ByteBuffer(string: form))

            #expect(response.status == .unauthorized)
            #expect(String(buffer: response.body).contains("invalid_client"))
        }
    }

    @Test(arguments: ["", "Bearer x", "Bearer a.b.c", "Basic eDp5"])
    func `S18 without a good token there is nothing to see`(header: String) async throws {
        try await withServer { client, _ async throws in
            let response = try await client.execute(
                uri: Self.root + "/runs", method: .get, headers: header.isEmpty ? [:] : [.authorization: header])

            #expect(response.status == .unauthorized)
            #expect(try code(response) == "AuthenticationFailed")
        }
    }

    @Test func `S18 a token that another key signed, or that names no algorithm, is refused`() async throws {
        try await withServer { client, token async throws in
            let parts = token.split(separator: ".")
            let none = Data(#"{"alg":"none","kid":"k","typ":"JWT"}"#.utf8).base64EncodedString().replacing(
                "=", with: "")
            for bad in ["\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])", "\(parts[0]).\(parts[1]).AAAA"] {
                #expect(try await call(client, bad, .get, Self.root).status == .unauthorized)
            }
            #expect(try await call(client, token, .get, Self.root).status == .ok)
        }
    }

    @Test func `paths are compared without case`() async throws {
        try await withServer { client, token async throws in
            let path =
                "/subscriptions/sub/RESOURCEGROUPS/Slipway/providers/microsoft.containerregistry/Registries/LOCAL01"

            #expect(try await call(client, token, .get, path).status == .ok)
        }
    }

    @Test(arguments: [
        "/nothing", "/subscriptions/OTHER/resources",
        "/subscriptions/SUB/resourceGroups/slipway/providers/Microsoft.ContainerRegistry/registries/absent01",
        "/subscriptions/SUB/resourceGroups/other/providers/Microsoft.ContainerRegistry/registries/local01",
    ])
    func `S16 what does not exist is 404 in the envelope`(path: String) async throws {
        try await withServer { client, token async throws in
            let response = try await call(client, token, .get, path)

            #expect(response.status == .notFound)
            #expect(try code(response) == "ResourceNotFound")
        }
    }

    @Test(arguments: [
        ("{", "InvalidRequestContent"), ("{}", ""), (#"{"type":"DockerBuildRequest"}"#, "InvalidSourceLocation"),
        (#"{"type":"DockerBuildRequest","sourceLocation":"source/x.tar.gz","imageNames":["a"]}"#, "SourceNotFound"),
        (
            #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","platform":{"os":"windows"}}"#,
            "PlatformNotSupported"
        ),
        (
            #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","agentPoolName":"gpu"}"#,
            "AgentPoolNotFound"
        ),
        (
            #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","imageNames":["UPPER"]}"#,
            "InvalidName"
        ),
    ])
    func `bad requests are 400 with a code`(body: String, expected: String) async throws {
        try await withServer { client, token async throws in
            let response = try await call(client, token, .post, Self.root + "/scheduleRun", body)

            #expect(response.status == .badRequest, "\(String(buffer: response.body))")
            if !expected.isEmpty { #expect(try code(response) == expected, "\(String(buffer: response.body))") }
        }
    }

    @Test func `a source that is refused has the code of the API and a closer one, and shows no secret`() async throws {
        try await withServer { client, token async throws in
            let body = #"{"type":"DockerBuildRequest","sourceLocation":"http://u:secret@h.test/a.tgz?secret"}"#
            let response = try await call(client, token, .post, Self.root + "/scheduleRun", body)

            let error = try WireJSON.decode(ErrorEnvelope.self, from: Array(response.body.readableBytesView)).error
            #expect(response.status == .badRequest)
            #expect(error.code == "InvalidSourceLocation")
            #expect(error.target == "sourceLocation")
            #expect(error.details?.first?.code == "source-refused")
            #expect(!String(buffer: response.body).contains("secret"))
        }
    }

    @Test func `a context is uploaded through its link, whole or in blocks`() async throws {
        try await withServer { client, token async throws in
            let answer = try await call(client, token, .post, Self.root + "/listBuildSourceUploadUrl")
            let upload = try WireJSON.decode(SourceUpload.self, from: Array(answer.body.readableBytesView))
            #expect(upload.compressions?.contains("zstd") == true)
            let url = try #require(URL(string: upload.uploadUrl))
            let path = url.path + "?" + (url.query ?? "")
            let list = "<?xml version='1.0'?><BlockList><Latest>QkI=</Latest><Latest>QUE=</Latest></BlockList>"

            #expect(try await call(client, nil, .put, path + "&comp=block&blockid=QUE%3D", "one").status == .created)
            #expect(try await call(client, nil, .put, path + "&comp=block&blockid=QkI%3D", "two").status == .created)
            #expect(try await call(client, nil, .put, path + "&comp=blocklist", list).status == .created)
            #expect(try await call(client, nil, .put, path.replacing("sig=", with: "sig=00"), "x").status == .forbidden)
            let body = #"{"type":"DockerBuildRequest","sourceLocation":"\#(upload.relativePath)","imageNames":["a"]}"#
            #expect(try await call(client, token, .post, Self.root + "/scheduleRun", body).status == .ok)
        }
    }

    @Test func `a log is read in ranges and says how it ended`() async throws {
        try await withServer { client, token async throws in
            let body = #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","imageNames":["a"]}"#
            _ = try await call(client, token, .post, Self.root + "/scheduleRun", body)
            let link = try await call(client, token, .post, Self.root + "/runs/ca1/listLogSasUrl")
            let url = try #require(
                URL(string: try WireJSON.decode(LogLink.self, from: Array(link.body.readableBytesView)).logLink ?? ""))
            let path = url.path + "?" + (url.query ?? "")
            let complete = try #require(HTTPField.Name("x-ms-meta-Complete"))
            let range = try #require(HTTPField.Name("x-ms-range"))

            let before = try await call(client, nil, .head, path)
            #expect(before.status == .ok)
            #expect(before.headers[.contentLength] == "0")
            #expect(before.headers[complete] == nil)

            #expect(try await call(client, token, .post, Self.root + "/runs/ca1/cancel").status == .ok)
            #expect(try await call(client, token, .post, Self.root + "/runs/ca1/cancel").status == .ok)
            let after = try await call(client, nil, .head, path)
            #expect(after.headers[complete] == "canceled")
            let part = try await client.execute(uri: path, method: .get, headers: [range: "bytes=4-5"])
            #expect(part.status == .partialContent)
            #expect(String(buffer: part.body) == "ID")
            #expect(part.headers[.contentRange] == "bytes 4-5/\(after.headers[.contentLength] ?? "")")
            #expect(
                try await client.execute(uri: path, method: .get, headers: [range: "bytes=999-"]).status
                    == .rangeNotSatisfiable)
            #expect(
                try await call(client, nil, .get, path.replacing("logs-local01/ca1", with: "logs-local01/ca2")).status
                    == .forbidden)
        }
    }

    @Test(arguments: [#"{"isArchiveEnabled":true}"#, #"{"properties":{"isArchiveEnabled":true}}"#])
    func `a run can be marked as one to keep`(body: String) async throws {
        try await withServer { client, token async throws in
            let build = #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","imageNames":["a"]}"#
            _ = try await call(client, token, .post, Self.root + "/scheduleRun", build)

            let answer = try await call(client, token, .patch, Self.root + "/runs/ca1", body)
            let shown = try await call(client, token, .get, Self.root + "/runs/ca1")
            let same = try await call(client, token, .patch, Self.root + "/runs/ca1", "{}")
            let missing = try await call(client, token, .patch, Self.root + "/runs/ca9", body)

            #expect(answer.status == .ok)
            for response in [answer, shown, same] {
                let run = try WireJSON.decode(RunResource.self, from: Array(response.body.readableBytesView))
                #expect(run.properties?.isArchiveEnabled == true)
                #expect(run.properties?.platform?.os == "Linux")
            }
            #expect(missing.status == .notFound)
        }
    }

    @Test func `a listing has pages, and with $top no link to more`() async throws {
        try await withServer { client, token async throws in
            let body = #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","imageNames":["a"]}"#
            for _ in 0..<105 { _ = try await call(client, token, .post, Self.root + "/scheduleRun", body) }

            let first = try await page(client, token, Self.root + "/runs?api-version=x")
            let second = try await page(
                client, token, try #require(first.nextLink).replacing(/^https:\/\/[^\/]*/, with: ""))
            let top = try await page(client, token, Self.root + "/runs?$top=3&$filter=Status%20eq%20'Queued'")

            #expect(first.value.count == 100)
            #expect(second.value.count == 5)
            #expect(second.nextLink == nil)
            #expect(top.value.map(\.name) == ["ca2x", "ca2w", "ca2v"])
            #expect(top.nextLink == nil)
            let bad = try await call(client, token, .get, Self.root + "/runs?$filter=Nonsense%20eq%201")
            #expect(try code(bad) == "InvalidFilter")
        }
    }

    private func page(_ client: any TestClientProtocol, _ token: String, _ path: String) async throws -> Page<
        RunResource
    > {
        let response = try await call(client, token, .get, path)
        return try WireJSON.decode(Page<RunResource>.self, from: Array(response.body.readableBytesView))
    }
}
