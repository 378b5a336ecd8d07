import Foundation
import Storage
import TaskModel
import Testing

struct BuildRecordTests {
    private static let start = TestData.now
    private static let cached = BuildVertex(
        position: 1, number: 2, name: "[1/2] COPY a /a", status: .cached, startTime: start, finishTime: start,
        seconds: 0)
    private static let running = BuildVertex(
        position: 2, number: 3, name: "[2/2] RUN make", status: .running, startTime: start, bytes: 98)
    private static let waiting = BuildVertex(position: 3, name: "exporting to image")

    /// A run that an agent holds under the lease `lease`, whose step `build` has vertexes.
    private func withRun(_ body: (SQLiteRunStore, RunID) async throws -> Void) async throws {
        try await withStore { store, _, _ async throws in
            let run = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "lease")
            try await store.planSteps(
                [StepResult(id: "build", kind: .build, dependencies: [])], lease: "lease", at: TestData.now)
            try await store.setVertices(
                batch([Self.cached, Self.running, Self.waiting]), lease: "lease", at: Self.start)
            try await body(store, run.id)
        }
    }

    private func batch(_ vertices: [BuildVertex], attempt: Int = 1, omitted: Int = 0) -> BuildVertices {
        BuildVertices(step: "build", attempt: attempt, vertices: vertices, omitted: omitted)
    }

    @Test func `vertexes are kept as they were told, by step and platform`() async throws {
        try await withRun { store, run async throws in
            var done = Self.running
            done.status = .failed
            done.error = "exit code: 1"
            done.finishTime = Self.start.addingTimeInterval(1.5)
            done.seconds = 1.25
            let other = BuildVertices(
                step: "build", platform: Platform(os: "linux", architecture: "arm64"), attempt: 1,
                vertices: [Self.cached])

            try await store.setVertices(batch([done], omitted: 7), lease: "lease", at: Self.start)
            try await store.setVertices(other, lease: "lease", at: Self.start)

            let builds = try await store.builds(of: run)
            #expect(builds.map(\.platform) == [nil, other.platform])
            #expect(builds.map(\.vertices) == [[Self.cached, done, Self.waiting], [Self.cached]])
            #expect(try await store.builds(of: try #require(RunID("zz9"))) == [])
        }
    }

    @Test(arguments: [(1e300, 253_402_300_799.999), (-1e300, -62_135_596_800)])
    func `S24 times and durations of an agent that can't be are brought into bounds`(told: Double, kept: Double)
        async throws
    {
        try await withRun { store, run async throws in
            var vertex = Self.running
            vertex.startTime = Date(timeIntervalSince1970: told)
            vertex.seconds = told

            try await store.setVertices(batch([vertex]), lease: "lease", at: Self.start)

            let stored = try #require(try await store.builds(of: run).first?.vertices.first { $0.position == 2 })
            #expect(stored.startTime == Date(timeIntervalSince1970: kept))
            #expect(stored.seconds == (told > 0 ? 1e9 : 0))
        }
    }

    @Test func `another attempt takes the place of the last one`() async throws {
        try await withRun { store, run async throws in
            let again = BuildVertex(position: 0, name: "[internal] load build definition", status: .running)

            try await store.setVertices(batch([again], attempt: 2), lease: "lease", at: Self.start)
            try await store.setVertices(batch([Self.cached, again], attempt: 1), lease: "lease", at: Self.start)

            let builds = try await store.builds(of: run)
            #expect(builds.first?.vertices.first == again)
            #expect(builds.first?.attempt == 2)
        }
    }

    @Test func `of a run only so many are kept`() async throws {
        try await withRun { store, run async throws in
            let many = (0..<BuildVertex.mostPerRun + 5).map { BuildVertex(position: $0, name: "v") }

            try await store.setVertices(batch(many, omitted: 5), lease: "lease", at: Self.start)

            let build = try #require(try await store.builds(of: run).first)
            #expect(build.vertices.count == BuildVertex.mostPerRun)
            #expect(build.omitted == 5)
        }
    }

    @Test func `when a run ends, its vertexes end with it`() async throws {
        try await withRun { store, run async throws in
            let end = Self.start.addingTimeInterval(9)

            _ = try await store.finish(lease: "lease", with: RunOutcome(status: .canceled), at: end)

            let vertices = try #require(try await store.builds(of: run).first?.vertices)
            #expect(vertices.map(\.status) == [.cached, .interrupted, .skipped])
            #expect(vertices[1].finishTime == end)
            await #expect(throws: StorageError.leaseLost) {
                try await store.setVertices(batch([Self.running]), lease: "lease", at: Self.start)
            }
        }
    }

    @Test func `a run that waits again has none`() async throws {
        try await withRun { store, run async throws in
            _ = try await store.loseRuns(of: "agent", at: TestData.now) { _, _ in LossRecord(message: "gone") }

            #expect(try await store.builds(of: run) == [])
        }
    }

    // MARK: Base images

    private static let digest = "sha256:" + String(repeating: "a", count: 64)
    private static let base = ImageReference(registry: "docker.io", repository: "library/busybox", tag: "1")

    private func finish(
        _ store: SQLiteRunStore, task: String, status: RunStatus = .succeeded, _ bases: [BaseImageRecord]
    )
        async throws -> RunID
    {
        let run = try await store.enqueueTest(task: task)
        _ = try await store.claimTest(lease: run.id.text)
        _ = try await store.finish(
            lease: run.id.text, with: RunOutcome(status: status, baseImages: bases), at: TestData.now)
        return run.id
    }

    private func record(_ image: ImageReference = base, digest: String? = digest) -> BaseImageRecord {
        BaseImageRecord(step: "build", image: image, use: .runtime, digest: digest, source: .builder)
    }

    @Test func `what a run stood on is kept with its outcome`() async throws {
        try await withStore { store, _, _ async throws in
            let pinned = ImageReference(registry: "h:1", repository: "a", digest: Self.digest)
            let bases = [
                BaseImageRecord(
                    step: "build", image: Self.base, use: .runtime, digest: Self.digest, source: .builder,
                    registryDigest: "sha256:" + String(repeating: "b", count: 64)),
                BaseImageRecord(
                    step: "build", platform: Platform(os: "linux", architecture: "arm", variant: "v7"), image: pinned,
                    use: .buildtime, digest: Self.digest, source: .reference),
                BaseImageRecord(
                    step: "other", image: Self.base, use: .syntax, digest: nil, source: nil, problem: "no answer"),
            ]

            let run = try await finish(store, task: "t", bases)

            #expect(try await store.baseImages(of: run) == bases)
            #expect(bases.map(\.isMoved) == [true, false, false])
        }
    }

    @Test func `tasks are found by what their last successful run stood on`() async throws {
        try await withStore { store, _, _ async throws in
            _ = try await finish(store, task: "one", [record()])
            let latest = try await finish(store, task: "one", [record(digest: nil)])
            _ = try await finish(store, task: "one", status: .failed, [record()])
            _ = try await finish(store, task: "two", [record()])
            _ = try await finish(store, task: "two", [])
            let pinned = ImageReference(
                registry: "docker.io", repository: "library/busybox", tag: "1", digest: Self.digest)
            _ = try await finish(store, task: "three", [record(pinned)])

            let found = try await store.dependents(of: Self.base)
            let none = try await store.dependents(of: ImageReference("busybox"))

            #expect(found == [ImageDependent(registry: "local01", task: "one", run: latest, digest: nil)])
            #expect(none.isEmpty)
        }
    }
}
