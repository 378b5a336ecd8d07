import Contexts
import CurlHTTP
import Foundation
import Glibc
import ResourceAPI

/// The context of a build as somebody typed it, and the way it takes to the server.
struct BuildContext {
    /// What a request says about a context.
    struct Source {
        let location: String
        let dockerfilePath: String?
    }

    private enum Kind {
        case folder(PreparedContext)
        /// Fetched by the server: the text as typed.
        case remote(String, dockerfilePath: String?)
    }

    private let kind: Kind

    /// Looks at the context; a folder is read so far that a mistake shows before anything is sent.
    ///
    /// - Parameter dockerfile: relative to the current directory for a folder, to the context for anything else.
    init(_ text: String, dockerfile: String?, includesGit: Bool) async throws {
        switch try ContextLocation(text, localPath: FolderContext.localPath) {
        case .folder(let path):
            let choice = try Self.dockerfile(dockerfile)
            kind = .folder(
                try await BlockingExecutor.shared.run {
                    try FolderContext.prepare(path, dockerfile: choice, includeGit: includesGit) {
                        Terminal.say("Note: \($0)")
                    }
                })
        case .git, .download, .artifact:
            guard dockerfile != "-" else { throw CommandError.standardInputDockerfile }
            kind = .remote(text, dockerfilePath: dockerfile)
        case .none: throw CommandError.notEnabled("A build without a context ('/dev/null')")
        case .standardInput: throw CommandError.notEnabled("A context on standard input ('-')")
        }
    }

    /// The Dockerfile of a folder: named from where the caller is, or read from standard input.
    private static func dockerfile(_ path: String?) throws -> DockerfileChoice {
        guard let path, !path.isEmpty else { return .standard }
        guard path != "-" else { return .bytes(try readAll(STDIN_FILENO, name: "standard input")) }
        return .path(path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path)
    }

    /// Brings the context to where the server finds it.
    func hand(to connection: Connection) async throws -> Source {
        switch kind {
        case .remote(let location, let dockerfilePath):
            Terminal.say("Sending context to registry: \(connection.registry.registry)...")
            return Source(location: location, dockerfilePath: dockerfilePath ?? "Dockerfile")
        case .folder(let context):
            Terminal.say("Packing source code into tar to upload...")
            for notice in context.notices { Terminal.say("Note: \(notice)") }
            let place = try await connection.client.sourceUpload(in: connection.registry)
            let bytes = try await send(context, to: place, connection.client)
            Terminal.say(
                "Sending context (\(ByteText(bytes).threeDecimals)) to registry: \(connection.registry.registry)...")
            return Source(location: place.relativePath, dockerfilePath: context.uploadDockerfilePath)
        }
    }

    /// Packs into the upload as it goes out: nothing is kept on the disk.
    ///
    /// - Returns: how many bytes went out.
    private func send(_ context: PreparedContext, to place: SourceUpload, _ client: ResourceClient) async throws
        -> Int64
    {
        let progress = PackingProgress()
        defer { progress.clear() }
        let compression: ContextPacker.Compression = place.compressions?.contains("zstd") == true ? .zstd : .gzip
        try await client.upload(to: place) { pipe in
            try await ContextPacker.packInBackground(context.upload, into: pipe, compression: compression) {
                progress.show($0)
            }
            progress.finish(bytes: pipe.bytesWritten)
        }
        return progress.bytes
    }
}
