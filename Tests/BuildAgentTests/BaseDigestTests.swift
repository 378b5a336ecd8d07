import Contexts
import CurlHTTP
import DockerEngine
import Foundation
import TaskFiles
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

/// What the record of a run says of the images that its builds stood on: builds by a real daemon on images of a real
/// registry.
@Suite(.needsDaemon, .needsRegistry, .timeLimit(.minutes(10)))
struct BaseDigestTests {
    /// A registry and its images: `one`, `two` and `three`, each with the tag `latest`.
    private struct Bases {
        let registry: TestRegistry
        var digests: [String: String] = [:]

        var host: String { registry.host }

        /// - Returns: the digest that the registry has.
        @discardableResult
        mutating func publish(_ name: String, _ content: String? = nil) async throws -> String {
            let reference = "\(host)/\(name)"
            let client = try DockerClient(endpoint: TestHost.endpoint)
            try await make(reference, content ?? name)
            let digest = try await client.push(ImageReference(reference + ":latest"), credential: nil) { _ in }
            try await client.removeImage(reference)
            digests[name] = digest
            return digest
        }

        /// Makes an image with one file on the daemon.
        func make(_ reference: String, _ content: String) async throws {
            let input = BuildInput(
                walk: InMemoryWalk([InMemoryEntry(file: "file", bytes: Array((host + content).utf8))]),
                dockerfile: Array("FROM scratch\nCOPY file /file\n".utf8), isDockerfileIncluded: false)
            _ = try await DockerClient(endpoint: TestHost.endpoint).build(
                input, options: BuildOptions(tags: [reference])
            ) { _ in }
        }

        /// Puts an index of `one` and `two` there, as variants of one image.
        ///
        /// - Returns: its digest.
        func publishIndex(_ path: String) async throws -> String {
            let type = "application/vnd.docker.distribution.manifest.v2+json"
            var entries: [String] = []
            for (name, architecture) in [("one", "amd64"), ("one", "arm64")] {
                let (_, manifest) = try await HTTPClient().fetch(
                    HTTPRequest(
                        "GET", "http://\(host)/v2/\(name)/manifests/latest", headers: [HTTPHeader("Accept", type)]))
                entries.append(
                    """
                    {"mediaType":"\(type)","digest":"\(digests[name] ?? "")","size":\(manifest.count),
                     "platform":{"os":"linux","architecture":"\(architecture)"}}
                    """)
            }
            let list = "application/vnd.docker.distribution.manifest.list.v2+json"
            let (response, body) = try await HTTPClient().fetch(
                HTTPRequest(
                    "PUT", "http://\(host)/v2/\(path)", headers: [HTTPHeader("Content-Type", list)],
                    body: .bytes(
                        Array(
                            #"{"schemaVersion":2,"mediaType":"\#(list)","manifests":[\#(entries.joined(separator: ","))]}"#
                                .utf8))))
            #expect(response.status == 201, Comment(rawValue: String(decoding: body, as: UTF8.self)))
            return response.headers["Docker-Content-Digest"] ?? ""
        }
    }

    private func withBases(_ use: (inout Bases) async throws -> Void) async throws {
        try await TestRegistry.with { registry in
            var bases = Bases(registry: registry)
            for name in ["one", "two", "three"] { try await bases.publish(name) }
            try await use(&bases)
        }
    }

    /// Builds without a name for the image.
    private func build(_ dockerfile: String, options: String = "", isClassic: Bool = false, in bases: Bases)
        async throws
        -> TestRun.Ending
    {
        var run = TestRun()
        run.registry = bases.host
        run.files = ["Dockerfile": dockerfile, "own": "own"]
        let ending = try await run.carryOut(
            "steps:\n- build: \(options) .\n" + (isClassic ? "  env: [DOCKER_BUILDKIT=0]\n" : ""))
        #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
        return ending
    }

    private func record(
        _ image: String, _ use: BaseImageRecord.Use, _ digest: String?, _ source: BaseImageRecord.Source = .builder
    ) throws -> BaseImageRecord {
        let reference = try ImageReference(image)
        return BaseImageRecord(
            step: "build", image: reference, use: use, digest: digest, source: source,
            registryDigest: source == .reference ? nil : digest)
    }

    /// Records, whatever their step is called.
    private func shown(_ ending: TestRun.Ending) -> [BaseImageRecord] {
        ending.outcome.baseImages.map {
            BaseImageRecord(
                step: "build", platform: $0.platform, image: $0.image, use: $0.use, digest: $0.digest,
                source: $0.source,
                registryDigest: $0.registryDigest, problem: $0.problem)
        }
    }

