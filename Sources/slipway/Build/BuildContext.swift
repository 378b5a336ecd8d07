import Contexts
import CurlHTTP
import ResourceAPI
import Synchronization

/// The context of a build as somebody typed it, and the way it takes to the server.
struct BuildContext {
    /// What a request says about a context.
    struct Source {
        let location: String
        let dockerfilePath: String?
        /// Nil for what is no upload of an archive.
        var appliesIgnoreFile: Bool?
        var includeGit: Bool?
    }

    private enum Kind {
        case folder(PreparedContext)
        /// An archive from standard input, as it comes, behind its first bytes.
        case archive(first: [UInt8], dockerfilePath: String?)
        /// Fetched by the server: the text as typed.
        case remote(String, dockerfilePath: String?)
    }

    private let kind: Kind
    private let includesGit: Bool

    /// Looks at the context; a folder is read so far that a mistake shows before anything is sent.
    ///
    /// - Parameters:
    ///   - dockerfile: a path is relative to the current directory for a folder or none, to the context for anything
    ///     else.
    ///   - latestTime: of the entries of a folder, in seconds since 1970.
    init(_ text: String, dockerfile: DockerfileOption, includesGit: Bool, latestTime: Int64?) async throws {
        self.includesGit = includesGit
        switch try ContextLocation(text, localPath: FolderContext.localPath) {
        case .folder(let path):
            let choice = try await dockerfile.forFolder()
            kind = .folder(
                try await BlockingExecutor.shared.run {
                    try FolderContext.prepare(
                        path, dockerfile: choice, includeGit: includesGit, latestTime: latestTime
                    ) {
                        Terminal.say("Note: \($0)")
                    }
                })
        case .artifact(let name): throw ContextError.artifact(name)
        case .git, .download:
            kind = .remote(text, dockerfilePath: try dockerfile.forContext())
        case .none: kind = .folder(PreparedContext(dockerfile: try await dockerfile.alone()))
        case .standardInput:
            let path = try dockerfile.forContext()
            switch try await StandardInput.content() {
            case .archive(let first): kind = .archive(first: first, dockerfilePath: path)
            case .dockerfile(let bytes):
                if case .path(let asked) = DockerfileChoice(path: path) {
                    throw ContextError.loneDockerfile("What is on standard input", asked: asked)
                }
                kind = .folder(PreparedContext(dockerfile: bytes))
            }
        }
    }

    /// Brings the context to where the server finds it.
    func hand(to connection: Connection) async throws -> Source {
        switch kind {
        case .remote(let location, let dockerfilePath):
            Terminal.say("Sending context to registry: \(connection.registry.registry)...")
            return Source(
                location: location, dockerfilePath: dockerfilePath ?? "Dockerfile",
                includeGit: includesGit ? true : nil)
        case .archive(let first, let dockerfilePath):
            Terminal.say("Uploading the archive on standard input...")
            let place = try await connection.client.sourceUpload(in: connection.registry)
            let sent = Mutex<Int64>(0)
            try await connection.client.upload(to: place) { pipe in
                try await StandardInput.copy(after: first, into: pipe)
                sent.withLock { $0 = pipe.bytesWritten }
            }
            sayContextSent(sent.withLock { $0 }, to: connection)
            return Source(
                location: place.relativePath, dockerfilePath: dockerfilePath ?? "Dockerfile", appliesIgnoreFile: false)
        case .folder(let context):
            Terminal.say("Packing source code into tar to upload...")
            for notice in context.notices { Terminal.say("Note: \(notice)") }
            let place = try await connection.client.sourceUpload(in: connection.registry)
            let bytes = try await send(context, to: place, connection.client)
            sayContextSent(bytes, to: connection)
            return Source(
                location: place.relativePath, dockerfilePath: context.uploadDockerfilePath,
                includeGit: includesGit ? true : nil)
        }
    }

    private func sayContextSent(_ bytes: Int64, to connection: Connection) {
        Terminal.say(
            "Sending context (\(ByteText(bytes).threeDecimals)) to registry: \(connection.registry.registry)...")
    }

    /// Packs into the upload as it goes out: nothing is kept on the disk. Says so if it was large, also when the server
    /// did not take it.
    ///
    /// - Returns: how many bytes went out.
    private func send(_ context: PreparedContext, to place: SourceUpload, _ client: ResourceClient) async throws
        -> Int64
    {
        let tally = ContextTally()
        let progress = PackingProgress()
        defer {
            progress.clear()
            if let note = tally.note(for: context) { Terminal.show(note) }
        }
        let compression: ContextPacker.Compression = place.compressions?.contains("zstd") == true ? .zstd : .gzip
        try await client.upload(to: place) { pipe in
            let walk = TalliedWalk(context.upload, tally)
            try await ContextPacker.packInBackground(walk, into: pipe, compression: compression) {
                progress.show($0, of: tally.total.bytes)
            }
            progress.finish(bytes: pipe.bytesWritten)
        }
        return progress.bytes
    }
}
