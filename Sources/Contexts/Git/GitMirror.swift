import Crypto
import Glibc

/// A bare copy of one remote repository, kept from run to run so that only what is new is fetched.
///
/// `<pool>/<digest of the remote>/` holds a `lock` and numbered copies, of which the highest is in use: a damaged one
/// is not repaired in place, where others may be reading, but followed by the next. One writer at a time; readers hold
/// a shared lock on their copy.
struct GitMirror {
    /// A commit in a copy, which stays as long as this does.
    struct Checkout: Sendable {
        let path: String
        let remote: String
        let commit: GitCommit
        /// The branch, tag or other ref that the reference named, or that the remote's HEAD stands for.
        let ref: GitHead?
        fileprivate let use: FileLock

        var branch: String? { ref?.branch }
    }

    /// With more packs than this, looking objects up becomes slow, and a new copy is fetched.
    private static let maxPacks = 100

    private let pool: String
    private let folder: String
    private let reference: GitReference
    private let access: GitAccess
    private let bridge: TaskBridge
    private let progress: (@Sendable (String) -> Void)?

    /// - Parameter pool: the folder that holds the mirrors of those who may share them.
    init(
        _ reference: GitReference, pool: String, access: GitAccess, bridge: TaskBridge,
        progress: (@Sendable (String) -> Void)?
    ) {
        self.pool = pool
        folder = pool + "/" + sha256(reference.remote).prefix(40)
        self.reference = reference
        self.access = access
        self.bridge = bridge
        self.progress = progress
    }

    /// Resolves the reference at the remote and makes its commit present.
    ///
    /// - Parameter inspect: looks whether all of the commit is there, throws ``GitFailure`` if not.
    /// - Throws: ``ContextError``, `CancellationError`.
    func checkout(_ inspect: (GitRepository, GitCommit) throws -> Void) throws -> Checkout {
        try makeDirectory(folder)
        let lock = try FileLock(folder + "/lock", .exclusive)
        defer { _ = lock }
        GitCache.touch(folder)
        defer { GitCache(pool: pool).evict(to: access.cacheBytes, keeping: folder) }
        var number = numbers().max() ?? 0
        if number == 0 || !isUsable(copy(number)) { number = try startCopy(after: number) }
        do {
            return try checkout(copy(number), inspect)
        } catch let failure as GitFailure {
            if failure.isTooLarge { throw GitFailure.sizeError() }
            // Something that should be there is not, or can't be read. Once more from nothing.
            progress?("The local copy of \(reference.remote) is damaged (\(failure.reason)); fetching it again.")
            number = try startCopy(after: number)
            do {
                return try checkout(copy(number), inspect)
            } catch let failure as GitFailure {
                throw ContextError.unexpectedAnswer(
                    remote: reference.remote, reason: "what it sent can't be used (\(failure.reason))")
            }
        }
    }

    /// The lock of the mirror that a copy belongs to.
    static func lockFile(ofCopy path: String) -> String {
        path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/lock"
    }

