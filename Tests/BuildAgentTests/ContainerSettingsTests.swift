import DockerEngine
import Foundation
import TaskFiles
import TaskModel
import Testing

@testable import BuildAgent

struct ContainerSettingsTests {
    private func settings(_ line: String, _ policy: PoolPolicy) throws -> ContainerSettings {
        let run = RunVariables(id: "ca1", registry: "r.example.com", date: Date(timeIntervalSince1970: 0))
        let file = try TaskFile("steps:\n  - cmd: \(line)\n", with: TemplateData(run: run))
        let plan = try TaskPlan(try TaskGraph(file), policy: policy, sharedVolume: "shared")
        guard case .container(let command) = plan.steps[0].work else { throw CancellationError() }
        return ContainerSettings(command, image: "image", workspaceVolume: "workspace-1", policy: policy)
    }

    @Test(arguments: [
        ("busybox", 100, 200, 0), ("-m 50b --cpus 0.00000001 busybox", 50, 10, 0),
        ("-m 500b --memory-swap -1 --cpus 5 busybox", 100, 200, 200),
        ("-m 80b --memory-swap 90b busybox", 80, 200, 90), ("-m 500b --memory-swap 600b busybox", 100, 200, 200),
    ])
    func `S13 a step gets no more than its pool's policy gives`(line: String, memory: Int64, cpus: Int64, swap: Int64)
        throws
    {
        let settings = try settings(line, PoolPolicy(stepMemory: 100, stepNanoCPUs: 200))

        #expect(settings.limits.memory == memory)
        #expect(settings.limits.nanoCPUs == cpus)
        #expect(settings.limits.memorySwap == swap)
    }

    @Test(arguments: [("busybox", 4096), ("--pids-limit 5 busybox", 5), ("--pids-limit=-1 busybox", 4096)])
    func `S13 a step has at most so many processes`(line: String, pids: Int64) throws {
        #expect(try settings(line, PoolPolicy()).limits.pids == pids)
    }

    @Test func `S13 a policy's noNewPrivileges can't be turned off`() throws {
        let line = "--security-opt no-new-privileges:false busybox"

        #expect(try settings(line, PoolPolicy()).rights.securityOptions == ["no-new-privileges:false"])
        #expect(
            try settings(line, PoolPolicy(noNewPrivileges: true)).rights.securityOptions == ["no-new-privileges"])
    }

    @Test func `the workspace can be elsewhere too, and a command's own volumes stay`() throws {
        var settings = try settings("-v shared:/data/ --tmpfs /acb/home busybox", PoolPolicy())
        settings.addMounts([
            VolumeMount(volume: "workspace-1", path: "/workspace"), VolumeMount(volume: "home-1", path: "/acb/home"),
        ])

        #expect(settings.mounts.map(\.path) == ["/workspace", "/data", "/acb/home"])
        #expect(
            settings.mounts.map(\.source) == [
                .volume("workspace-1"), .volume("workspace-1"), .memory(bytes: nil, mode: nil),
            ])
    }
}
