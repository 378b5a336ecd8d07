import TaskFiles
import TaskModel
import Testing

struct DockerfileTests {
    private func bases(
        _ text: String, _ arguments: [String: String] = [:], target: String? = nil, platform: Platform = .linuxAMD64,
        buildPlatform: Platform? = nil
    ) -> BaseImages {
        Dockerfile(Array(text.utf8)).baseImages(
            arguments: arguments, target: target, platform: platform, buildPlatform: buildPlatform)
    }

    private func names(_ images: [ImageReference]) -> [String] { images.map(\.description) }

    @Test(arguments: [
        ("FROM alpine", "docker.io/library/alpine"),
        ("from  alpine:3.20  as  Base\n", "docker.io/library/alpine:3.20"),
        ("\u{feff}FROM localhost:5000/a/b:c", "localhost:5000/a/b:c"),
        ("# a comment\r\n\r\n  FROM alpine:crlf\r\n", "docker.io/library/alpine:crlf"),
        ("FROM \\\n  # in between\n\n  alpine:joined", "docker.io/library/alpine:joined"),
        ("# escape=`\nFROM `\nalpine:tick", "docker.io/library/alpine:tick"),
        ("# syntax=docker/dockerfile:1\n# escape=`\nFROM a`\nlpine", "docker.io/library/alpine"),
        ("\n# escape=`\nFROM \\\nalpine", "docker.io/library/alpine"),
        ("FROM \"alpine\":'quoted'", "docker.io/library/alpine:quoted"),
        ("FROM --platform=linux/arm64 alpine", "docker.io/library/alpine"),
        ("ARG V=3\nFROM alpine:$V", "docker.io/library/alpine:3"),
        ("ARG V=\"3\" W='x'\nFROM alpine:${V}-$W", "docker.io/library/alpine:3-x"),
        ("ARG A=1\nARG B=${A}2\nFROM alpine:$B", "docker.io/library/alpine:12"),
        ("ARG V\nFROM alpine:${V:-none}", "docker.io/library/alpine:none"),
        ("ARG V=\nFROM alpine:${V:-empty}", "docker.io/library/alpine:empty"),
        ("ARG V=\nFROM alpine:x${V-unset}", "docker.io/library/alpine:x"),
        ("ARG V=1\nFROM alpine:${V:+set}", "docker.io/library/alpine:set"),
        ("ARG V\nFROM alpine${V:+:set}", "docker.io/library/alpine"),
        ("ARG V\nFROM alpine:${V:-${W:-deep}}", "docker.io/library/alpine:deep"),
        ("ARG A=\\$x\nFROM alpine:${V:-plain}", "docker.io/library/alpine:plain"),
        ("FROM alpine:$TARGETARCH", "docker.io/library/alpine:amd64"),
    ])
    func `the image of a FROM is found however it is written`(text: String, expected: String) {
        let found = bases(text)

        #expect(found.runtime?.description == expected)
        #expect(found.notes == [])
    }

    @Test func `build arguments override defaults of arguments that are declared before FROM`() {
        let text = "ARG V=3\nFROM alpine:$V AS one\nARG V=4\nARG W=5\nFROM alpine:${V}${W:-}"

        #expect(names(bases(text).all) == ["docker.io/library/alpine:3"])
        #expect(names(bases(text, ["V": "9", "W": "8"]).all) == ["docker.io/library/alpine:9"])
    }

    @Test func `a build argument is not expanded again`() {
        #expect(bases("ARG V=3\nFROM alpine:$V", ["V": "$V"]).runtime == nil)
    }

