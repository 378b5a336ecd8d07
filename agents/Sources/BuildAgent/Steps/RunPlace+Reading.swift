import AgentProtocol
import Contexts
import CurlHTTP
import DockerEngine
import TaskFiles
import TaskModel

/// Reading the workspace back: contexts of builds, single files, all of it at the end.
extension RunPlace {
    private static let maxDockerfileBytes = 4 << 20
    private static let maxLinks = 8

    /// Reads a folder of the workspace as the context of a build, through its ignore file.
    ///
    /// - Throws: ``RunFailure`` if the folder or the Dockerfile is not there; ``ContextError``.
    func context(of build: BuildCommand, in directory: String, limits: ContextLimits) async throws -> PreparedContext {
        let folder: String
        switch build.context {
        case .folder(let path): folder = path
        case .remote(let location):
            return try await session.fetcher.fetch(
                RunSource(typed: location), .build(dockerfile: build.dockerfile, appliesIgnoreFile: true), for: session)
        }
        let archive = try await spool(folder, in: directory, limits: limits)
        let dockerfile: DockerfileChoice
        if let path = build.dockerfile {
            let prefix = folder == "/" ? "/" : folder + "/"
            dockerfile =
                path.hasPrefix(prefix)
                ? .path(String(path.dropFirst(prefix.count)))
                : .bytes(try await file(path, in: directory, limits: limits))
        } else {
            dockerfile = .standard
        }
        return try await BlockingExecutor.shared.run {
            try ArchiveContext.prepare(archive, dockerfile: dockerfile, identifiesFiles: true, limits: limits)
        }
    }

    private func spool(_ folder: String, in directory: String, limits: ContextLimits) async throws -> ArchiveSource {
        if let walk = untouched.folder(folder) {
            let pipe = BytePipe()
            async let packed: Void = ContextPacker.packInBackground(walk, into: pipe)
            let archive = try await ArchiveSource.kept(pipe, in: directory, limit: limits.unpackedBytes)
            try await packed
            return archive
        }
        do {
            return try await client.pack(folder + "/.", of: try await holder.ensure()) { pipe in
                try await ArchiveSource.kept(pipe, in: directory, limit: limits.unpackedBytes)
            }
        } catch DockerError.refused(_, 404, _) {
            throw StepProblem("there is no folder \(folder) in the workspace")
        }
    }

    /// The files behind the secrets and ssh keys of a build.
    func mounts(of build: BuildCommand, _ step: TaskGraph.Step) async throws -> BuildMounts {
        let fetcher = session.fetcher
        func bytes(_ path: String) async throws -> [UInt8] {
            try await file(place(of: path, step), in: fetcher.directory, limits: fetcher.access.limits)
        }
        var mounts = BuildMounts()
        for secret in build.secrets {
            switch secret.source {
            case .value(let value): mounts.secrets[secret.id] = Array(value.utf8)
            case .file(let path): mounts.secrets[secret.id] = try await bytes(path)
            }
        }
        await session.hide(secrets: mounts.secrets)
        for key in build.sshKeys {
            for path in key.files {
                let content = try await bytes(path)
                await session.hide(content)
                try mounts.add(String(decoding: content, as: UTF8.self), id: key.id)
            }
        }
        return mounts
    }

    private func file(_ path: String, in directory: String, limits: ContextLimits) async throws -> [UInt8] {
        if let walk = untouched.all, let parts = UntouchedWorkspace.parts(of: path) {
            let reader = ContextFileReader(walk: walk)
            if let bytes = try await reader.read(parts.joined(separator: "/"), limit: Self.maxDockerfileBytes) {
                return bytes
            }
            throw StepProblem("there is no file \(path) in the workspace", .scan)
        }
        var path = path
        for _ in 0...Self.maxLinks {
            switch try await content(of: path, in: directory, limits: limits) {
            case .file(let bytes): return bytes
            case .link(let target):
                path = ContainerCommand.folder(
                    target.hasPrefix("/")
                        ? target : path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/" + target)
            case nil: throw StepProblem("there is no file \(path) in the workspace", .scan)
            }
        }
        throw StepProblem("\(path) leads from link to link without end", .scan)
    }

    private enum Content {
        case file([UInt8])
        case link(String)
    }

    /// What is at a path of the holder, where links in the folders above it lead on by themselves.
    private func content(of path: String, in directory: String, limits: ContextLimits) async throws -> Content? {
        do {
            let archive = try await client.pack(path, of: try await holder.ensure()) { pipe in
                try await ArchiveSource.kept(pipe, in: directory, limit: limits.unpackedBytes)
            }
            let walk = try await BlockingExecutor.shared.run {
                try ArchiveContext.contents(of: archive, limits: limits)
            }
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            let reader = ContextFileReader(walk: walk)
            if let target = try await reader.linkTarget(name) { return .link(target) }
            return try await reader.read(name, limit: Self.maxDockerfileBytes).map { .file($0) }
        } catch DockerError.refused(_, 404, _) {
            return nil
        }
    }

    /// Where the holder, which has all volumes at places of its own, has a file of a step.
    private func place(of path: String, _ step: TaskGraph.Step) -> String {
        let mounts = step.mounts.map { (volume: $0.volume, path: ContainerCommand.folder($0.path)) }
        let mount = mounts.filter { path.hasPrefix($0.path + "/") }.max { $0.path.count < $1.path.count }
        return mount.map { "/volumes/\($0.volume)" + path.dropFirst($0.path.count) } ?? path
    }

    /// Copies what is in the workspace into a folder of this host. What can't be copied is told.
    func copyWorkspace(to folder: String) async {
        let fetcher = session.fetcher
        let limits = fetcher.access.limits
        do {
            let walk: any ContextWalk
            if let untouched = untouched.all {
                walk = untouched
            } else {
                let archive = try await spool(ContainerCommand.workspace, in: fetcher.directory, limits: limits)
                walk = try await BlockingExecutor.shared.run {
                    try ArchiveContext.contents(of: archive, limits: limits)
                }
            }
            let leftOut = try await BlockingExecutor.shared.run { try FolderWriter(path: folder).write(walk) }
            if !leftOut.isEmpty {
                await session.log.line("Not copied out of the workspace: \(leftOut.joined(separator: ", "))")
            }
        } catch {
            await session.log.line("The workspace could not be copied: \(RunFailure(error, step: nil).message)")
        }
    }
}
