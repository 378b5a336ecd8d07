import DockerEngine
import Testing

@testable import BuildAgent

struct StepOutputTests {
    private func buffer(secrets: [String] = [], isShared: Bool = true) -> StepOutputBuffer {
        StepOutputBuffer(
            step: "s", isShared: isShared, masker: SecretMasker(secrets: secrets), mark: LogMark(container: "c"))
    }

    @Test func `many small pieces of one line are remembered as one`() {
        var buffer = buffer()
        var log: [UInt8] = []
        for _ in 0..<50_000 { log += buffer.add([0x2e]).log }
        #expect(log.isEmpty)
        #expect(buffer.unmarked.map(\.count) == [50_000])

        log = buffer.add([0x0a]).log

        #expect(log.count == "s | ".count + 50_001)
        #expect(buffer.unmarked.isEmpty)
        #expect(buffer.mark == LogMark(container: "c", standard: 50_001))
    }

    @Test func `the mark counts both channels, up to what is held back`() {
        var buffer = buffer(secrets: ["secret"])
        _ = buffer.add(Array("one".utf8))
        _ = buffer.add(Array("two ".utf8), from: .error)
        _ = buffer.add(Array("three".utf8))
        #expect(buffer.mark == LogMark(container: "c"))

        _ = buffer.add(Array("\n".utf8), from: .error)
        #expect(buffer.mark == LogMark(container: "c", standard: 8, error: 5))

        _ = buffer.add(Array("four\nsec".utf8))
        #expect(buffer.mark == LogMark(container: "c", standard: 13, error: 5))
        _ = buffer.finish()
        #expect(buffer.mark == LogMark(container: "c", standard: 16, error: 5))
        #expect(buffer.unmarked.isEmpty)
    }

    @Test(arguments: [1, 7, 20_000]) func `F4 the mark moves with each piece of a line that is cut`(size: Int) {
        var buffer = buffer(secrets: ["hunter2"])
        let limit = StepOutputBuffer.longestLine
        let line = Array(String(repeating: "a hunter2 ", count: limit / 4).utf8)
        var log: [UInt8] = []
        for start in stride(from: 0, to: line.count, by: size) {
            let end = min(start + size, line.count)
            let piece = buffer.add(Array(line[start..<end])).log
            log += piece
            // What of the container is in the log no later process writes again, and the rest it does.
            if !piece.isEmpty { #expect(buffer.mark.map { end - Int($0.standard) <= "hunter2".count } == true) }
        }
        log += buffer.add([0x0a]).log

        #expect(buffer.mark?.standard == Int64(line.count + 1))
        let lines = String(decoding: log, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last?.isEmpty == true)
        #expect(lines.first?.hasPrefix("s | ") == true)
        #expect(lines.dropFirst().dropLast().allSatisfy { $0.hasPrefix("s + ") && $0.utf8.count <= limit + 4 })
        let text = lines.dropLast().map { $0.dropFirst(4) }.joined()
        #expect(text == String(repeating: "a *** ", count: limit / 4))
    }

    @Test func `a line that ends where it was cut has no empty rest`() {
        var buffer = buffer()
        _ = buffer.add([UInt8](repeating: 0x61, count: StepOutputBuffer.longestLine + 1))

        let end = buffer.add(Array("\nb\n".utf8))

        #expect(String(decoding: end.log, as: UTF8.self) == "s | b\n")
        #expect(String(decoding: end.plain, as: UTF8.self) == "\nb\n")
    }
}
