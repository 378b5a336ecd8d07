import Foundation
import ResourceAPI
import TaskModel
import Testing

struct RunResourceTests {
    private let registry = ResourceID(subscription: "S", resourceGroup: "G", registry: "acme01")

    private func run(_ change: (inout Run) -> Void = { _ in }) -> Run {
        let time = Date(timeIntervalSince1970: 1_795_299_804.5)
        var run = Run(
            id: RunID(sequence: 1), registry: "acme01", status: .queued, type: .quickBuild,
            request: .build(
                BuildRequest(
                    sourceLocation: "x", arguments: [BuildArgument(name: "S", value: Secret("hunter2"), isSecret: true)]
                )),
            submittedBy: "me", agentPool: "default", createTime: time, lastUpdatedTime: time)
        change(&run)
        return run
    }

    @Test func `a queued run is written without what it does not have`() throws {
        let text = String(decoding: try WireJSON.encode(RunResource(run(), in: registry)), as: UTF8.self)

        #expect(
            text
                == #"{"id":"/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/acme01/runs/ca1","#
                + #""name":"ca1","properties":{"agentConfiguration":{"cpu":2},"#
                + #""agentPoolName":"default","createTime":"2026-11-21T22:23:24.500000Z","isArchiveEnabled":false,"#
                + #""lastUpdatedTime":"2026-11-21T22:23:24.500000Z","platform":{"architecture":"amd64","os":"Linux"},"#
                + #""provisioningState":"Succeeded","runId":"ca1","runType":"QuickBuild","status":"Queued"},"#
                + #""type":"Microsoft.ContainerRegistry/registries/runs"}"#)
    }

    @Test func `an ended run has its times, images and commit`() throws {
        let ended = run {
            $0.status = .failed
            $0.startTime = $0.createTime
            $0.finishTime = $0.createTime.addingTimeInterval(2)
            $0.errorMessage = "it broke"
            $0.isCancelRequested = true
            $0.source = SourceRevision(commit: "abc", branch: "main")
            $0.outputImages = [OutputImage(registry: "r", repository: "a", tag: "t", digest: "sha256:1")]
        }
        let bytes = try WireJSON.encode(RunResource(ended, in: registry))
        let read = try #require(try WireJSON.decode(RunResource.self, from: bytes).properties)

        #expect(read.knownStatus == .failed)
        #expect(read.finishTime?.date == ended.finishTime)
        #expect(read.runErrorMessage == "it broke")
        #expect(read.isCancelRequested == true)
        #expect(read.sourceRevision == SourceRevisionProperties(commitId: "abc", branchName: "main"))
        #expect(
            read.outputImages == [OutputImageProperties(registry: "r", repository: "a", tag: "t", digest: "sha256:1")])
    }

    @Test func `S20 the request's secrets are not shown`() throws {
        #expect(
            !String(decoding: try WireJSON.encode(RunResource(run(), in: registry)), as: UTF8.self).contains("hunter2"))
    }

    @Test func `a run with nothing but a name is read`() throws {
        let run = try WireJSON.decode(RunResource.self, from: Array(#"{"id":"i","name":"n","type":"t","more":1}"#.utf8))

        #expect(run.properties == nil)
    }
}
