import CGit2
import Glibc

/// An open bare repository. Owns libgit2's handles of it; for one thread at a time.
final class GitRepository {
    let path: String
    let handle: OpaquePointer
    let objects: OpaquePointer

    /// Opens exactly this folder.
    init(opening path: String) throws(GitFailure) {
        self.path = path
        GitLibrary.prepare()
        var handle: OpaquePointer?
        try GitFailure.check(git_repository_open_bare(&handle, path))
        guard let handle else { throw GitFailure(-1) }
        var objects: OpaquePointer?
        let code = git_repository_odb(&objects, handle)
        guard code == 0, let objects else {
            let failure = GitFailure(code)
            git_repository_free(handle)
            throw failure
        }
        self.handle = handle
        self.objects = objects
    }

    deinit {
        git_odb_free(objects)
        git_repository_free(handle)
    }

    /// Makes an empty bare repository.
    static func create(at path: String) throws(GitFailure) {
        GitLibrary.prepare()
        var handle: OpaquePointer?
        try GitFailure.check(git_repository_init(&handle, path, 1))
        defer { git_repository_free(handle) }
        var configuration: OpaquePointer?
        try GitFailure.check(git_repository_config(&configuration, handle))
        defer { git_config_free(configuration) }
        // Packs made of it hold no deltas: those take long to look for, and depend on what else is there. libgit2 reads
        // the second name for the first.
        for name in ["core.bigFileThreshold", "pack.deltaCacheSize"] {
            try GitFailure.check(git_config_set_int64(configuration, name, 1))
        }
    }

    func has(_ id: GitObjectID) -> Bool {
        var raw = id.raw
        return git_odb_exists(objects, &raw) == 1
    }

    /// The commit that an object is or, as an annotated tag, leads to; nil if it leads to none.
    func commit(_ id: GitObjectID) throws(GitFailure) -> GitCommit? {
        var raw = id.raw
        var object: OpaquePointer?
        try GitFailure.check(git_object_lookup(&object, handle, &raw, GIT_OBJECT_ANY))
        defer { git_object_free(object) }
        var peeled: OpaquePointer?
        let code = git_object_peel(&peeled, object, GIT_OBJECT_COMMIT)
        if code == GIT_EINVALIDSPEC.rawValue || code == GIT_EPEEL.rawValue { return nil }
        try GitFailure.check(code)
        defer { git_object_free(peeled) }
        guard let peeled, let commit = git_commit_id(peeled), let tree = git_commit_tree_id(peeled) else {
            throw GitFailure(-1)
        }
        return GitCommit(
            id: GitObjectID(commit.pointee), tree: GitObjectID(tree.pointee), time: git_commit_time(peeled))
    }

    /// What its author wrote of a commit, with a newline at each end of a line; what is no UTF-8 is replaced.
    func message(of commit: GitCommit) throws(GitFailure) -> String {
        var raw = commit.id.raw
        var handle: OpaquePointer?
        try GitFailure.check(git_commit_lookup(&handle, self.handle, &raw))
        defer { git_commit_free(handle) }
        return git_commit_message(handle).map { String(cString: $0) } ?? ""
    }

    /// The commit whose id begins so; nil if there is none or more than one.
    func commit(beginning prefix: String) throws(GitFailure) -> GitCommit? {
        let padded = prefix + String(repeating: "0", count: 40 - prefix.utf8.count)
        guard var raw = GitObjectID(padded)?.raw else { return nil }
        var object: OpaquePointer?
        let code = git_object_lookup_prefix(&object, handle, &raw, prefix.utf8.count, GIT_OBJECT_COMMIT)
        if code == GIT_ENOTFOUND.rawValue || code == GIT_EAMBIGUOUS.rawValue { return nil }
        try GitFailure.check(code)
        defer { git_object_free(object) }
        guard let object, let id = git_object_id(object) else { return nil }
        return try commit(GitObjectID(id.pointee))
    }

    func tree(_ id: GitObjectID) throws(GitFailure) -> GitTreeObject {
        var raw = id.raw
        var tree: OpaquePointer?
        try GitFailure.check(git_tree_lookup(&tree, handle, &raw))
        guard let tree else { throw GitFailure(-1) }
        return GitTreeObject(tree)
    }

    /// Reads a whole blob. It is in memory as long as the object.
    func blob(_ id: GitObjectID) throws(GitFailure) -> GitBlob {
        var raw = id.raw
        var blob: OpaquePointer?
        try GitFailure.check(git_blob_lookup(&blob, handle, &raw))
        guard let blob else { throw GitFailure(-1) }
        return GitBlob(blob)
    }

    /// The size of a blob, without reading more of it than its header.
    func size(of id: GitObjectID) throws(GitFailure) -> Int64 {
        var raw = id.raw
        var size = 0
        var type = GIT_OBJECT_INVALID
        try GitFailure.check(git_odb_read_header(&size, &type, objects, &raw))
        guard type == GIT_OBJECT_BLOB else { throw GitFailure(missing: id) }
        return Int64(size)
    }

    /// Whether a checkout of that commit would write other bytes than those of the blob, by the commit's own
    /// `.gitattributes`: line ends of DOS, or `$Id$`.
    func isFiltered(_ path: [UInt8], in commit: GitObjectID) throws(GitFailure) -> Bool {
        var options = Self.attributeOptions(commit)
        for (attribute, isFiltering) in Self.filteringAttributes {
            var found: UnsafePointer<CChar>?
            try GitFailure.check(withCString(path) { git_attr_get_ext(&found, handle, &options, $0, attribute) })
            if isFiltering(found) { return true }
        }
        return false
    }

