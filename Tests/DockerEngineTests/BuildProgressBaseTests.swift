import SwiftProtobuf
import Testing

@testable import DockerEngine

/// Names of vertexes as docker 20.10.24 sends them, except where a test says otherwise.
struct BuildProgressBaseTests {
    private static let (a, b) = (
        "sha256:" + String(repeating: "a", count: 64), "sha256:" + String(repeating: "b", count: 64)
    )

    private func progress(_ names: [String]) -> BuildProgress {
        var progress = BuildProgress()
        progress.apply(
            .with {
                $0.vertexes = names.enumerated().map { index, name in
                    .with { ($0.digest, $0.name, $0.started, $0.completed) = ("\(index)", name, .init(), .init()) }
                }
            })
        return progress
    }

    @Test func `a tag and a name without one have the digests that the registry gave`() {
        let bases = progress([
            "[internal] load metadata for h:1/one:multi", "[internal] load metadata for h:1/one:latest",
            "[a 1/2] FROM h:1/one:multi@\(Self.a)", "[b 1/1] FROM h:1/one@\(Self.b)",
        ]).baseImages

        #expect(
            bases == [
                BaseImage(reference: "h:1/one:multi", digest: Self.a),
                BaseImage(reference: "h:1/one:latest", digest: Self.b),
            ])
    }

    @Test(arguments: [true, false])
    func `a digest and the latest of the same repository are told apart`(isPinnedFirst: Bool) {
        let sources = ["[a 1/2] FROM h:1/one@\(Self.a)", "[b 1/1] FROM h:1/one@\(Self.b)"]

        let bases = progress(
            ["[internal] load metadata for h:1/one:latest", "[internal] load metadata for h:1/one@\(Self.a)"]
                + (isPinnedFirst ? sources : sources.reversed())
        ).baseImages

        #expect(
            bases == [
                BaseImage(reference: "h:1/one:latest", digest: Self.b),
                BaseImage(reference: "h:1/one@\(Self.a)", digest: Self.a),
            ])
    }

    @Test func `the daemon's own image has no digest`() {
        let bases = progress([
            "[internal] load metadata for docker.io/library/mine:1", "[loc 1/1] FROM docker.io/library/mine:1",
        ]).baseImages

        #expect(bases == [BaseImage(reference: "docker.io/library/mine:1", digest: nil, isLocal: true)])
    }

    @Test func `an image that is only copied from is there, without a digest`() {
        let bases = progress(["FROM h:1/two:latest", "[2/2] COPY --from=h:1/two /a /a"]).baseImages

        #expect(bases == [BaseImage(reference: "h:1/two:latest", digest: nil)])
    }

    @Test func `newer builders tell a digest there, and put platforms in front`() {
        let bases = progress([
            "[linux/arm64 internal] load metadata for h:1/two:latest",
            "[linux/arm64 1/2] FROM h:1/two:latest@\(Self.a)",
            "FROM h:1/three:1@\(Self.b)",
        ]).baseImages

        #expect(
            bases == [
                BaseImage(reference: "h:1/two:latest", digest: Self.a),
                BaseImage(reference: "h:1/three:1", digest: Self.b),
            ])
    }

    @Test func `the image of a syntax line stands apart`() {
        let progress = progress([
            "resolve image config for docker.io/docker/dockerfile:1",
            "docker-image://docker.io/docker/dockerfile:1@\(Self.a)",
        ])

        #expect(progress.frontend == BaseImage(reference: "docker.io/docker/dockerfile:1", digest: Self.a))
        #expect(progress.baseImages.isEmpty)
    }
}
