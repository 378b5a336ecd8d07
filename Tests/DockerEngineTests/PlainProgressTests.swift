import Foundation
import SwiftProtobuf
import Testing

@testable import DockerEngine

struct PlainProgressTests {
    /// A vertex that began at second `from` and ended at `to`.
    private func vertex(
        _ digest: String, _ name: String = "", from: Double? = nil, to: Double? = nil, cached: Bool = false,
        error: String = ""
    ) -> WireStatusResponse {
        .with {
            $0.vertexes = [
                .with {
                    $0.digest = digest
                    $0.name = name
                    if let from { $0.started = Google_Protobuf_Timestamp(roundingTimeIntervalSince1970: from) }
                    if let to { $0.completed = Google_Protobuf_Timestamp(roundingTimeIntervalSince1970: to) }
                    $0.cached = cached
                    $0.error = error
                }
            ]
        }
    }

    private func log(_ digest: String, _ text: String, at time: Double) -> WireStatusResponse {
        .with {
            $0.logs = [
                .with {
                    $0.vertex = digest
                    $0.msg = Data(text.utf8)
                    $0.timestamp = Google_Protobuf_Timestamp(roundingTimeIntervalSince1970: time)
                }
            ]
        }
    }

    private func status(
        _ digest: String, _ id: String, current: Int64 = 0, total: Int64 = 0, at time: Double, from: Double? = nil,
        to: Double? = nil
    ) -> WireStatusResponse {
        .with {
            $0.statuses = [
                .with {
                    $0.id = id
                    $0.vertex = digest
                    $0.current = current
                    $0.total = total
                    $0.timestamp = Google_Protobuf_Timestamp(roundingTimeIntervalSince1970: time)
                    if let from { $0.started = Google_Protobuf_Timestamp(roundingTimeIntervalSince1970: from) }
                    if let to { $0.completed = Google_Protobuf_Timestamp(roundingTimeIntervalSince1970: to) }
                }
            ]
        }
    }

    /// Prints batches of updates, one after each tick of a tenth of a second, and the rest.
    private func printed(_ batches: [[WireStatusResponse]], tick: Double = 0.1) -> String {
        var plain = PlainProgress()
        var output: [UInt8] = []
        for (index, batch) in batches.enumerated() {
            for update in batch { plain.apply(update, now: Double(index) * tick) }
            output += plain.render(now: Double(index) * tick)
        }
        return String(decoding: output + plain.finish(), as: UTF8.self)
    }

    @Test func `a step has a header, its lines with seconds, and its end`() {
        let text = printed([
            [vertex("a", "[1/2] RUN one", from: 100)], [log("a", "hi\nyou\n", at: 100.173)],
            [vertex("a", "[1/2] RUN one", from: 100, to: 101.26)],
            [vertex("b", "[2/2] RUN two", from: 102, to: 102, cached: true)],
        ])

        #expect(text == "#1 [1/2] RUN one\n#1 0.173 hi\n#1 0.173 you\n#1 DONE 1.3s\n\n#2 [2/2] RUN two\n#2 CACHED\n")
    }

    @Test func `an unfinished line is continued without number and time`() {
        let text = printed([
            [vertex("a", "RUN x", from: 10), log("a", "be", at: 11)], [log("a", "gun", at: 12)],
            [log("a", " it\nnext", at: 13)],
            [vertex("a", "RUN x", from: 10, to: 14)],
        ])

        #expect(text == "#1 RUN x\n#1 1.000 begun it\n#1 3.000 next\n#1 DONE 4.0s\n")
    }