    @Test func `all stages in use are there, whichever way they name their images`() async throws {
        try await withBases { bases in
            let (host, digests) = (bases.host, bases.digests)
            let index = try await bases.publishIndex("one/manifests/multi")
            let dockerfile = """
                ARG NAME=nothing TAG=multi
                FROM ${NAME}:${TAG} AS parts
                FROM \(host)/two@\(digests["two"] ?? "") AS pinned
                FROM \(host)/three AS busybox
                FROM \(host)/absent AS unused
                FROM \(host)/one AS parts2
                COPY --from=\(host)/three /file /three
                FROM scratch
                COPY --from=parts /file /1
                COPY --from=pinned /file /2
                COPY --from=parts2 /file /3
                COPY --from=busybox /file /4
                COPY --from=\(host)/two /file /5
                """

            let first = try await build(dockerfile, options: "--build-arg NAME=\(host)/one", in: bases)
            let second = try await build(dockerfile, options: "--build-arg NAME=\(host)/one", in: bases)

            let expected = [
                try record("\(host)/one:multi", .buildtime, index),
                try record("\(host)/two@\(digests["two"] ?? "")", .buildtime, digests["two"], .reference),
                try record("\(host)/three:latest", .buildtime, digests["three"]),
                try record("\(host)/one:latest", .buildtime, digests["one"]),
                try record("\(host)/two:latest", .buildtime, digests["two"], .registry),
            ]
            #expect(shown(first) == expected)
            #expect(second.log.contains("CACHED"))
            #expect(shown(second) == expected)
            let runtime = first.outcome.dependencies.first?.runtime
            #expect(runtime?.repository == "library/scratch")
            #expect(first.outcome.dependencies.first?.buildtime?.map(\.digest) == expected.map { $0.digest ?? "" })
        }
    }

    @Test func `the image of the last stage is the runtime one, through stages and under two names`() async throws {
        try await withBases { bases in
            let (host, digests) = (bases.host, bases.digests)
            let dockerfile = """
                FROM \(host)/one:latest AS two
                FROM \(host)/one@\(digests["one"] ?? "") AS again
                FROM two
                COPY --from=again /file /again
                """

            let ending = try await build(dockerfile, in: bases)

            #expect(
                shown(ending) == [
                    try record("\(host)/one:latest", .runtime, digests["one"]),
                    try record("\(host)/one@\(digests["one"] ?? "")", .buildtime, digests["one"], .reference),
                ])
            #expect(ending.outcome.dependencies.first?.runtime?.digest == digests["one"])
        }
    }

    @Test func `a base for another platform has the digest of the index`() async throws {
        try await withBases { bases in
            let index = try await bases.publishIndex("one/manifests/multi")

            let ending = try await build(
                "FROM \(bases.host)/one:multi\nCOPY own /own\n", options: "--platform linux/arm64", in: bases)

            #expect(shown(ending) == [try record("\(bases.host)/one:multi", .runtime, index)])
        }
    }

    @Test func `nothing stands behind scratch`() async throws {
        try await withBases { bases in
            let ending = try await build("FROM scratch\nCOPY own /own\n", in: bases)

            #expect(ending.outcome.baseImages.isEmpty)
            #expect(ending.outcome.dependencies.first?.runtime?.reference == "scratch:latest")
        }
    }

    @Test func `the classic builder's bases are those of all stages`() async throws {
        try await withBases { bases in
            let (host, digests) = (bases.host, bases.digests)
            let dockerfile = """
                FROM \(host)/one AS first
                FROM \(host)/two AS unused
                COPY own /own
                FROM first
                COPY --from=\(host)/three /file /three
                """

            let ending = try await build(dockerfile, options: "--no-cache", isClassic: true, in: bases)

            #expect(
                shown(ending) == [
                    try record("\(host)/one:latest", .runtime, digests["one"]),
                    try record("\(host)/two:latest", .buildtime, digests["two"]),
                    try record("\(host)/three:latest", .buildtime, digests["three"]),
                ])
            for name in ["one", "two", "three"] {
                try await DockerClient(endpoint: TestHost.endpoint).removeImage("\(host)/\(name)")
            }
        }
    }

    @Test func `an image of the daemon alone has no digest, and the record says why`() async throws {
        try await TestHost.withShell { shell in
            var run = TestRun()
            run.files = ["Dockerfile": "FROM \(shell)\nRUN true\n"]

            let ending = try await run.carryOut("steps:\n- build: .\n")

            #expect(ending.outcome.status == .succeeded, Comment(rawValue: ending.log))
            let base = try #require(ending.outcome.baseImages.first)
            #expect(base.image == (try ImageReference(shell)))
            #expect(base.use == .runtime)
            #expect(base.digest == nil && base.registryDigest == nil)
            #expect(base.problem?.contains("can't be reached") == true)
            #expect(ending.log.contains("Base image \(shell) has no digest: "))
        }
    }

    @Test func `a tag that moves while the build goes on is told`() async throws {
        try await withBases { bases in
            let before = try #require(bases.digests["one"])
            let client = try DockerClient(endpoint: TestHost.endpoint)
            let built = try await client.build(
                BuildInput(
                    walk: InMemoryWalk([]), dockerfile: Array("FROM \(bases.host)/one\nLABEL a=b\n".utf8),
                    isDockerfileIncluded: false), options: BuildOptions(pull: true)
            ) { _ in }
            let after = try await bases.publish("one", "other")

            let records = try await TestRun().withSession { session in
                await BaseDigests(session: session, step: "build", isFresh: true).records(
                    of: built, bases: Dockerfile(Array("FROM \(bases.host)/one\n".utf8)).baseImages())
            }

            #expect(records.map(\.digest) == [before])
            #expect(records.map(\.registryDigest) == [after])
            #expect(records.map(\.isMoved) == [true])
            try await client.removeImage(built.imageID)
        }
    }
}