    private static let filteringAttributes: [(String, @Sendable (UnsafePointer<CChar>?) -> Bool)] = [
        ("ident", { git_attr_value($0) == GIT_ATTR_VALUE_TRUE }),
        (
            "eol",
            { value in value.map { git_attr_value($0) == GIT_ATTR_VALUE_STRING && strcmp($0, "crlf") == 0 } ?? false }
        ),
    ]

    private static func attributeOptions(_ commit: GitObjectID) -> git_attr_options {
        var options = git_attr_options()
        options.version = UInt32(GIT_ATTR_OPTIONS_VERSION)
        options.flags = UInt32(GIT_ATTR_CHECK_INCLUDE_COMMIT | GIT_ATTR_CHECK_NO_SYSTEM | GIT_ATTR_CHECK_INDEX_ONLY)
        options.attr_commit_id = commit.raw
        return options
    }

    /// The paths of files with an attribute, by the commit's own `.gitattributes` alone.
    ///
    /// - Parameter value: that the attribute must have; nil for any but unset.
    func paths(in commit: GitCommit, with attribute: String, value: String?) throws(GitFailure) -> [[UInt8]] {
        var options = Self.attributeOptions(commit.id)
        var result: [[UInt8]] = []
        var waiting: [(path: [UInt8], id: GitObjectID)] = [([], commit.tree)]
        while let (path, id) = waiting.popLast() {
            for entry in try tree(id).entries() {
                let inner = joinPath(path, entry.name)
                if case .directory = entry.kind { waiting.append((inner, entry.id)) }
                guard case .file = entry.kind else { continue }
                var found: UnsafePointer<CChar>?
                try GitFailure.check(withCString(inner) { git_attr_get_ext(&found, handle, &options, $0, attribute) })
                guard git_attr_value(found) == GIT_ATTR_VALUE_STRING, let found else { continue }
                if value == nil || String(cString: found) == value { result.append(inner) }
            }
        }
        return result.sorted { EntryPath(bytes: $0) < EntryPath(bytes: $1) }
    }
}

struct GitCommit: Hashable, Sendable {
    let id: GitObjectID
    let tree: GitObjectID
    /// When it was committed.
    let time: Int64
}

/// A tree object. Owns libgit2's handle of it.
final class GitTreeObject {
    struct Entry {
        enum Kind: Equatable {
            case file(isExecutable: Bool)
            case link
            case directory
            case submodule
        }

        let name: [UInt8]
        let kind: Kind
        let id: GitObjectID
    }

    private let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        git_tree_free(handle)
    }

    var count: Int { git_tree_entrycount(handle) }

    /// The entries, sorted by name as bytes.
    func entries() -> [Entry] {
        (0..<count).compactMap { entry(at: $0) }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    func entry(named name: some Collection<UInt8>) -> Entry? {
        withCString(Array(name)) { git_tree_entry_byname(handle, $0) }.flatMap(entry)
    }

    private func entry(at index: Int) -> Entry? {
        git_tree_entry_byindex(handle, index).flatMap(entry)
    }

    private func entry(_ raw: OpaquePointer) -> Entry? {
        guard let name = git_tree_entry_name(raw), let id = git_tree_entry_id(raw) else { return nil }
        let kind: Entry.Kind
        switch git_tree_entry_filemode(raw) {
        case GIT_FILEMODE_TREE: kind = .directory
        case GIT_FILEMODE_LINK: kind = .link
        case GIT_FILEMODE_COMMIT: kind = .submodule
        case GIT_FILEMODE_BLOB_EXECUTABLE: kind = .file(isExecutable: true)
        default: kind = .file(isExecutable: false)
        }
        return Entry(
            name: UnsafeRawBufferPointer(start: name, count: strlen(name)).map { $0 }, kind: kind,
            id: GitObjectID(id.pointee))
    }
}

/// A blob's bytes. Owns libgit2's handle of it.
final class GitBlob {
    fileprivate let handle: OpaquePointer

    fileprivate init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        git_blob_free(handle)
    }

    var count: Int { Int(git_blob_rawsize(handle)) }

    /// A copy of the content.
    var bytes: [UInt8] { withBytes { Array($0) } }

    /// Calls `body` with the content, which is there as long as that takes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) {
            try body(UnsafeRawBufferPointer(start: git_blob_rawcontent(handle), count: count))
        }
    }

    /// The content as a checkout of that commit would write it: line ends and `$Id$` by the commit's own attributes,
    /// and nothing else's.
    func filtered(path: [UInt8], commit: GitObjectID) throws(GitFailure) -> [UInt8] {
        var options = git_blob_filter_options()
        git_blob_filter_options_init(&options, UInt32(GIT_BLOB_FILTER_OPTIONS_VERSION))
        options.flags =
            GIT_BLOB_FILTER_CHECK_FOR_BINARY.rawValue | GIT_BLOB_FILTER_NO_SYSTEM_ATTRIBUTES.rawValue
            | GIT_BLOB_FILTER_ATTRIBUTES_FROM_COMMIT.rawValue
        options.attr_commit_id = commit.raw
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        try GitFailure.check(withCString(path) { git_blob_filter(&buffer, handle, $0, &options) })
        return Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
    }
}
