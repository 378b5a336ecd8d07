import CGit2
import CurlHTTP
import Glibc

/// A connection to a git server, for listing and fetching. Owns libgit2's handle of it.
final class GitRemote {
    struct Head {
        let name: String
        let id: GitObjectID
        /// Of HEAD, the branch that it stands for.
        let target: String?
    }

    /// What a reference means at the remote.
    enum Choice {
        /// An advertised ref.
        case ref(name: String, id: GitObjectID, branch: String?)
        /// A commit that no ref leads to directly.
        case commit(GitObjectID)
        /// 7 to 39 digits of a commit id.
        case shortCommit(String)
    }

    private let session: GitSession
    private let handle: OpaquePointer
    private(set) var heads: [Head] = []

    /// Connects and lists the refs: so every use of a mirror is one that the remote allows now.
    ///
    /// - Throws: ``ContextError``.
    init(_ session: GitSession, repository: GitRepository) throws {
        self.session = session
        let urls = try Self.urls(for: session)
        var connected: OpaquePointer?
        var lastError: (any Error)?
        for url in urls where connected == nil {
            var options = git_remote_create_options()
            git_remote_create_options_init(&options, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
            options.repository = repository.handle
            options.flags =
                GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC.rawValue
            var handle: OpaquePointer?
            do throws(GitFailure) {
                try GitFailure.check(git_remote_create_with_opts(&handle, url, &options))
                var callbacks = session.callbacks(isSSH: session.sshAddress != nil)
                try GitFailure.check(git_remote_connect(handle, GIT_DIRECTION_FETCH, &callbacks, nil, nil))
                connected = handle
            } catch {
                lastError = session.error(error)
                git_remote_free(handle)
                // Another address is worth a try only where this one could not be connected to.
                if session.failure != nil || Task.isCancelled { break }
            }
        }
        guard let connected else {
            throw lastError ?? ContextError.connectionFailed(remote: session.remote, reason: "its host has no address")
        }
        handle = connected
        heads = try list()
    }

    deinit {
        git_remote_disconnect(handle)
        git_remote_free(handle)
    }

    /// Only https, ssh, and http from origins that are allowed by name.
    private static func urls(for session: GitSession) throws -> [String] {
        let remote = session.remote
        if session.sshAddress != nil { return try session.sshURLs() }
        guard let url = SourceURL(remote), let origin = HTTPOrigin(url: remote) else {
            throw ContextError.sourceRefused(
                SourceURL.redact(remote),
                reason:
                    "repositories are fetched over https or ssh, not over what is neither encrypted nor authenticated")
        }
        guard url.scheme == "https" || session.access.allows(plainOrigin: origin) else {
            throw ContextError.sourceRefused(
                remote, reason: "plain http is not encrypted. If it should be used, add \(origin) to sources.allow")
        }
        return [remote]
    }

    private func list() throws -> [Head] {
        var found: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        do throws(GitFailure) {
            try GitFailure.check(git_remote_ls(&found, &count, handle))
        } catch {
            throw session.error(error)
        }
        return (0..<count).compactMap { index in
            guard let head = found?[index]?.pointee, let name = head.name else { return nil }
            return Head(
                name: String(cString: name), id: GitObjectID(head.oid),
                target: head.symref_target.map { String(cString: $0) })
        }
    }

    /// Finds what a reference means: exact full name, branch, tag, any name under `refs/`, then a commit id.
    func choose(_ ref: String?) throws(ContextError) -> Choice {
        let refs = Dictionary(heads.map { ($0.name, $0) }) { first, _ in first }
        guard let ref else {
            guard let head = refs["HEAD"] else { throw .referenceNotFound("HEAD", remote: session.remote) }
            return .ref(name: head.target ?? "HEAD", id: head.id, branch: head.target.flatMap(Self.branch))
        }
        let names =
            (ref.hasPrefix("refs/") || ref == "HEAD" ? [ref] : []) + [
                "refs/heads/" + ref, "refs/tags/" + ref, "refs/" + ref,
            ]
        if let found = names.lazy.compactMap({ refs[$0] }).first {
            return .ref(name: found.name, id: found.id, branch: Self.branch(found.target ?? found.name))
        }
        if let id = GitObjectID(ref) {
            if let head = heads.first(where: { $0.id == id && !$0.name.hasSuffix("^{}") && $0.name != "HEAD" }) {
                return .ref(name: head.name, id: id, branch: nil)
            }
            return .commit(id)
        }
        if (7...39).contains(ref.utf8.count), ref.utf8.allSatisfy({ hexValue($0) != nil }) {
            return .shortCommit(ref.lowercased())
        }
        throw .referenceNotFound(ref, remote: session.remote)
    }

    private static func branch(_ name: String) -> String? {
        name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : nil
    }

    /// Fetches one advertised ref with all that leads up to it.
    func fetch(ref name: String) throws {
        try fetch(["+\(name):\(Self.localName(of: name))"])
    }

    /// Fetches one commit by its id.
    ///
    /// - Returns: false if the server gives only what its refs lead to.
    func fetch(commit id: GitObjectID) throws -> Bool {
        do {
            try fetch(["\(id.text):\(Self.localName(of: id.text))"])
            return true
        } catch ContextError.connectionFailed {
            return false
        }
    }

    /// Fetches all branches, tags and other refs.
    func fetchAll() throws {
        try fetch(
            heads.filter { !$0.name.hasSuffix("^{}") && $0.name.hasPrefix("refs/") }.map {
                "+\($0.name):\(Self.localName(of: $0.name))"
            })
    }

    /// A name that can't be in another's way, as `a` and `a/b` are.
    private static func localName(of name: String) -> String {
        "refs/kept/" + sha256(name)
    }

    private func fetch(_ specifications: [String]) throws {
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.callbacks = session.callbacks(isSSH: session.sshAddress != nil)
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        do throws(GitFailure) {
            try GitFailure.check(
                withStringArray(specifications) { array in
                    var array = array
                    return git_remote_fetch(handle, &array, &options, nil)
                })
        } catch {
            // A repository that can't take what it is sent is damaged.
            if session.failure == nil, error.isLocal, !Task.isCancelled { throw error }
            throw session.error(error)
        }
    }
}

private func withStringArray<Result>(_ strings: [String], _ body: (git_strarray) -> Result) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body(git_strarray(strings: $0.baseAddress, count: $0.count)) }
}