    @Test func `leaving an unfinished step is marked, and its block begins again`() {
        let text = printed([
            [vertex("a", "RUN a", from: 0), log("a", "half", at: 1)], [vertex("b", "RUN b", from: 0, to: 2)],
            [log("a", " rest\n", at: 3)],
            [vertex("a", "RUN a", from: 0, to: 4)],
        ])

        #expect(
            text
                == "#1 RUN a\n#1 1.000 half\n#1 ...\n\n#2 RUN b\n#2 DONE 2.0s\n\n#1 RUN a\n#1 1.000 half rest\n#1 DONE 4.0s\n"
        )
    }

    @Test func `a step that talks keeps the page until another has waited five seconds`() {
        let begin = [vertex("a", "RUN a", from: 0), vertex("b", "RUN b", from: 0), log("a", "a\n", at: 0)]
        let more = (1...6).map { [log("a", "a\n", at: Double($0))] + ($0 == 1 ? [log("b", "b\n", at: 1)] : []) }

        let text = printed([begin] + more, tick: 1)

        let first = (0...5).map { "#1 \($0).000 a\n" }.joined()
        #expect(text == "#1 RUN a\n" + first + "#1 ...\n\n#2 RUN b\n#2 1.000 b\n#2 ...\n\n#1 RUN a\n#1 6.000 a\n")
    }

    @Test func `a vertex that ends and starts again within a tick ends once`() {
        let text = printed([
            [
                vertex("a", "[internal] load", from: 0, to: 1), vertex("a", "[internal] load", from: 5),
                vertex("a", "[internal] load", from: 5, to: 7),
            ]
        ])

        #expect(text == "#1 [internal] load\n#1 DONE 3.0s\n")
    }

    @Test func `an end that was printed is printed again only if it differs`() {
        let text = printed([
            [vertex("a", "FROM x", from: 0, to: 0)], [vertex("a", "FROM x", from: 1)],
            [vertex("a", "FROM x", from: 1, to: 1)],
            [vertex("a", "FROM x", from: 1, to: 1, cached: true)],
        ])

        #expect(text == "#1 FROM x\n#1 DONE 0.0s\n\n#1 FROM x\n#1 CACHED\n")
    }

    @Test func `a status is repeated after five seconds, five percent, and when it is done`() {
        let text = printed([
            [vertex("a", "FROM x", from: 0), status("a", "sha256:ab", current: 100, total: 1_000_000, at: 0, from: 0)],
            [status("a", "sha256:ab", current: 20_000, total: 1_000_000, at: 1, from: 0)],
            [status("a", "sha256:ab", current: 60_000, total: 1_000_000, at: 2, from: 0)],
            [status("a", "sha256:ab", current: 61_000, total: 1_000_000, at: 7.5, from: 0)],
            [status("a", "sha256:ab", current: 1_000_000, total: 1_000_000, at: 8, from: 0, to: 8.25)],
        ])

        #expect(
            text == """
                #1 FROM x
                #1 sha256:ab 100B / 1.00MB
                #1 sha256:ab 60.00kB / 1.00MB 2.0s
                #1 sha256:ab 61.00kB / 1.00MB 7.5s
                #1 sha256:ab 1.00MB / 1.00MB 8.3s done

                """)
    }

    @Test func `a failure ends with the last lines of its step, and its victims are canceled`() {
        let text = printed([
            [
                vertex("a", "RUN false", from: 0), vertex("b", "RUN long", from: 0),
                log("a", (1...12).map { "line \($0)\n" }.joined(), at: 1),
            ],
            [
                vertex("a", "RUN false", from: 0, to: 2, error: "exit code: 1"),
                vertex("b", "RUN long", from: 0, to: 3, error: "x: context canceled"),
            ],
        ])

        #expect(text.contains("#1 ERROR: exit code: 1\n"))
        #expect(text.contains("#2 RUN long\n#2 CANCELED\n"))
        #expect(text.hasSuffix("------\n > RUN false:\n" + (3...12).map { "1.000 line \($0)\n" }.joined() + "------\n"))
    }

    @Test func `names can't forge lines`() {
        let text = printed([[vertex("a", "RUN x\n#9 DONE\u{1b}[2J", from: 0, to: 0, error: "bad\nnews")]])

        #expect(text.split(separator: "\n").count == 5)
        #expect(!text.contains("\u{1b}"))
    }

    @Test func `warnings come at the end`() {
        let warning = WireStatusResponse.with { $0.warnings = [.with { $0.short = Data("FromAsCasing".utf8) }] }

        #expect(
            printed([[warning], [vertex("a", "x", from: 0, to: 1)]])
                == "#1 x\n#1 DONE 1.0s\n\n 1 warning found:\n - FromAsCasing\n")
    }

    @Test func `a warning stands with its vertex, and in full at the end`() {
        let warning = WireStatusResponse.with {
            $0.warnings = [
                .with {
                    $0.vertex = "a"
                    $0.short = Data("FromAsCasing: 'as' and 'FROM' differ (line 2)".utf8)
                    $0.detail = [Data("Write them alike".utf8)]
                    $0.url = "https://docs.example.com/FromAsCasing"
                    $0.info = .with {
                        ($0.filename, $0.data) = ("Dockerfile", Data("ARG A\nFROM a as b\nRUN x".utf8))
                    }
                    $0.ranges = [.with { $0.start = .with { $0.line = 2 } }]
                }
            ]
        }

        #expect(
            printed([[vertex("a", "[internal] load build definition", from: 0, to: 1), warning]]) == """
                #1 [internal] load build definition
                #1 WARN: FromAsCasing: 'as' and 'FROM' differ (line 2)
                #1 DONE 1.0s

                 1 warning found:
                 - FromAsCasing: 'as' and 'FROM' differ (line 2)
                Write them alike
                More info: https://docs.example.com/FromAsCasing
                Dockerfile:2
                --------------------
                   1 |     ARG A
                   2 | >>> FROM a as b
                   3 |     RUN x
                --------------------

                """)
    }

    @Test(arguments: [(9.9994, "9.999"), (10.5, "10.50"), (99.99, "99.99"), (100.25, "100.3")])
    func `times of lines have fewer digits the longer it took`(seconds: Double, text: String) {
        #expect(
            printed([[vertex("a", "RUN x", from: 0), log("a", "y\n", at: seconds)]]) == "#1 RUN x\n#1 \(text) y\n")
    }

    @Test(arguments: [
        (Int64(0), "0B"), (999, "999B"), (1000, "1.00kB"), (1_048_576, "1.05MB"), (3_400_000_000, "3.40GB"),
    ])
    func `sizes are docker's`(bytes: Int64, text: String) {
        #expect(PlainProgress.size(bytes) == text)
    }
}

