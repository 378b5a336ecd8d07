import ArgumentParser
import Contexts
import CurlHTTP
import Glibc

struct ContextTar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tar",
        abstract: "Write the tar of a context to standard output.",
        discussion: """
            It is what 'build' would upload, uncompressed. When reading or writing fails, the archive has no end and the exit code is 1.
            """)

    @OptionGroup var options: ContextOptions

    @OptionGroup var times: TimeOptions

    @Flag(name: [.customShort("z"), .customLong("gzip")], help: "Compress with gzip.")
    var compresses = false

    func run() async throws {
        try await reporting {
            guard !Terminal.isOutputInteractive else { throw CommandError.tarToTerminal }
            var source = options.contextSource
            source.latestTime = try times.latest()
            let context = try await source.prepare()
            let pipe = BytePipe()
            async let packing: Void = ContextPacker.packInBackground(
                context.upload, into: pipe, compression: compresses ? .gzip : .none)
            for try await block in pipe { try Self.write(block) }
            try await packing
        }
    }

    /// Unlike what is written for people, a block that can't be written is an error: a disk may be full.
    private static func write(_ bytes: [UInt8]) throws(CommandError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw .unwritable(file: "standard output", reason: String(cString: strerror(errno)))
            }
            rest = rest.dropFirst(count)
        }
    }
}
