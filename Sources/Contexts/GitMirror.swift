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
        let branch: String?
        fileprivate let use: FileLock
    }

    /// With more packs than this, looking objects up becomes slow, and a new copy is fetched.
    private static let maxPacks = 100

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
        var number = numbers().max() ?? 0
        if number == 0 || !isUsable(copy(number)) { number = try startCopy(after: number) }
        do {
            return try checkout(copy(number), inspect)
        } catch let failure as GitFailure {
            // Something that should be there is not, or can't be read. Once more from nothing.
            progress?("The local copy of \(reference.remote) is damaged (\(failure.reason)); fetching it again.")
            number = try startCopy(after: number)
            do {
                return try checkout(copy(number), inspect)
            } catch let failure as GitFailure {
                throw ContextError.mirrorDamaged(remote: reference.remote, reason: failure.reason)
            }
        }
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
        let session = GitSession(reference, access: access, bridge: bridge, progress: progress)
        let remote = try GitRemote(session, repository: repository)
        let (commit, branch) = try present(try remote.choose(reference.ref), remote, repository)
        if let expected = reference.commit, !commit.id.text.hasPrefix(expected) {
            throw ContextError.wrongCommit(expected: expected, actual: commit.id.text, remote: reference.remote)
        }
        try inspect(repository, commit)
        let use = try FileLock(path + "/in-use", .shared)
        removeOldCopies(before: path)
        return Checkout(path: path, remote: reference.remote, commit: commit, branch: branch, use: use)
    }

    private func present(_ choice: GitRemote.Choice, _ remote: GitRemote, _ repository: GitRepository) throws -> (
        GitCommit, String?
    ) {
        let name = reference.ref ?? "HEAD"
        switch choice {
        case .ref(let ref, let id, let branch):
            if !repository.has(id) { try remote.fetch(ref: ref) }
            guard let commit = try repository.commit(id) else {
                throw ContextError.referenceNotFound(name, remote: reference.remote)
            }
            return (commit, branch)
        case .commit(let id):
            if !repository.has(id), try !remote.fetch(commit: id) || !repository.has(id) {
                try fetchAll(repository)
                guard repository.has(id) else { throw ContextError.referenceNotFound(name, remote: reference.remote) }
            }
            guard let commit = try repository.commit(id) else {
                throw ContextError.referenceNotFound(name, remote: reference.remote)
            }
            return (commit, nil)
        case .shortCommit(let prefix):
            if let commit = try repository.commit(beginning: prefix) { return (commit, nil) }
            progress?("A short commit id can't be fetched alone; fetching all of \(reference.remote).")
            try fetchAll(repository)
            guard let commit = try repository.commit(beginning: prefix) else {
                throw ContextError.referenceNotFound(name, remote: reference.remote)
            }
            return (commit, nil)
        }
    }

    /// On a new connection: a fetch that failed leaves the old one in no state to go on.
    private func fetchAll(_ repository: GitRepository) throws {
        let session = GitSession(reference, access: access, bridge: bridge, progress: progress)
        try GitRemote(session, repository: repository).fetchAll()
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

// MARK: The local disk

/// Makes a folder and those that hold it, for its owner alone.
func makeDirectory(_ path: String) throws(ContextError) {
    for parent in parentPaths(of: Array(path.utf8)) where !parent.isEmpty {
        mkdir(String(decoding: parent, as: UTF8.self), 0o700)
    }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .unreadable(path, reason: systemMessage()) }
}

/// The names in a folder; none if it can't be listed.
func listDirectory(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let found = readdir(stream) {
        let name = withUnsafeBytes(of: &found.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

/// Removes a folder with all in it. Links are removed, not followed.
func removeTree(_ path: String) {
    for name in listDirectory(path) {
        let inner = path + "/" + name
        var status = stat()
        if lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { removeTree(inner) } else { unlink(inner) }
    }
    rmdir(path)
}