    /// Marks a copy as damaged: the next run makes a new one.
    static func markDamaged(_ path: String) {
        let descriptor = open(path + "/damaged", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        if descriptor >= 0 { close(descriptor) }
    }

    // MARK: One copy

    private func checkout(_ path: String, _ inspect: (GitRepository, GitCommit) throws -> Void) throws -> Checkout {
        removeLeftovers(in: path)
        let repository = try GitRepository(opening: path)
        let connection = try connect(repository)
        let heads = try connection.heads(for: reference.ref)
        let (commit, ref) = try present(among: heads, connection, repository)
        if let expected = reference.commit, !commit.id.text.hasPrefix(expected) {
            throw ContextError.wrongCommit(expected: expected, actual: commit.id.text, remote: reference.remote)
        }
        try inspect(repository, commit)
        let use = try FileLock(path + "/in-use", .shared)
        removeOldCopies(before: path)
        return Checkout(path: path, remote: reference.remote, commit: commit, ref: ref, use: use)
    }

    private func connect(_ repository: GitRepository) throws -> any GitConnection {
        let session = GitSession(reference, access: access, bridge: bridge, progress: progress)
        return session.sshAddress == nil
            ? try GitHTTPConnection(session, repository: repository)
            : try GitSSHConnection(session, repository: repository)
    }

    /// Makes the commit present that the reference leads to, or that it is pinned to.
    private func present(among heads: [GitHead], _ connection: any GitConnection, _ repository: GitRepository) throws
        -> (GitCommit, GitHead?)
    {
        guard let pinned = reference.pinned else {
            let choice = try GitChoice(reference.ref, among: heads, remote: reference.remote)
            return try present(choice, connection, repository)
        }
        // A ref that is gone doesn't matter: it only names the branch.
        guard case .ref(let head)? = try? GitChoice(reference.ref, among: heads, remote: reference.remote) else {
            return try present(.commit(pinned), connection, repository)
        }
        let found = try present(.ref(head), connection, repository)
        if found.0.id == pinned { return found }
        let (commit, _) = try present(.commit(pinned), connection, repository)
        return (commit, GitHead(name: head.name, id: pinned, target: head.target))
    }

    /// Makes the commit that was chosen present.
    ///
    /// - Returns: the commit, and the ref it was found by.
    private func present(_ choice: GitChoice, _ connection: any GitConnection, _ repository: GitRepository) throws -> (
        GitCommit, GitHead?
    ) {
        let name = reference.ref ?? "HEAD"
        switch choice {
        case .ref(let head):
            if !repository.has(head.id) { try connection.fetch(head) }
            guard let commit = try repository.commit(head.id) else {
                throw ContextError.referenceNotFound(name, remote: reference.remote)
            }
            return (commit, head)
        case .commit(let id):
            if !repository.has(id), try !connection.fetch(commit: id) || !repository.has(id) {
                progress?("\(reference.remote) does not give that commit alone; fetching all of it.")
                // A fetch that was refused may leave its connection in no state to go on.
                try connect(repository).fetchAll()
                guard repository.has(id) else { throw ContextError.referenceNotFound(name, remote: reference.remote) }
            }
            guard let commit = try repository.commit(id) else {
                throw ContextError.referenceNotFound(name, remote: reference.remote)
            }
            return (commit, nil)
        case .shortCommit(let prefix):
            if let commit = try repository.commit(beginning: prefix) { return (commit, nil) }
            progress?("A short commit id can't be fetched alone; fetching all of \(reference.remote).")
            try connection.fetchAll()
            guard let commit = try repository.commit(beginning: prefix) else {
                throw ContextError.referenceNotFound(name, remote: reference.remote)
            }
            return (commit, nil)
        }
    }

    // MARK: Copies

    private func copy(_ number: Int) -> String { "\(folder)/\(number).git" }

    private func numbers() -> [Int] {
        listDirectory(folder).filter { $0.hasSuffix(".git") }.compactMap { Int($0.dropLast(4)) }
    }

    private func isUsable(_ path: String) -> Bool {
        access(path + "/damaged", F_OK) != 0
            && listDirectory(path + "/objects/pack").filter { $0.hasSuffix(".pack") }.count <= Self.maxPacks
            && (try? GitRepository(opening: path)) != nil  // what can't be opened is not usable, whatever the reason
    }

    private func access(_ path: String, _ mode: CInt) -> CInt { Glibc.access(path, mode) }

    private func startCopy(after number: Int) throws -> Int {
        do throws(GitFailure) {
            try GitRepository.create(at: copy(number + 1))
        } catch {
            throw ContextError.unreadable(copy(number + 1), reason: error.reason)
        }
        return number + 1
    }

    /// Removes what a fetch that was killed left behind. Only with the exclusive lock.
    private func removeLeftovers(in path: String) {
        for name in listDirectory(path + "/objects/pack") where !name.hasPrefix("pack-") {
            unlink(path + "/objects/pack/" + name)
        }
        for name in listDirectory(path + "/refs/kept") where name.hasSuffix(".lock") {
            unlink(path + "/refs/kept/" + name)
        }
        MadeGitDirectory.removeLeftovers(in: path)
        for name in ["packed-refs.lock", "config.lock", "HEAD.lock"] { unlink(path + "/" + name) }
    }

    private func removeOldCopies(before current: String) {
        for number in numbers() where copy(number) != current {
            // Held by a reader: left for a later run.
            guard let lock = try? FileLock(trying: copy(number) + "/in-use", .exclusive) else { continue }
            removeTree(copy(number))
            _ = lock
        }
    }
}

func sha256(_ text: String) -> String {
    hexadecimal(SHA256.hash(data: Array(text.utf8)))
}
