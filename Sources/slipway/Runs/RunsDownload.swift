import ArgumentParser
import CurlHTTP
import Foundation
import Glibc
import ResourceAPI
import TaskModel

struct RunsDownload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: "Download the image that a run built with --keep.",
        discussion: """
            'docker load' reads a docker archive; skopeo, podman, containerd and others read an OCI archive. The server \
            keeps either for a time (limits.outputLifetime); 'slipway runs show' tells until when.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: RunReference

    @Option(
        name: [.customShort("o"), .customLong("output-file")],
        help: "Where to put it; '-' for standard output. Default: RUN.oci.tar or RUN.docker.tar.", completion: .file())
    var file: String?

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let run = try await reference.find(in: connection)
            let id = try run.requiredID
            guard file != "-" || !Terminal.isOutputInteractive else { throw CommandError.tarToTerminal }
            let target = file ?? "\(id).\(run.properties?.keptOutput?.form ?? "image").tar"
            try await connection.client.output(of: connection.registry.run(id)) { content, size in
                let progress = PackingProgress()
                defer { progress.clear() }
                let sink = try OutputFile(target == "-" ? nil : target)
                var received: Int64 = 0
                for try await block in content {
                    try sink.write(block)
                    received += Int64(block.count)
                    progress.show(received: received, of: size)
                }
                if let size, received != size {
                    throw CommandError.unreadable(
                        file: "the download", reason: "it ended after \(received) of \(size) bytes")
                }
                try sink.finish()
            }
            if target != "-" { Terminal.say("Saved as \(target)") }
        }
    }
}

/// A file that is there whole or not at all, or standard output.
private final class OutputFile {
    private let path: String?
    private let descriptor: CInt
    private var isFinished = false

    init(_ path: String?) throws(CommandError) {
        self.path = path
        guard let path else {
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw .unwritable(file: path + ".part", reason: String(cString: strerror(errno)))
        }
    }

    deinit {
        guard let path else { return }
        close(descriptor)
        if !isFinished { unlink(path + ".part") }
    }

    func write(_ bytes: [UInt8]) throws(CommandError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw .unwritable(file: path ?? "standard output", reason: String(cString: strerror(errno)))
            }
            rest = rest.dropFirst(count)
        }
    }

    func finish() throws(CommandError) {
        guard let path else { return }
        guard rename(path + ".part", path) == 0 else {
            throw .unwritable(file: path, reason: String(cString: strerror(errno)))
        }
        isFinished = true
    }
}
