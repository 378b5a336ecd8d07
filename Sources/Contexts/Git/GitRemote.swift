public import TaskModel

/// Looking at a git repository without building it: what is there, what changed, single files.
///
/// What has to be fetched for that is kept in a mirror, so that only what is new is fetched the next time.
public struct GitRemote: Sendable {
    /// A list of refs has to be had in less than that: it is asked for again and again.
    private static let longestListing = Duration.seconds(60)
    private static let largestListing: Int64 = 64 << 20

    let reference: GitReference
    let pool: String
    let access: GitAccess

    /// - Parameters:
    ///   - reference: the repository; of the operations that need a commit the one that it leads to.
    ///   - pool: the folder for mirrors, made if it is missing. See ``GitContext``.
    public init(_ reference: GitReference, pool: String, access: GitAccess) {
        self.reference = reference
        self.pool = pool
        self.access = access
    }

    /// Asks what branches and tags there are. Nothing is fetched.
    ///
    /// - Throws: ``ContextError``, `CancellationError`.
    public func refs() async throws -> GitRefs {
        var access = access
        access.limits.duration = min(access.limits.duration, Self.longestListing)
        access.limits.packedBytes = min(access.limits.packedBytes, Self.largestListing)
        return try await blocking { [access] bridge in
            let session = GitSession(reference, access: access, bridge: bridge, progress: nil)
            let connection: any GitConnection
            if session.sshAddress == nil {
                connection = try GitHTTPConnection(session, repository: try empty())
            } else {
                connection = try GitSSHConnection(session, repository: try empty())
            }
            return GitRefs(try connection.heads(prefixes: ["HEAD", "refs/heads/", "refs/tags/"]))
        }
    }

    /// Reads a file of the reference's commit, in its folder.
    ///
    /// - Parameter limit: the most bytes that it may have.
    /// - Returns: nil if there is no such file.
    /// - Throws: ``ContextError``, `CancellationError`.
    public func file(_ path: String, limit: Int) async throws -> [UInt8]? {
        try await blocking { bridge in
            let checkout = try mirror(of: reference, bridge).checkout { _, _ in }
            let tree = GitTree(mounts: [[]: GitMount(checkout: checkout, hasAttributes: false)])
            var place = try tree.root()
            if let folder = reference.subdir {
                guard case .directory(let inner)? = try tree.find(folder, from: place) else { return nil }
                place = inner
            }
            guard case .file(let entry, let parent)? = try tree.find(path, from: place) else { return nil }
            var file = tree.file(entry, in: parent)
            guard try tree.describe(&file).size <= limit else {
                throw ContextError.tooLarge("a larger file in git, '\(path)'", limit: "\(limit) bytes")
            }
            return try tree.read(file).bytes
        }
    }

    // MARK: Blocking

    func blocking<Result: Sendable>(_ work: @Sendable (TaskBridge) throws -> Result) async throws -> Result {
        try await TaskBridge.scope { bridge in
            try await BlockingExecutor.shared.run { try work(bridge) }
        }
    }

    func mirror(of reference: GitReference, _ bridge: TaskBridge) -> GitMirror {
        GitMirror(reference, pool: pool, access: access, bridge: bridge, progress: nil)
    }

    /// A connection belongs to a repository, also one that fetches nothing: all of these have an empty one in common.
    private func empty() throws -> GitRepository {
        let path = pool + "/empty.git"
        if let repository = try? GitRepository(opening: path) { return repository }  // else it is not there yet
        try makeDirectory(pool)
        do throws(GitFailure) {
            try GitRepository.create(at: path)
            return try GitRepository(opening: path)
        } catch {
            throw ContextError.unreadable(path, reason: error.reason)
        }
    }
}
