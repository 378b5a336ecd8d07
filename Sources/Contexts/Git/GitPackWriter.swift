import CGit2

/// Puts a pack that comes over the wire into a repository: indexed as it comes, and what a thin one leaves out added
/// from what is there. Owns one handle of libgit2.
final class GitPackWriter {
    private let handle: UnsafeMutablePointer<git_odb_writepack>
    private let repository: GitRepository
    // Its callback has a pointer to it.
    private let session: GitSession
    private var progress = git_indexer_progress()

    /// - Throws: ``GitFailure``.
    init(_ repository: GitRepository, _ session: GitSession) throws(GitFailure) {
        self.repository = repository
        self.session = session
        var handle: UnsafeMutablePointer<git_odb_writepack>?
        try GitFailure.check(
            git_odb_write_pack(
                &handle, repository.objects, gitTransferProgress, Unmanaged.passUnretained(session).toOpaque()))
        guard let handle else { throw GitFailure(-1) }
        self.handle = handle
    }

    deinit {
        handle.pointee.free(handle)
    }

    func append(_ bytes: ArraySlice<UInt8>) throws(GitFailure) {
        try GitFailure.check(
            bytes.withUnsafeBytes { handle.pointee.append(handle, $0.baseAddress, $0.count, &progress) })
    }

    /// Makes the objects a part of the repository.
    func finish() throws(GitFailure) {
        try GitFailure.check(handle.pointee.commit(handle, &progress))
        try GitFailure.check(git_odb_refresh(repository.objects))
    }
}

/// libgit2's callback for packs, with a ``GitSession`` behind it.
let gitTransferProgress: git_indexer_progress_cb = { stats, payload in
    guard let stats, let payload else { return 0 }
    let session = GitSession.from(payload)
    do {
        try session.checkTime()
    } catch {
        return session.giveUp(error)
    }
    session.report(stats.pointee)
    return 0
}
