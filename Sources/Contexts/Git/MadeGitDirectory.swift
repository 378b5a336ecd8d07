import CGit2
import Glibc

/// The `.git` of a git context, for builds that ask for one: made, not copied, so that the same commit gives the same
/// bytes whoever fetched it, when and how.
///
/// It holds the commit with all of its files and nothing of its history (`shallow`), the ref that was asked for, an
/// index of the whole tree, and the remote's address without user info; no hooks, no logs. It lies beside the mirror as
/// long as this object lives.
final class MadeGitDirectory: Sendable {
    /// The folder that holds the `.git`.
    let path: String
    private let use: FileLock

    private static let folder = "made"
    private static let name = ".git"

    /// Makes one. Blocks for as long as compressing all files takes.
    ///
    /// - Throws: ``ContextError``, ``GitFailure``, `CancellationError`.
    init(_ checkout: GitMirror.Checkout) throws {
        let made = checkout.path + "/" + Self.folder
        let path = made + "/" + hexadecimal((0..<16).map { _ in UInt8.random(in: 0...255) })
        do {
            // Whoever cleans up holds the mirror's lock.
            let lock = try FileLock(GitMirror.lockFile(ofCopy: checkout.path), .exclusive)
            defer { _ = lock }
            try makeDirectory(path)
            use = try FileLock(path + "/lock", .shared)
        }
        self.path = path
        let git = path + "/" + Self.name
        try makeDirectory(git + "/objects/pack")
        try makeDirectory(git + "/refs")
        let repository = try GitRepository(opening: checkout.path)
        try Self.writeFiles(checkout, to: git)
        try Self.writePack(checkout, from: repository, to: git + "/objects/pack")
        try Self.writeIndex(of: checkout.commit, from: repository, to: git + "/index")
        try Self.makeEqual(git, modified: checkout.commit.time)
    }

    deinit {
        removeTree(path)
    }

    /// Removes what processes that were killed left in a copy of a mirror. Only with the mirror's lock.
    static func removeLeftovers(in copy: String) {
        let made = copy + "/" + folder
        for name in listDirectory(made) {
            // Held by whoever uses it.
            guard let lock = try? FileLock(trying: "\(made)/\(name)/lock", .exclusive) else { continue }
            removeTree("\(made)/\(name)")
            _ = lock
        }
    }

    /// Whether a filter leaves in anything of what would be made.
    static func isWanted(_ filter: IgnoreFilter, ref: GitHead?) -> Bool {
        let id = String(repeating: "0", count: 40)
        let names = [
            "HEAD", "config", "index", "shallow", "objects/pack/pack-\(id).pack", "objects/pack/pack-\(id).idx",
            ref.map(refName) ?? "refs",
        ]
        return names.contains { filter.keeps(Array("\(name)/\($0)".utf8)) }
    }

    /// Of HEAD that stands for a branch, the branch's.
    private static func refName(_ ref: GitHead) -> String { ref.target ?? ref.name }

    private static func writeFiles(_ checkout: GitMirror.Checkout, to git: String) throws {
        let id = checkout.commit.id.text + "\n"
        var head = id
        if let ref = checkout.ref.map({ (name: refName($0), id: $0.id) }), ref.name.hasPrefix("refs/") {
            let file = git + "/" + ref.name
            try makeDirectory(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
            try write(ref.id.text + "\n", to: file)
            if ref.name.hasPrefix("refs/heads/") { head = "ref: \(ref.name)\n" }
        }
        try write(head, to: git + "/HEAD")
        try write(id, to: git + "/shallow")
        let remote = checkout.remote.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        try write(
            """
            [core]
            \trepositoryformatversion = 0
            \tbare = false
            [remote "origin"]
            \turl = "\(remote)"

            """, to: git + "/config")
    }

    private static func write(_ text: String, to file: String) throws {
        try writeFile(file, Array(text.utf8), mode: 0o644)
    }

    /// Writes a pack of the commit, its files and, if it was asked for by one, its tag.
    private static func writePack(_ checkout: GitMirror.Checkout, from repository: GitRepository, to folder: String)
        throws
    {
        var made: OpaquePointer?
        try GitFailure.check(git_packbuilder_new(&made, repository.handle))
        guard let builder = made else { throw GitFailure(-1) }
        defer { git_packbuilder_free(builder) }
        git_packbuilder_set_threads(builder, 1)
        if let ref = checkout.ref, ref.id != checkout.commit.id {
            var tag = ref.id.raw
            try GitFailure.check(git_packbuilder_insert(builder, &tag, nil))
        }
        var commit = checkout.commit.id.raw
        try GitFailure.check(git_packbuilder_insert_commit(builder, &commit))
        let code = git_packbuilder_write(
            builder, folder, 0o444, { _, _ in Task.isCancelled ? GIT_EUSER.rawValue : 0 }, nil)
        try Task.checkCancellation()
        try GitFailure.check(code)
    }

    /// Writes an index that has all files, as a checkout would leave it, but for sizes and times, which are 0.
    private static func writeIndex(of commit: GitCommit, from repository: GitRepository, to file: String) throws {
        var made: OpaquePointer?
        try GitFailure.check(git_index_open(&made, file))
        guard let index = made else { throw GitFailure(-1) }
        defer { git_index_free(index) }
        var id = commit.tree.raw
        var tree: OpaquePointer?
        try GitFailure.check(git_tree_lookup(&tree, repository.handle, &id))
        defer { git_tree_free(tree) }
        try GitFailure.check(git_index_read_tree(index, tree))
        try GitFailure.check(git_index_write(index))
    }

    /// Gives all below a folder, and itself, the commit's time and modes that depend on nobody's umask.
    private static func makeEqual(_ path: String, modified: Int64) throws(ContextError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .unreadable(path, reason: systemMessage()) }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if isDirectory {
            for name in listDirectory(path) { try makeEqual(path + "/" + name, modified: modified) }
        }
        let isPack = path.hasSuffix(".pack") || path.hasSuffix(".idx")
        let time = timespec(tv_sec: time_t(modified), tv_nsec: 0)
        guard chmod(path, isDirectory ? 0o755 : isPack ? 0o444 : 0o644) == 0,
            utimensat(AT_FDCWD, path, [time, time], 0) == 0
        else { throw .unreadable(path, reason: systemMessage()) }
    }
}
