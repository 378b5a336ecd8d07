import AgentProtocol
import DockerEngine
import Foundation
import Logging
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent
@testable import TaskFiles

struct BuildCacheTests {
    private func step(_ line: String, id: String = "one") throws -> BuildCommand {
        let text = "steps:\n  - id: \(id)\n    build: \(line)\n    cache: enabled\n"
        let run = RunVariables(id: "cf1", registry: "r.test", date: Date(timeIntervalSince1970: 0))
        let graph = try TaskGraph(try TaskFile(text, with: TemplateData(run: run)))
        let plan = try TaskPlan(graph, policy: PoolPolicy(), sharedVolume: "")
        guard case .build(let build)? = plan.steps.first?.work else { throw StepProblem("no build") }
        return build
    }

    @Test func `names of a request without a registry are in the run's`() throws {
        let request = BuildRequest(
            cacheSources: ["app:1", "{{x}}/b", "other.test/c", "docker.io/team/d:2"],
            cacheTarget: .registry("cache", isComplete: true))

        let cache = try BuildCache(request, registry: "r.test:5000") { $0.replacing("{{x}}", with: "filled") }

        #expect(
            cache.sources.map(\.description) == [
                "r.test:5000/app:1", "r.test:5000/filled/b:latest", "other.test/c:latest", "docker.io/team/d:2",
            ])
        #expect(cache.image?.description == "r.test:5000/cache:latest")
        #expect(cache.isComplete)
        #expect(cache.isRequired)
    }

    @Test(arguments: [
        ("-t r.test/a/b:1 .", "r.test/a/b"), ("-t b:1 -t x.test/c:2 .", "x.test/c"), ("-t team/b:1 .", "r.test/team/b"),
        ("-t b .", "r.test/b"),
    ])
    func `cache enabled has its place beside the first tag`(line: String, repository: String) throws {
        let cache = try BuildCache(try step(line), step: "one", registry: "r.test", task: "Web")

        #expect(cache.image?.description == "\(repository):cache_Web_one")
        #expect(cache.sources == [cache.image])
        #expect(!cache.isRequired)
    }

    @Test func `without a tag or a task there is what there can be`() throws {
        let unnamed = try BuildCache(try step("."), step: "one", registry: "r.test", task: nil)
        let quick = try BuildCache(try step("-t a ."), step: "one", registry: "r.test", task: nil)
        let own = try BuildCache(try step("-t a --cache-to inline ."), step: "one", registry: "r.test", task: nil)

        #expect(unnamed == BuildCache())
        #expect(quick.image?.tag == "cache_quickrun_one")
        #expect(own.target == .inline)
    }

    @Test func `of several platforms each has a cache of its own`() throws {
        let digest = "sha256:" + String(repeating: "a", count: 64)
        var cache = BuildCache()
        cache.sources = [try ImageReference("r.test/a:1"), try ImageReference("r.test/b@\(digest)")]
        cache.target = .registry(try ImageReference("r.test/a:1"))

        let part = cache.part(for: Platform(os: "linux", architecture: "arm", variant: "v7"))

        #expect(
            part.sources.map(\.description) == ["r.test/a:1", "r.test/a:1-linux-arm-v7", "r.test/b@\(digest)"])
        #expect(part.image?.description == "r.test/a:1-linux-arm-v7")
    }

    @Test func `only a written cache is asked of the builder`() throws {
        var (reading, writing) = (BuildOptions(), BuildOptions())
        var cache = BuildCache()
        cache.sources = [try ImageReference("r.test/a:1")]
        cache.apply(to: &reading)
        cache.target = .inline
        cache.apply(to: &writing)

        #expect(reading.cacheSources == ["r.test/a:1"])
        #expect(reading.arguments.isEmpty)
        #expect(writing.arguments.map(\.name) == ["BUILDKIT_INLINE_CACHE"])
    }

    @Test func `limits are looked after at most every five minutes`() async throws {
        let time = Mutex(ContinuousClock.now)
        try await EngineStub.with { request in
            request.path.hasPrefix("/build/prune")
                ? [EngineStub.response(200, #"{"CachesDeleted":["a"],"SpaceReclaimed":5}"#)] : []
        } _: { stub in
            let keeper = CacheKeeper(
                client: try DockerClient(endpoint: stub.endpoint),
                limits: CacheLimits(maxBytes: 1 << 30, maxAge: .seconds(3600)), now: { time.withLock(\.self) })
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            func prunings() -> [String] { stub.requests.map(\.path).filter { $0.hasPrefix("/build/prune") } }

            await keeper.tidy(logger: logger)
            await keeper.tidy(logger: logger)
            #expect(prunings().count == 2)
            #expect(prunings().first?.contains("3600s") == true)
            #expect(prunings().last?.contains("keep-storage=1073741824") == true)
            time.withLock { $0 += CacheKeeper.pause }
            await keeper.tidy(logger: logger)
            #expect(prunings().count == 4)
        }
    }
}