struct BuildProgressTests {
    private func progress(_ vertices: [(name: String, error: String)], statuses: [String] = []) -> BuildProgress {
        var progress = BuildProgress()
        progress.apply(
            .with { update in
                update.vertexes = vertices.map { vertex in
                    .with { ($0.digest, $0.name, $0.error) = (vertex.name, vertex.name, vertex.error) }
                }
                update.statuses = statuses.map { id in .with { ($0.vertex, $0.id) = ("any", id) } }
            })
        return progress
    }

    @Test func `bases are those that steps begin with, with tag and digest where the trace has them`() {
        let seen = progress(
            [
                ("[internal] load metadata for docker.io/library/busybox:latest", ""),
                ("[build 1/4] FROM docker.io/library/busybox", ""), ("[build 2/4] COPY . /", ""),
                ("[stage-1 1/2] FROM host:5000/a/b:1@sha256:11", ""), ("[linux/arm64 1/2] FROM host:5000/c:2", ""),
            ], statuses: ["resolve host:5000/c:2@sha256:22", "sha256:33"])

        #expect(
            seen.baseImages == [
                BaseImage(reference: "docker.io/library/busybox:latest", digest: nil, isLocal: true),
                BaseImage(reference: "host:5000/a/b:1", digest: "sha256:11"),
                BaseImage(reference: "host:5000/c:2", digest: "sha256:22"),
            ])
    }

    @Test(arguments: [
        (
            "[internal] load metadata for h:1/a:2",
            "pulling from host h:1 failed with status code [manifests 2]: 401 Unauthorized", "denied"
        ),
        ("[internal] load metadata for h:1/a:2", "h:1/a:2: not found", "notFound"),
        (
            "[internal] load metadata for h:1/a:2",
            #"failed to do request: Head "https://h:1/v2/": dial tcp 1.2.3.4:1: connect: connection refused"#,
            "unreachable"
        ),
        (
            "[internal] load metadata for h:1/a:2",
            #"failed to do request: Head "https://h:1/v2/": dial tcp: lookup h: no such host"#, "unreachable"
        ),
        (
            "[internal] load metadata for h:1/a:2",
            "unexpected status from HEAD request to https://h:1/v2/a: 503 Service Unavailable", "temporary"
        ),
        (
            "[internal] load metadata for h:1/a:2",
            #"Head "https://h:1/v2/": http: server gave HTTP response to HTTPS client"#, "other"
        ),
        (
            "[1/2] FROM h:1/a:2@sha256:55",
            "httpReadSeeker: failed open: unexpected status code 500 Internal Server Error", "temporary"
        ),
        (
            "resolve image config for h:1/a:2",
            "pull access denied, repository does not exist or may require authorization", "denied"
        ),
        ("resolve image config for docker-image://h:1/a:2", "h:1/a:2: not found", "notFound"),
    ])
    func `what a registry did to a base is told apart`(vertex: String, message: String, kind: String) {
        let failure = BuildFailure(message: "failed to solve: " + message, progress: progress([(vertex, message)]))

        guard case .base("h:1/a:2", let reason) = failure else {
            Issue.record("\(failure)")
            return
        }
        #expect("\(reason.kind)" == kind)
    }

    @Test(arguments: [
        ("[2/2] COPY sub /", #"failed to compute cache key: "/sub" not found: not found"#),
        ("[2/2] RUN x", "executor failed running [x]: exit code: 3"),
        (
            "",
            "failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 2: unknown instruction: BOGUS"
        ),
    ])
    func `what a step did is no failure of a base`(vertex: String, message: String) {
        #expect(BuildFailure(message: message, progress: progress([(vertex, message)])) == .step(message: message))
    }

    @Test func `a base that newer daemons name in the message alone is found there`() {
        let message = "failed to solve: h:1/a:2: failed to resolve source metadata for h:1/a:2: h:1/a:2: not found"

        #expect(
            BuildFailure(message: message, progress: BuildProgress()) == .base(reference: "h:1/a:2", .notFound(message))
        )
    }

    @Test(arguments: [
        (
            "FROM h:1/a AS x", "manifest for h:1/a:latest not found: manifest unknown: manifest unknown", "h:1/a",
            "notFound"
        ),
        (
            "FROM --platform=linux/amd64 h:1/a",
            #"Get "http://h:1/v2/": dial tcp 1.1.1.1:1: connect: connection refused"#, "h:1/a", "unreachable"
        ),
        ("from h:1/a", #"Head "http://h:1/v2/a/manifests/latest": no basic auth credentials"#, "h:1/a", "denied"),
    ])
    func `the classic builder's messages are read by its last instruction`(
        instruction: String, message: String, base: String, kind: String
    ) {
        guard case .base(base, let reason) = BuildFailure(message: message, instruction: instruction) else {
            Issue.record("no base")
            return
        }
        #expect("\(reason.kind)" == kind)
    }

    @Test(arguments: [
        ("denied: requested access to the resource is denied", "denied"),
        ("unauthorized: authentication required", "denied"),
        ("received unexpected HTTP status: 502 Bad Gateway", "temporary"), ("toomanyrequests: slow down", "temporary"),
        (#"Put "http://h/v2/": read tcp 1.1.1.1:2->3.3.3.3:4: read: connection reset by peer"#, "temporary"),
        (#"Put "http://h/v2/": EOF"#, "temporary"),
        (#"Get "https://h/v2/": net/http: TLS handshake timeout"#, "temporary"),
        (#"Get "https://h/v2/": dial tcp 10.0.0.1:443: i/o timeout"#, "unreachable"),
        ("no space left on device", "other"),
        (#"Get "https://h/v2/": x509: certificate signed by unknown authority"#, "other"),
    ])
    func `failed transfers are told apart`(message: String, kind: String) {
        #expect("\(RegistryFailure(reading: message).kind)" == kind)
    }
}

extension RegistryFailure {
    fileprivate var kind: String {
        switch self {
        case .unreachable: "unreachable"
        case .denied: "denied"
        case .notFound: "notFound"
        case .temporary: "temporary"
        case .other: "other"
        }
    }
}
