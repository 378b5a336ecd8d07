import TestSupport
import Testing

@testable import DockerEngine

struct OutputFramesTests {
    private let stream: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 2, 0x61, 0x62, 2, 0, 0, 0, 0, 0, 0, 1, 0x63]

    @Test(arguments: 1...19) func `frames are put together however they were cut`(size: Int) throws {
        var frames = OutputFrames()
        var output: [UInt8] = []
        var errors: [UInt8] = []

        for start in Swift.stride(from: 0, to: stream.count, by: size) {
            let added = frames.add(Array(stream[start..<min(start + size, stream.count)]))
            let pieces = try #require(added)
            output += pieces.filter { $0.channel == .standard }.flatMap(\.bytes)
            errors += pieces.filter { $0.channel == .error }.flatMap(\.bytes)
        }

        #expect(output == [0x61, 0x62])
        #expect(errors == [0x63])
        #expect(frames.isAtBoundary)
    }

    @Test(arguments: [3, 8, 9, 13]) func `an end inside a frame is noticed`(length: Int) {
        var frames = OutputFrames()

        _ = frames.add(Array(stream.prefix(length)))

        #expect(!frames.isAtBoundary)
    }

    @Test(arguments: [[9, 0, 0, 0, 0, 0, 0, 1], [1, 1, 0, 0, 0, 0, 0, 1], Array("HTTP/1.1".utf8)])
    func `bytes that are no frames are refused`(bytes: [UInt8]) {
        var frames = OutputFrames()

        let added = frames.add(bytes)

        #expect(added == nil)
    }

    @Test(.timeLimit(.minutes(10))) func `F6 output that is cut off is lost`() async throws {
        try await EngineStub.with { request in
            request.path.hasPrefix("/containers/c/attach")
                ? [
                    EngineStub.Action.send(
                        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"
                            + "\u{1}\0\0\0\0\0\0\u{5}ab")
                ] : []
        } _: { stub in
            let error = await #expect(throws: DockerError.self) {
                try await DockerClient(endpoint: stub.endpoint).follow("c", whenAttached: {}) { _ in }
            }

            guard case .lost = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }
}
