import Foundation
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import Storage
import TaskModel
import Testing

@testable import WebServer

struct RunStepRoutesTests {
    @Test func `a run is shown with its steps, and listed without`() async throws {
        try await WebFixture.with { web async throws in
            let reader = try await web.login(RoleAssignment(.reader))
            let path = WebFixture.scope + "local01/runs"
            let before = try await web.call(reader, .get, path + "/ca1")
            let start = Date(timeIntervalSince1970: 1_800_000_000)
            _ = try await web.runs.claim(
                pool: PoolID(name: "default"), for: "a", lease: "lease", logLength: { _ in 0 }, at: start)
            try await web.runs.planSteps(
                [
                    StepResult(
                        id: "a", kind: .command, dependencies: [], status: .failed, launches: 2, exitCode: 1,
                        message: "exit status 1", startTime: start, finishTime: start.addingTimeInterval(2)),
                    StepResult(id: "b", kind: .push, dependencies: ["a"]),
                ], lease: "lease", at: start)

            let shown = try await web.call(reader, .get, path + "/ca1")
            let listed = try await web.call(reader, .get, path)

            #expect(!before.text.contains("steps"))
            #expect(!listed.text.contains("steps"))
            #expect(
                shown.text.contains(
                    #""steps":[{"dependsOn":[],"errorMessage":"exit status 1","exitCode":1,"finishTime":"2027-01-15T08:00:02.000000Z","#
                        + #""id":"a","launches":2,"startTime":"2027-01-15T08:00:00.000000Z","status":"failed","type":"cmd"},"#
                        + #"{"dependsOn":["a"],"id":"b","launches":0,"status":"waiting","type":"push"}]"#))
        }
    }

    @Test func `a run is shown with what its builder did and what it stood on`() async throws {
        try await WebFixture.with { web async throws in
            let reader = try await web.login(RoleAssignment(.reader))
            let path = WebFixture.scope + "local01/runs"
            let start = Date(timeIntervalSince1970: 1_800_000_000)
            let digest = "sha256:" + String(repeating: "a", count: 64)
            _ = try await web.runs.claim(
                pool: PoolID(name: "default"), for: "a", lease: "lease", logLength: { _ in 0 }, at: start)
            try await web.runs.planSteps(
                [StepResult(id: "b", kind: .build, dependencies: [])], lease: "lease", at: start)
            let vertex = BuildVertex(
                position: 0, number: 1, name: "[internal] load build context", status: .successful, startTime: start,
                finishTime: start.addingTimeInterval(1), seconds: 0.75, bytes: 98)
            try await web.runs.setVertices(
                BuildVertices(step: "b", attempt: 1, vertices: [vertex]), lease: "lease", at: start)
            let base = BaseImageRecord(
                step: "b", image: try ImageReference("busybox:1"), use: .runtime, digest: digest, source: .builder,
                registryDigest: digest)
            _ = try await web.runs.finish(
                lease: "lease", with: RunOutcome(status: .succeeded, baseImages: [base]), at: start)

            let shown = try await web.call(reader, .get, path + "/ca1")
            let listed = try await web.call(reader, .get, path)

            #expect(
                shown.text.contains(
                    #""vertices":[{"bytes":98,"finishTime":"2027-01-15T08:00:01.000000Z","name":"[internal] load build context","#
                        + #""number":1,"seconds":0.75,"startTime":"2027-01-15T08:00:00.000000Z","status":"successful"}]"#
                ))
            #expect(
                shown.text.contains(
                    #""baseImages":[{"digest":"\#(digest)","digestSource":"builder","isMoved":false,"registry":"docker.io","#
                        + #""registryDigest":"\#(digest)","repository":"library/busybox","step":"b","tag":"1","use":"runtime"}]"#
                ))
            #expect(!listed.text.contains("vertices") && !listed.text.contains("baseImages"))
        }
    }
}
