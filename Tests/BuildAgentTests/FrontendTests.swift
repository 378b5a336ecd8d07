import DockerEngine
import TaskModel
import Testing

@testable import BuildAgent

struct FrontendTests {
    private static let dockerfile = Array("# syntax=docker/dockerfile:1.4\nFROM a\n".utf8)

    private func rules(_ texts: String...) throws -> [SyntaxRule] {
        try texts.map { try #require(SyntaxRule($0)) }
    }

    @Test func `the first rule that fits decides`() throws {
        let mapped = try Frontend(
            Self.dockerfile, rules: try rules("other/x=builtin", "docker/dockerfile=m.test/d", "builtin"))
        let dropped = try Frontend(Self.dockerfile, rules: try rules("other/x=y/z", "builtin"))
        let kept = try Frontend(Self.dockerfile, rules: try rules("other/x=builtin"))

        #expect(String(decoding: mapped.dockerfile, as: UTF8.self) == "# syntax=m.test/d:1.4\nFROM a\n")
        #expect(String(decoding: dropped.dockerfile, as: UTF8.self) == "#\nFROM a\n")
        #expect(kept.dockerfile == Self.dockerfile)
        #expect(mapped.notice?.contains("m.test/d:1.4") == true)
        #expect(dropped.notice?.contains("Line 1") == true)
        #expect(kept.notice == nil)
    }

    @Test func `an argument that names a frontend follows the rules`() throws {
        let arguments = ["A", "BUILDKIT_SYNTAX"].map {
            BuildArgument(name: $0, value: Secret("docker/dockerfile:1"), isSecret: false)
        }

        let mapped = Frontend.arguments(arguments, rules: try rules("docker/dockerfile=m.test/d"))
        let dropped = Frontend.arguments(arguments, rules: try rules("builtin"))

        #expect(mapped.map(\.value.value) == ["docker/dockerfile:1", "m.test/d:1"])
        #expect(dropped.map(\.name) == ["A"])
    }

    @Test func `a frontend that can't be had is named with its line and what to set`() throws {
        let frontend = try Frontend(Self.dockerfile, rules: try rules("docker/dockerfile=m.test/d"))
        let error = DockerError.build(.base(reference: "m.test/d:1.4", .notFound("404")))

        let message = "\(frontend.explained(error))"

        for part in ["line 1", "# syntax=docker/dockerfile:1.4", "m.test/d:1.4", "builds.syntax", "404"] {
            #expect(message.contains(part))
        }
        let base = DockerError.build(.base(reference: "docker.io/library/a:latest", .notFound("404")))
        #expect("\(frontend.explained(base))" == "\(base)")
    }

    @Test(arguments: [
        ("dockerfile parse error line 3: unknown instruction: ECHO", true),
        ("dockerfile parse error line 2: Unknown flag: link", true), ("process did not complete", false),
    ])
    func `what only newer frontends know gets a hint when the line was left out`(message: String, isHinted: Bool) throws
    {
        let error = DockerError.build(.step(message: message))

        let dropped = try Frontend(Self.dockerfile, rules: try rules("builtin")).explained(error)
        let without = try Frontend(Array("FROM a".utf8), rules: try rules("builtin")).explained(error)

        #expect("\(dropped)".contains("builds.syntax") == isHinted)
        #expect("\(without)" == message)
    }
}
