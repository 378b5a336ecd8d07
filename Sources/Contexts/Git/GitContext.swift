import TaskModel

/// A folder of a git repository at one commit as a context: read from the objects, never checked out.
public enum GitContext {
    private static let maxSubmodules = 100
    private static let maxSubmoduleDepth = 8
    /// Of a `.gitmodules` or `.gitattributes`.
    private static let maxSettingsBytes = 1 << 20

    /// Resolves the reference at the remote, fetches what is missing, and finds the Dockerfile and the ignore file.
    ///
    /// - Parameters:
    ///   - includeGit: puts a `.git` into the root of the context, as `!.git/**` at the end of the ignore file does; see
    ///     ``MadeGitDirectory``.
    ///   - appliesIgnoreFile: whether the rules of the ignore file say what is left out.
    ///   - pool: the folder for the mirrors of an agent pool, made if it is missing. Who shares it may see what others
    ///     fetched only after
    ///     the remote let them in.
    ///   - progress: lines such as `Receiving objects: 45% (12/27), 80 KiB`, at most one a second.
    /// - Throws: ``ContextError``, `CancellationError`.
    public static func prepare(
        _ reference: GitReference, dockerfile: DockerfileChoice = .standard, appliesIgnoreFile: Bool = true,
        includeGit: Bool = false, pool: String, access: GitAccess, progress: (@Sendable (String) -> Void)? = nil
    ) async throws -> PreparedContext {
        try await TaskBridge.scope { bridge in
            try await BlockingExecutor.shared.run {
                let builder = GitContextBuilder(pool: pool, access: access, bridge: bridge, progress: progress)
                return try builder.prepare(
                    reference, dockerfile, appliesIgnoreFile: appliesIgnoreFile, includeGit: includeGit)
            }
        }
    }

    /// Puts a context together from one repository and its submodules.
    private final class GitContextBuilder {
        private let pool: String
        private let access: GitAccess
        private let bridge: TaskBridge
        private let progress: (@Sendable (String) -> Void)?
        private var mounts: [[UInt8]: GitMount] = [:]
        private var notices: [String] = []
        /// Of the version control names only this one stays out: the others are files of the tree.
        private static let droppedNames: Set<[UInt8]> = [Array(".git".utf8)]

        init(pool: String, access: GitAccess, bridge: TaskBridge, progress: (@Sendable (String) -> Void)?) {
            self.pool = pool
            self.access = access
            self.bridge = bridge
            self.progress = progress
        }

        func prepare(
            _ reference: GitReference, _ dockerfile: DockerfileChoice, appliesIgnoreFile: Bool, includeGit: Bool
        ) throws -> PreparedContext {
            let checkout = try mount(reference, at: [], depth: 0)
            if let notice = reference.notice { notices.append(notice) }
            let tree = GitTree(mounts: mounts)
            let root = try folder(reference, of: tree)
            let modified = checkout.commit.time
            let plan = try ContextPlan(
                dockerfile, files: GitFiles(tree: tree, root: root, modified: modified),
                appliesIgnoreFile: appliesIgnoreFile)
            let ignore =
                includeGit || reference.keepsGitDirectory ? try plan.ignore.adding("!.git/**") : plan.ignore
            let makeFilter = { @Sendable in IgnoreFilter(ignore, droppedByDefault: Self.droppedNames) }
            let made =
                MadeGitDirectory.isWanted(makeFilter(), ref: checkout.ref) ? try makeGitDirectory(checkout) : nil
            let revision = SourceRevision(commit: checkout.commit.id.text, branch: checkout.branch)
            return plan.context(filter: makeFilter(), notices: notices, revision: revision) {
                [mounts, access] carried in
                GitWalk(
                    mounts: mounts, made: made, folder: root.path, modified: modified, makeFilter: makeFilter,
                    carried: carried,
                    limits: access.limits)
            }
        }

        private func makeGitDirectory(_ checkout: GitMirror.Checkout) throws -> MadeGitDirectory {
            do {
                return try MadeGitDirectory(checkout)
            } catch let failure as GitFailure {
                if failure.isTooLarge { throw GitFailure.sizeError() }
                throw ContextError.archiveLibrary(action: "make the .git of the context", reason: failure.reason)
            }
        }

        private func folder(_ reference: GitReference, of tree: GitTree) throws -> GitTree.Place {
            let root = try tree.root()
            guard let name = reference.subdir else { return root }
            switch try tree.find(name, from: root) {
            case .directory(let place): return place
            case .file: throw ContextError.folderNotADirectory(name)
            case nil: throw ContextError.folderMissing(name, inside: reference.remote)
            }
        }

