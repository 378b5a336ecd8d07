import Contexts
import CurlHTTP
import Glibc

/// A context on standard input: read once, from front to back.
enum StandardInput {
    enum Content {
        /// With the bytes that told so; ``copy(after:into:)`` reads on.
        case archive(first: [UInt8])
        case dockerfile([UInt8])
    }

    private static let blockSize = 128 * 1024

    /// Reads so far that it is clear what comes; a Dockerfile is read whole.
    static func content() async throws -> Content {
        guard !Terminal.isInputInteractive else { throw CommandError.nothingPiped }
        return try await BlockingExecutor.shared.run {
            var first: [UInt8] = []
            while first.count < ContextContent.sniffedBytes, let block = try read() { first += block }
            guard !first.isEmpty else { throw CommandError.nothingPiped }
            guard ContextContent(firstBytes: first) == .dockerfile else { return .archive(first: first) }
            while first.count <= ContextLimits.dockerfileBytes, let block = try read() { first += block }
            guard first.count <= ContextLimits.dockerfileBytes else {
                throw ContextError.tooLarge("a larger Dockerfile", limit: "\(ContextLimits.dockerfileBytes) bytes")
            }
            return .dockerfile(first)
        }
    }

    /// Passes an archive on as it comes.
    static func copy(after first: [UInt8], into pipe: BytePipe) async throws {
        try await BlockingExecutor.shared.run {
            try pipe.writeBlocking(first)
            while let block = try read() { try pipe.writeBlocking(block) }
        }
    }

    /// The next bytes; nil at the end. Gives up when the task is canceled, also while nothing comes.
    private static func read() throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&input, 1, 200) != 0 else { continue }
            var block = [UInt8](repeating: 0, count: blockSize)
            let count = block.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else {
                throw CommandError.unreadable(file: "standard input", reason: String(cString: strerror(errno)))
            }
            return count == 0 ? nil : Array(block[..<count])
        }
    }
}
