import Contexts
import Foundation
import Storage
import TaskModel
import Testing

@testable import Scheduling

/// What the text of a task tells before it has ever run.
struct ImageReaderTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    private func read(
        _ step: TaskStep, for kind: BaseImageTriggerDefinition.Kind = .all, files: [String: String] = [:]
    ) async throws -> ImageReading {
        let author = TaskDefinition.Authorship(by: "me", at: Date(timeIntervalSince1970: 0))
        let registry = Registry(name: "local01", loginServer: "reg.example.test", endpoint: "https://reg.example.test")
        let reader = ImageReader(settings: SchedulingSettings(registries: [registry], pools: [])) { reference, path in
            files[(reference.subdir.map { $0 + "/" } ?? "") + path].map { Array($0.utf8) }
        }
        return try await reader.read(
            TaskDefinition(name: "t", registry: "local01", step: step, created: author, changed: author), for: kind)
    }

    private func docker(
        _ names: [String] = ["app:1"], context: String = "https://git.example.test/app.git", target: String? = nil,
        arguments: [BuildArgument] = []
    ) -> TaskStep {
        .docker(
            TaskStep.DockerStep(
                context: TaskContext(location: Secret(context)), dockerFilePath: "Dockerfile", imageNames: names,
                isPushEnabled: true, noCache: false, target: target, arguments: arguments))
    }

    private static let stages = """
        ARG VERSION=1
        FROM golang:1.22 AS build
        FROM alpine:$VERSION AS base
        FROM base
        COPY --from=build /a /a
        COPY --from=busybox /b /b
        FROM debian@\(digest) AS other
        """

    @Test(arguments: [
        (BaseImageTriggerDefinition.Kind.runtime, ["docker.io/library/alpine:2 runtime"]),
        (
            .all,
            [
                "docker.io/library/golang:1.22 buildtime", "docker.io/library/alpine:2 runtime",
                "docker.io/library/busybox:latest buildtime",
            ]
        ),
    ])
    func `a Dockerfile tells its bases, with arguments and target applied`(
        kind: BaseImageTriggerDefinition.Kind, expected: [String]
    ) async throws {
        let reading = try await read(
            docker(
                target: "2", arguments: [BuildArgument(name: "VERSION", value: Secret("2"), isSecret: false)]),
            for: kind, files: ["Dockerfile": Self.stages])

        #expect(reading.images.map { "\($0.image) \($0.use.rawValue)" } == expected)
        #expect(reading.isComplete)
    }

    @Test func `an image by its digest never changes`() async throws {
        let reading = try await read(docker(), files: ["Dockerfile": Self.stages])

        #expect(reading.images.isEmpty)
        #expect(reading.isComplete)
    }

    @Test func `names of images are whole, where they are the same in every run`() async throws {
        let names = ["app", "{{.Run.Registry}}/team/app:1", "app:{{.Run.ID}}", "docker.io/me/app:1"]

        let reading = try await read(docker(names), files: ["Dockerfile": "FROM scratch"])

        // Whether it may push elsewhere is known once it did.
        #expect(reading.outputs.map(\.description) == ["reg.example.test/app:latest", "reg.example.test/team/app:1"])
    }

    @Test func `a context that is no git repository is known after a run only`() async throws {
        let reading = try await read(docker(context: "https://files.example.test/app.tar.gz"))

        #expect(!reading.isComplete)
        #expect(reading.problem?.contains("after its first successful run") == true)
    }

    @Test func `builds of a task file tell theirs, and commands don't`() async throws {
        let text = """
            steps:
              - build: -t {{.Run.Registry}}/app:1 -f docker/Dockerfile --build-arg BASE={{.Values.base}} .
              - cmd: mcr.example.test/tool:1 --version
              - build: -t {{.Run.Registry}}/sub:{{.Run.ID}} sub
              - push: ["{{.Run.Registry}}/app:1", "{{.Run.Registry}}/sub:{{.Run.ID}}"]
            """
        let reading = try await read(
            .file(
                TaskStep.FileStep(
                    context: TaskContext(location: Secret("https://git.example.test/app.git#main:f")),
                    taskFilePath: "acb.yaml", valuesFilePath: nil,
                    values: [TaskValue(name: "base", value: Secret("alpine:3"), isSecret: false)])),
            files: [
                "f/acb.yaml": text, "f/docker/Dockerfile": "ARG BASE\nFROM $BASE", "f/sub/Dockerfile": "FROM debian",
            ])

        #expect(
            reading.images.map(\.image.description) == [
                "docker.io/library/alpine:3", "docker.io/library/debian:latest",
            ])
        #expect(reading.outputs.map(\.description) == ["reg.example.test/app:1"])
        #expect(reading.problem == nil)
    }

    @Test func `what a run makes itself can't be told before it`() async throws {
        let reading = try await read(
            .encoded(
                TaskStep.EncodedStep(
                    context: TaskContext(location: nil), content: Secret("steps:\n  - build: -t a made\n"),
                    valuesContent: nil, values: [])))

        #expect(!reading.isComplete)
        #expect(reading.problem?.contains("is made by the run itself") == true)
    }
}
