import Contexts
import CurlHTTP
import Foundation
import Storage
import TaskModel
import Testing

@testable import Scheduling

struct TaskFileCheckTests {
    private static func content(_ text: String) -> RunRequest {
        .taskFile(TaskFileRequest(taskFile: .content(Secret(text))))
    }

    /// The refusal of a request; nil if it was taken.
    private func refusal(_ request: RunRequest, on server: TestServer) async throws -> RunServiceError? {
        do {
            _ = try await server.service.submit(request, type: .quickRun, to: server.registry, by: "tester")
            return nil
        } catch let error as RunServiceError {
            return error
        }
    }

    @Test(arguments: [
        ("steps: [{cmd: a, when: [b]}]", "InvalidTaskFile", "when-unknown-step"),
        ("steps: {a: b}", "InvalidTaskFile", "type-mismatch"),
        ("steps: [{cmd: '{{.Run.ID'}]", "InvalidTaskFile", "template-syntax"),
        ("steps: [{cmd: '{{.Run.ID}} {{nothing .Run.Commit}}'}]", "InvalidTaskFile", "template-syntax"),
        ("steps: [{cmd: 'img:{{.Run.ID}}', when: [b]}]", "InvalidTaskFile", "when-unknown-step"),
        ("version: v1.1.0\nsteps: [{cmd: 'img:$ID --privileged', privileged: true}]", "PolicyDenied", "policy-denied"),
        ("steps: [{cmd: 'img | cat'}]", "PolicyDenied", "policy-denied"),
        ("a: " + String(repeating: "[", count: 70), "TaskTooComplex", "too-complex"),
        (String(repeating: "\n", count: 1 << 20 + 1), "TaskTooComplex", "too-complex"),
        ("{{range until 2000}}{{range until 2000}}{{end}}{{end}}steps: []", "TaskTooComplex", "too-complex"),
        (String(repeating: "{{1}}", count: 100_000), "TaskTooComplex", "too-complex"),
        ("version: v1.1.0\nalias: {values: []}\nsteps: [{cmd: a}]", "InvalidTaskFile", "type-mismatch"),
    ])
    func `a task file that no run could carry out is refused at once`(text: String, code: String, detail: String)
        async throws
    {
        try await TestServer.with { server async throws in
            let error = try #require(try await refusal(Self.content(text), on: server))

            #expect(error.code == code, "\(error)")
            #expect(error.detailCode == detail)
            #expect(try await server.service.list(in: server.registry, RunFilter(), before: nil, limit: 10).isEmpty)
        }
    }

    @Test func `S13 the refusal of a policy names the setting`() async throws {
        try await TestServer.with { server async throws in
            let error = try await refusal(Self.content("steps: [{cmd: --network host img}]"), on: server)

            #expect(error?.description.contains("pools[].policy.allow: [host-network]") == true)
        }
    }

    @Test(arguments: [
        // Only a run of a commit has one; whether it has is not known here.
        "steps: [{push: ['app:{{.Run.Commit}}']}]",
        "steps: [{cmd: 'img {{.Run.SharedVolume}}'}, {cmd: '-v {{.Run.SharedVolume}}:/x img'}]",
        "secrets: [{id: a, keyvault: 'https://v.example.com/secrets/n'}]\nsteps: [{cmd: 'img {{.Secrets.a}}'}]",
        "version: v1.1.0\nalias: {src: [elsewhere.yml]}\nsteps: [{cmd: $x}]",
        "secrets: [{id: t, keyvault: 'https://v.example.com/secrets/n'}]\n"
            + "steps: [{cmd: img, timeout: {{.Secrets.t}}}]",
        "steps: [{cmd: img, when: ['{{ if eq (index $ \"Run\" \"ID\") \"ca1\" }}x{{ else }}y{{ end }}']}]",
        "version: ''\nsteps: [{cmd: img}]", "\u{feff}version: v1.1.0\nsteps: [{cmd: $ID}]",
        "{{ if .Run.Commit }}{{range until 2000}}{{range until 2000}}{{end}}{{end}}{{end}}steps: []",
    ])
    func `what only the run knows is no reason to refuse a file`(text: String) async throws {
        try await TestServer.with { server async throws in
            #expect(try await refusal(Self.content(text), on: server) == nil)
        }
    }

    @Test func `a refusal shows no secret`() async throws {
        try await TestServer.with { server async throws in
            let request = TaskFileRequest(
                taskFile: .content(Secret("steps: [{build: '--{{.Values.pw}} .'}]")),
                values: [TaskValue(name: "pw", value: Secret("hunter2"), isSecret: true)])

            let error = try #require(try await refusal(.taskFile(request), on: server))

            #expect(error.description.contains("'--***'"))
            #expect(!"\(error)".contains("hunter2"))
        }
    }

    @Test func `a file of an uploaded context that is no UTF-8 is refused`() async throws {
        try await TestServer.with { server async throws in
            try await upload(["acb.yaml": Array("steps: []\na: ".utf8) + [0xff]], as: "a.tar.gz", on: server)
            let request = TaskFileRequest(
                taskFile: .path("acb.yaml"), sourceLocation: RunService.path(ofUpload: "a.tar.gz"))

            let error = try await refusal(.taskFile(request), on: server)

            #expect(error?.detailCode == "yaml-syntax")
            #expect(error?.description.contains("line 2") == true)
        }
    }

    @Test func `files of an uploaded context are looked at`() async throws {
        try await TestServer.with { server async throws in
            try await upload(
                [
                    "acb.yaml": "version: v1.1.0\nalias: {src: [a.yml]}\nsteps: [{push: ['$name']}]\n",
                    "a.yml": "name: 'A:B:C'\n", "good.yaml": "steps: [{push: [a]}]\n",
                ].mapValues { Array($0.utf8) }, as: "a.tar.gz", on: server)
            var request = TaskFileRequest(
                taskFile: .path("./acb.yaml"), sourceLocation: RunService.path(ofUpload: "a.tar.gz"))

            let error = try await refusal(.taskFile(request), on: server)
            request.taskFile = .path("good.yaml")
            let good = try await refusal(.taskFile(request), on: server)
            request.taskFile = .path("missing.yaml")
            let missing = try await refusal(.taskFile(request), on: server)

            #expect(error?.detailCode == "command-syntax")
            #expect(good == nil)
            #expect(missing == nil)
        }
    }

    @Test func `an upload that is no archive is left to the agent`() async throws {
        try await TestServer.with { server async throws in
            try await server.uploads.put(
                "a.tar.gz",
                AsyncStream {
                    $0.yield(Array("no archive".utf8))
                    $0.finish()
                })
            let request = TaskFileRequest(
                taskFile: .path("acb.yaml"), sourceLocation: RunService.path(ofUpload: "a.tar.gz"))

            #expect(try await refusal(.taskFile(request), on: server) == nil)
        }
    }

    private func upload(_ files: [String: [UInt8]], as name: String, on server: TestServer) async throws {
        let pipe = BytePipe()
        let walk = InMemoryWalk(
            files.sorted { $0.key < $1.key }.map { InMemoryEntry(file: $0.key, bytes: $0.value) })
        async let packing: Void = ContextPacker.packInBackground(walk, into: pipe)
        var bytes: [UInt8] = []
        while let chunk = try await pipe.read() { bytes += chunk }
        try await packing
        try await server.uploads.put(
            name,
            AsyncStream { [bytes] in
                $0.yield(bytes)
                $0.finish()
            })
    }
}
