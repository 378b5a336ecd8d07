import Foundation

extension GitRemote {
    /// More changed paths than this are as good as all.
    private static let maxChanges = 100_000
    /// Others wait while a commit is looked at. What can't be had in that time is not known.
    private static let longestLook = Duration.seconds(60)

    /// What was written of the reference's commit: a title, and what comes below it.
    ///
    /// Of a pinned commit nothing else is fetched, if the server can do that.
    ///
    /// - Throws: ``ContextError``, `CancellationError`.
    public func message() async throws -> String {
        let quick = quick
        return try await blocking { bridge in
            if let commit = reference.pinned, let message = try quick.message(of: commit, bridge) { return message }
            var message = ""
            _ = try quick.mirror(of: reference, bridge).checkout { message = try $0.message(of: $1) }
            return message
        }
    }

    /// In a repository of its own: in a mirror a commit without its files would count as damaged.
    ///
    /// - Returns: nil if the server can't give it alone.
    private func message(of id: GitObjectID, _ bridge: TaskBridge) throws -> String? {
        let session = GitSession(reference, access: access, bridge: bridge, progress: nil)
        guard session.sshAddress == nil else { return nil }
        let path = pool + "/message-" + UUID().uuidString
        try makeDirectory(pool)
        defer { removeTree(path) }
        do {
            try GitRepository.create(at: path)
            let repository = try GitRepository(opening: path)
            guard try GitHTTPConnection(session, repository: repository).fetch(messageOf: id),
                let commit = try repository.commit(id)
            else { return nil }
            return try repository.message(of: commit)
        } catch is GitFailure {
            return nil
        }
    }

    private var quick: GitRemote {
        var access = access
        access.limits.duration = min(access.limits.duration, Self.longestLook)
        return GitRemote(reference, pool: pool, access: access)
    }

    /// The commit that the reference leads to now, of an annotated tag the one behind it.
    ///
    /// - Throws: ``ContextError``, `CancellationError`.
    public func commit() async throws -> String {
        try await blocking { bridge in
            try mirror(of: reference, bridge).checkout { _, _ in }.commit.id.text
        }
    }

    /// The paths of files, links and submodules in which the reference's commit differs from an earlier one, from the root of the
    /// repository.
    ///
    /// - Returns: nil if that can't be known: the earlier commit is gone, or there are too many, or the
    ///   commits are larger than a context may be.
    /// - Throws: ``ContextError`` if the reference's own commit can't be had, `CancellationError`.
    public func changedPaths(since earlier: String) async throws -> [String]? {
        let quick = quick
        return try await blocking { bridge in
            let new = try quick.mirror(of: reference, bridge).checkout { _, _ in }
            let old: GitMirror.Checkout
            do {
                old = try quick.mirror(of: try reference.at(earlier), bridge).checkout { _, _ in }
            } catch ContextError.referenceNotFound {
                return nil
            }
            var changes = GitTreeChanges(limit: Self.maxChanges, limits: access.limits)
            do {
                return try changes.find(
                    from: (GitRepository(opening: old.path), old.commit.tree),
                    to: (GitRepository(opening: new.path), new.commit.tree)
                ) ? changes.paths.map { EntryPath(bytes: $0).text } : nil
            } catch let failure as GitFailure {
                GitMirror.markDamaged(new.path)
                throw ContextError.mirrorDamaged(remote: reference.remote, reason: failure.reason)
            }
        }
    }
}
