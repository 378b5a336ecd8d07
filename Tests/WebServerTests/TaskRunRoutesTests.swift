import Foundation
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import TaskModel
import Testing

@testable import WebServer

struct TaskRunRoutesTests {
    private static func body(tag: String? = nil, image: String = "app:v1") -> String {
        let force = tag.map { #","forceUpdateTag":"\#($0)""# } ?? ""
        return #"""
            {"location":"local","identity":{"type":"SystemAssigned"},"properties":{"runRequest":{"type":"DockerBuildRequest",
             "sourceLocation":"https://user:hidden-login@h.test/a.git#main","imageNames":["\#(image)"],
             "arguments":[{"type":"Argument","name":"A","value":"plain","isSecret":false},
                          {"type":"Argument","name":"B","value":"hidden-argument","isSecret":true}],
             "credentials":{"customRegistries":{"r.test":{"userName":{"type":"Opaque","value":"hidden-user"},
                                                          "password":{"type":"Opaque","value":"hidden-password"}}}}}\#(force)}}
            """#
    }

    private func run(_ response: TestResponse) throws -> String? {
        try response.decoded(TaskRunResource.self).properties?.runResult?.properties?.runId
    }

    @Test func `a task run makes one run, and another only for another request or tag`() async throws {
        try await TestRoutes.with { server async throws in
            let first = try await server.call(.put, "/taskRuns/tr1", Self.body())
            let same = try await server.call(.put, "/taskRuns/TR1", Self.body())
            let forced = try await server.call(.put, "/taskRuns/tr1", Self.body(tag: "2"))
            let changed = try await server.call(.put, "/taskRuns/tr1", Self.body(tag: "2", image: "app:v2"))
            let patched = try await server.call(.patch, "/taskRuns/tr1", #"{"properties":{"forceUpdateTag":"3"}}"#)
            let untouched = try await server.call(.patch, "/taskRuns/tr1", "{}")

            #expect(
                [first, same, forced, changed, patched, untouched].map(\.status.code) == [201, 200, 200, 200, 200, 200])
            #expect(
                try [first, same, forced, changed, patched, untouched].map(run) == [
                    "ca1", "ca1", "ca2", "ca3", "ca4", "ca4",
                ])
            let shown = try patched.decoded(TaskRunResource.self)
            #expect(shown.id == TestRoutes.registry + "/taskRuns/tr1")
            #expect(shown.type == "Microsoft.ContainerRegistry/registries/taskRuns")
            #expect(shown.identity?.type == "SystemAssigned")
            #expect(shown.properties?.provisioningState == "Creating")
            #expect(shown.properties?.forceUpdateTag == "3")
            guard case .dockerBuild(let request)? = shown.properties?.runRequest else {
                Issue.record("another kind")
                return
            }
            #expect(request.imageNames == ["app:v2"])
        }
    }

    @Test func `its state follows its run`() async throws {
        try await TestRoutes.with { server async throws in
            _ = try await server.call(.put, "/taskRuns/tr1", Self.body())
            _ = try await server.call(.post, "/runs/ca1/cancel")

            let shown = try await server.call(.get, "/taskRuns/tr1").decoded(TaskRunResource.self)
            let listed = try await server.call(.get, "/taskRuns").decoded(Page<TaskRunResource>.self)

            #expect(shown.properties?.provisioningState == "Canceled")
            #expect(shown.properties?.runResult?.properties?.status == "Canceled")
            #expect(listed.value == [shown])
        }
    }

    @Test func `a deleted task run leaves its run`() async throws {
        try await TestRoutes.with { server async throws in
            _ = try await server.call(.put, "/taskRuns/tr1", Self.body())

            #expect(try await server.call(.delete, "/taskRuns/tr1").status == .ok)
            #expect(try await server.call(.delete, "/taskRuns/tr1").status == .noContent)
            #expect(try await server.call(.get, "/taskRuns/tr1").status == .notFound)
            #expect(try await server.call(.get, "/runs/ca1").status == .ok)
        }
    }

    @Test func `S20 secrets are shown only as details, and only to who may see them`() async throws {
        try await TestRoutes.with { server async throws in
            _ = try await server.call(.put, "/taskRuns/tr1", Self.body())

            let shown = try await server.call(.get, "/taskRuns/tr1").text
            let details = try await server.call(.post, "/taskRuns/tr1/listDetails").text

            #expect(!shown.contains("hidden"))
            #expect(shown.contains("plain"))
            for secret in ["login", "argument", "user", "password"] { #expect(details.contains("hidden-" + secret)) }
        }
        try await TestRoutes.with(role: .builder) { server async throws in
            _ = try await server.call(.put, "/taskRuns/tr1", Self.body())

            #expect(try await server.call(.post, "/taskRuns/tr1/listDetails").status == .notFound)
        }
    }

    @Test(arguments: [
        ("tr1", "{}", "InvalidParameter"), ("a.b", body(), "InvalidName"),
        ("tr1", #"{"properties":{"runRequest":{"type":"DockerBuildRequest"}}}"#, "InvalidSourceLocation"),
    ])
    func `what can't be run is refused and not kept`(name: String, body: String, code: String) async throws {
        try await TestRoutes.with { server async throws in
            let answer = try await server.call(.put, "/taskRuns/\(name)", body)

            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
            #expect(try await server.call(.get, "/taskRuns").text == #"{"value":[]}"#)
        }
    }

    @Test func `a stored task can be run under a name`() async throws {
        try await TestRoutes.with { server async throws in
            let body =
                #"{"properties":{"runRequest":{"type":"TaskRunRequest","taskId":"\#(TestRoutes.registry)/tasks/t1"}}}"#
            #expect(try await server.call(.put, "/taskRuns/tr1", body).status == .notFound)
            let task =
                #"{"properties":{"step":{"type":"Docker","contextPath":"https://h.test/a.git","imageNames":["a"]}}}"#
            _ = try await server.call(.put, "/tasks/t1", task)

            let answer = try await server.call(.put, "/taskRuns/tr1", body)

            let run = try answer.decoded(TaskRunResource.self).properties?.runResult?.properties
            #expect(run?.task == "t1")
            #expect(run?.runType == "AutoBuild")
        }
    }

    @Test func `the captured task run has our shape, and its request can be sent`() async throws {
        let captured = try WireJSON.decode(
            TaskRunResource.self, from: try Captures.answer(of: "taskrun-show", pathEnding: "/taskRuns/tr1"))
        #expect(captured.type == ResourceID.taskRunType)
        #expect(captured.properties?.runResult?.runID?.text == "ca1")
        try await TestRoutes.with { server async throws in
            // The captured file is the letter x, which is refused at once here.
            let sent = String(
                decoding: try WireJSON.encode(TaskRunResourceRequest(properties: captured.properties)), as: UTF8.self)
            let refused = try await server.call(.put, "/taskRuns/tr1", sent)
            let body = sent.replacing(#""eA==""#, with: #""c3RlcHM6IFtd""#)

            let answer = try await server.call(.put, "/taskRuns/tr1", body)

            #expect(refused.code == "InvalidTaskFile")
            let request = try answer.decoded(TaskRunResource.self).properties?.runRequest
            let text = String(decoding: try WireJSON.encode(request), as: UTF8.self)
            let expected = String(decoding: try WireJSON.encode(captured.properties?.runRequest), as: UTF8.self)
            #expect(text == expected.replacing(#""eA==""#, with: #""c3RlcHM6IFtd""#))
        }
    }
}