    @Test func `earlier stages are not images`() {
        let found = bases(
            """
            FROM golang:1 AS Build
            FROM build AS test
            FROM scratch
            COPY --from=build /a /a
            COPY --chown=1:1 --from=1 /b /b
            COPY --from=nginx:1 /c /c
            COPY --from=later /d /d
            FROM test AS later
            """)

        #expect(found.stages.map(\.name) == ["build", "test", nil, "later"])
        #expect(found.stages[1].from.origin == .stage(0))
        #expect(found.stages[2].from.origin == .scratch)
        #expect(found.stages[2].others.prefix(2).map(\.origin) == [.stage(0), .stage(1)])
        #expect(
            names(found.all) == ["docker.io/library/golang:1", "docker.io/library/nginx:1", "docker.io/library/later"])
        #expect(found.runtime?.description == "docker.io/library/golang:1")
        #expect(names(found.buildtime) == ["docker.io/library/nginx:1", "docker.io/library/later"])
        #expect(found.stages.map(\.isNeeded) == [true, true, false, true])
        #expect(names(found.needed) == ["docker.io/library/golang:1"])
    }

    @Test func `a stage named like its image stands for the stage afterwards`() {
        let found = bases("FROM busybox AS busybox\nFROM busybox")

        #expect(
            found.stages.map(\.from.origin) == [
                .image(ImageReference(registry: "docker.io", repository: "library/busybox")), .stage(0),
            ])
    }

    @Test(arguments: [("one", 1), ("TWO", 2), ("1", 2), ("2", 3), (nil, 3)])
    func `reading stops at the target`(target: String?, stages: Int) {
        let found = bases("FROM a AS one\nFROM b AS two\nFROM c", target: target)

        #expect(found.stages.count == stages)
        #expect(found.notes == [])
    }

    @Test func `a target that does not exist is noted`() {
        #expect(bases("FROM a AS one", target: "none").notes == ["there is no stage 'none'"])
    }

    @Test func `mounts take images too`() {
        let found = bases(
            """
            FROM a
            RUN --mount=type=bind,from=tools:1,target=/t --mount=type=cache,target=/c --network=none make
            RUN --mount=target=/x,"from=tools:2" -- --mount=from=no
            RUN echo --mount=from=no
            """)

        #expect(names(found.all) == ["docker.io/library/a", "docker.io/library/tools:1", "docker.io/library/tools:2"])
    }

    @Test func `here-documents and continued commands hold no instructions`() {
        let found = bases(
            """
            FROM a
            RUN <<EOF
            FROM no
            EOF
            RUN cat <<-"ONE" 3<<'TWO' > /x
            FROM no
            \tONE
            FROM no
            TWO
            COPY <<a.txt <<b.txt /dest/
            FROM no
            a.txt
            FROM no
            b.txt
            RUN ["echo", "<<END"]
            RUN echo "<<END" && echo $((1 << 2)) <<<END
            RUN echo x && \\
                # FROM no
            FROM no
            FROM b
            """)

        #expect(names(found.all) == ["docker.io/library/a", "docker.io/library/b"])
        #expect(found.notes == [])
    }

    @Test func `platforms are read with their variables`() {
        let arm = Platform(os: "linux", architecture: "arm64")
        let found = bases(
            "FROM --platform=$BUILDPLATFORM a AS one\nFROM --platform=${TARGETPLATFORM} b\nFROM --platform=solaris c",
            platform: arm,
            buildPlatform: .linuxAMD64)

        #expect(found.stages.map(\.platform) == [.linuxAMD64, arm, nil])
        #expect(found.notes.count == 1)
    }

    @Test func `the frontend is found`() {
        #expect(Dockerfile(Array("#syntax = docker/dockerfile:1.7 \nFROM a".utf8)).syntax == "docker/dockerfile:1.7")
        #expect(Dockerfile(Array("FROM a\n# syntax=x".utf8)).syntax == nil)
    }

    @Test(arguments: [
        ("GLOBAL", true), ("STAGE", true), ("SECOND", true), ("QUOTED", true), ("global", false), ("COMMENT", false),
        ("ENVIRONMENT", false),
        ("HERE", false),
    ])
    func `declared arguments are known by name`(name: String, declared: Bool) {
        let text = """
            ARG GLOBAL
            FROM a
            arg STAGE=1 SECOND \\
                QUOTED="a b ARG"
            # ARG COMMENT
            ENV ENVIRONMENT=1
            RUN <<EOF
            ARG HERE
            EOF
            """

        #expect(Dockerfile(Array(text.utf8)).declares(argument: name) == declared)
    }

    @Test(arguments: [
        "", "\n\n", "FROM", "FROM a b", "FROM a AS", "FROM $", "FROM ${", "FROM ${X", "FROM ${X:", "FROM ${X:-",
        "FROM ${X#y}", "FROM ${X:?no}",
        "FROM $UNSET", "FROM UPPER", "FROM a:b:c", "FROM 'a", "FROM \"a", "FROM a\\", "RUN <<EOF", "\\", "# escape=",
        "\0\0", "FROM \u{202e}",
        "FROM a\nCOPY --from=$X a b", "FROM a\nCOPY --from=7 a b", "FROM a\nRUN --mount=from= x\nCOPY --from= a b",
        "<html>",
        "ARG X=${X\nFROM a:$X",
    ])
    func `S24: what can't be read gives no image and a note, and never a failure`(text: String) {
        let found = bases(text)

        #expect(found.runtime == nil || !found.stages.isEmpty)
        #expect(!found.notes.isEmpty || found.stages.first?.from.origin != nil)
    }

    @Test func `S24: variables made of variables don't grow without end`() {
        var text = "ARG A0=xxxxxxxxxxxxxxxx\n"
        for index in 1...60 { text += "ARG A\(index)=$A\(index - 1)$A\(index - 1)\n" }
        let nested = String(repeating: "${A:-", count: 5000)

        #expect(!bases(text + "FROM a:$A60").notes.isEmpty)
        #expect(!bases("FROM " + nested).notes.isEmpty)
        #expect(bases(String(repeating: "FROM $\n", count: 100_000)).notes.count <= 21)
        #expect(!bases(String(repeating: "x", count: Dockerfile.maxBytes + 1)).notes.isEmpty)
    }
}