        /// Fetches one repository and what it names as submodules.
        private func mount(_ reference: GitReference, at path: [UInt8], depth: Int) throws -> GitMirror.Checkout {
            var found: GitInspection?
            let limits = access.limits
            let access = depth > 0 && !access.logsInToSubmodules ? access.withoutLogins : access
            let mirror = GitMirror(reference, pool: pool, access: access, bridge: bridge, progress: progress)
            let checkout = try mirror.checkout { repository, commit in
                found = try GitInspection(repository, commit, limits: limits)
            }
            guard let inspection = found else { return checkout }
            mounts[path] = GitMount(checkout: checkout, hasAttributes: !inspection.attributeFiles.isEmpty)
            try addNotices(inspection, checkout, at: path)
            guard reference.fetchesSubmodules, !inspection.submodules.isEmpty else { return checkout }
            let repository = try GitRepository(opening: checkout.path)
            let modules = GitModules(
                try inspection.modules.map { try settings($0, named: ".gitmodules", in: repository) } ?? [])
            for submodule in inspection.submodules {
                let inner = joinPath(path, submodule.path)
                let shown = String(decoding: inner, as: UTF8.self)
                guard let address = modules.addresses[submodule.path] else {
                    throw ContextError.submodule(path: shown, reason: ".gitmodules does not name its address.")
                }
                guard depth < GitContext.maxSubmoduleDepth, mounts.count <= GitContext.maxSubmodules else {
                    throw ContextError.submodule(
                        path: shown,
                        reason:
                            "more than \(GitContext.maxSubmodules) submodules, or \(GitContext.maxSubmoduleDepth) in one another, are not fetched."
                    )
                }
                try mountSubmodule(
                    GitModules.resolve(address, against: reference.remote), submodule.commit, of: reference, at: inner,
                    depth)
            }
            return checkout
        }

        /// Reads a file of the tree that git itself looks into.
        ///
        /// - Throws: ``ContextError/tooLarge(_:limit:)``: reading one takes many times its size.
        private func settings(_ id: GitObjectID, named path: String, in repository: GitRepository) throws -> [UInt8] {
            let blob = try repository.blob(id)
            guard blob.count <= GitContext.maxSettingsBytes else {
                throw ContextError.tooLarge(
                    "\(blob.count) bytes in \(path)", limit: "\(GitContext.maxSettingsBytes) bytes")
            }
            return blob.bytes
        }

        private func mountSubmodule(
            _ address: String, _ commit: GitObjectID, of parent: GitReference, at path: [UInt8], _ depth: Int
        ) throws {
            let shown = String(decoding: path, as: UTF8.self)
            do {
                let sharesLogin = access.logsInToSubmodules && isSameServer(address, parent.remote)
                let credential = sharesLogin ? parent.credential : nil
                let reference = try GitReference(submodule: address, commit: commit.text, credential: credential)
                progress?("Submodule \(shown): \(reference.remote)")
                _ = try mount(reference, at: path, depth: depth + 1)
            } catch let error as ContextError {
                if case .submodule = error { throw error }
                throw ContextError.submodule(path: shown, reason: error.description)
            }
        }

        private func isSameServer(_ one: String, _ other: String) -> Bool {
            guard let one = SourceURL(one), let other = SourceURL(other) else { return false }
            return one.scheme == other.scheme && one.host == other.host && one.port == other.port
        }

        /// Says which files arrive otherwise than a checkout with all filters would leave them.
        private func addNotices(_ inspection: GitInspection, _ checkout: GitMirror.Checkout, at path: [UInt8]) throws {
            guard !inspection.attributeFiles.isEmpty else { return }
            let repository = try GitRepository(opening: checkout.path)
            var words: Set<String> = []
            for file in inspection.attributeFiles {
                let bytes = try settings(file.id, named: EntryPath(bytes: file.path).text, in: repository)
                let text = String(decoding: bytes, as: UTF8.self)
                words.formUnion(["filter=lfs", "working-tree-encoding"].filter { text.contains($0) })
            }
            for (attribute, value, text) in [
                ("filter", "lfs", "are kept in Git LFS; they arrive as the pointer texts that the repository holds"),
                (
                    "working-tree-encoding", nil,
                    "have a working-tree-encoding; they arrive in UTF-8, as the repository holds them"
                ),
            ] {
                let word = value.map { "\(attribute)=\($0)" } ?? attribute
                guard words.contains(word) else { continue }
                let names = try repository.paths(in: checkout.commit, with: attribute, value: value).map {
                    EntryPath(bytes: joinPath(path, $0)).text
                }
                guard !names.isEmpty else { continue }
                let shown =
                    names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
                notices.append("Some files \(text): \(shown)")
            }
        }
    }
}
