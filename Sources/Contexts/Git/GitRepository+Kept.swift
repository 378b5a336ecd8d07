import CGit2
import Glibc

/// What a mirror remembers of earlier fetches: the objects it asked for, and the commits whose parents it left out.
extension GitRepository {
    private static let kept = "refs/kept/"

    /// What was fetched so far: commits with all their files, and tags of such.
    func keptObjects() -> [GitObjectID] {
        listDirectory(path + "/" + Self.kept).sorted().compactMap { name in
            var id = git_oid()
            // A ref that is damaged is no help to the server, and no harm.
            return git_reference_name_to_id(&id, handle, Self.kept + name) == 0 ? GitObjectID(id) : nil
        }
    }

    /// Remembers an object that was fetched.
    func keep(_ id: GitObjectID, as name: String) throws(GitFailure) {
        var raw = id.raw
        var reference: OpaquePointer?
        try GitFailure.check(git_reference_create(&reference, handle, name, &raw, 1, nil))
        git_reference_free(reference)
    }

    /// The commits that are here without their parents (gitrepository-layout, "shallow").
    func shallowCommits() -> [GitObjectID] {
        guard let stream = fopen(path + "/shallow", "re") else { return [] }
        defer { fclose(stream) }
        var ids: [GitObjectID] = []
        var line = [CChar](repeating: 0, count: 64)
        while fgets(&line, CInt(line.count), stream) != nil {
            let text = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
            if let id = GitObjectID(String(decoding: text, as: UTF8.self)) { ids.append(id) }
        }
        return ids
    }

    /// Changes which commits are here without their parents.
    ///
    /// - Throws: ``ContextError/unreadable(_:reason:)`` if that can't be written.
    func addShallowCommits(_ new: [GitObjectID], removing old: [GitObjectID]) throws(ContextError) {
        guard !new.isEmpty || !old.isEmpty else { return }
        let ids = Set(shallowCommits()).union(new).subtracting(old)
        let text = ids.map(\.text).sorted().joined(separator: "\n") + (ids.isEmpty ? "" : "\n")
        try writeFile(path + "/shallow.new", Array(text.utf8), mode: 0o600)
        guard rename(path + "/shallow.new", path + "/shallow") == 0 else {
            throw .unreadable(path + "/shallow", reason: systemMessage())
        }
    }
}
