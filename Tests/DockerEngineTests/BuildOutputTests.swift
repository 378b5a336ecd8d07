import SwiftProtobuf
import Testing

@testable import DockerEngine

@Suite(.timeLimit(.minutes(10)))
struct BuildOutputTests {
    @Test func `texts and progress come out in the order in which they came in`() async throws {
        let output = BuildOutput()
        let transcript = Transcript()
        let vertex = WireVertex.with {
            ($0.digest, $0.name, $0.started, $0.completed) = ("a", "RUN x", .init(), .init())
        }
        let update = WireStatusResponse.with { $0.vertexes = [vertex] }
        async let progress = output.print(to: transcript.add)

        try await output.add(.text(Array("before\n".utf8)))
        try await output.add(.trace(update, bytes: 10))
        try await output.add(.text(Array("after\n".utf8)))
        output.finish()

        #expect(try await progress.vertices.map(\.name) == ["RUN x"])
        #expect(transcript.text == "before\n#1 RUN x\n#1 DONE 0.0s\nafter\n")
    }

    @Test func `whoever adds waits while the printer is slow`() async throws {
        let output = BuildOutput()
        let adding = Task {
            for _ in 0..<64 { try await output.add(.text([UInt8](repeating: 0x61, count: 64 * 1024))) }
            output.finish()
        }
        let transcript = Transcript()

        _ = try await output.print(to: transcript.add)

        try await adding.value
        #expect(transcript.text.utf8.count == 4 << 20)
    }

    @Test func `what the printer's output throws ends the printing`() async throws {
        struct Full: Error {}
        let output = BuildOutput()
        try await output.add(.text([1]))

        await #expect(throws: Full.self) { _ = try await output.print { _ in throw Full() } }
    }
}
