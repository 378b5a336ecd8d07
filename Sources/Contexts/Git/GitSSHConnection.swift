import CGit2
import CurlHTTP
import Glibc

/// A connection to a git server over ssh, which libgit2 makes. Owns its handle.
final class GitSSHConnection: GitConnection {
    private let session: GitSession
    private let handle: OpaquePointer
    private var listed: [GitHead] = []

    /// Connects and lists the refs.
    ///
    /// - Throws: ``ContextError``.
    init(_ session: GitSession, repository: GitRepository) throws {
        self.session = session
        var connected: OpaquePointer?
        var lastError: (any Error)?
        guard let address = session.sshAddress else {
            throw ContextError.invalidURL(session.remote, reason: "it is no ssh address")
        }
        for endpoint in try session.sshEndpoints() where connected == nil {
            let relay: GitSSHRelay
            do {
                relay = try GitSSHRelay(
                    to: endpoint, origin: address.origin, duration: session.access.limits.duration)
            } catch let cause as HTTPError {
                lastError = ContextError.unreachable(remote: session.remote, cause: cause)
                continue
            }
            session.relay = relay
            session.bridge.start { await BlockingExecutor.shared.run { relay.run() } }
            var options = git_remote_create_options()
            git_remote_create_options_init(&options, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
            options.repository = repository.handle
            options.flags =
                GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC.rawValue
            var handle: OpaquePointer?
            do throws(GitFailure) {
                try GitFailure.check(
                    git_remote_create_with_opts(&handle, address.url(through: relay.port), &options))
                var callbacks = session.sshCallbacks()
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
        listed = try list()
    }

    deinit {
        git_remote_disconnect(handle)
        git_remote_free(handle)
    }

    private func list() throws -> [GitHead] {
        var found: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        do throws(GitFailure) {
            try GitFailure.check(git_remote_ls(&found, &count, handle))
        } catch {
            throw session.error(error)
        }
        return (0..<count).compactMap { index in
            guard let head = found?[index]?.pointee, let name = head.name else { return nil }
            return GitHead(
                name: String(cString: name), id: GitObjectID(head.oid),
                target: head.symref_target.map { String(cString: $0) })
        }
    }

    func heads(for ref: String?) -> [GitHead] { listed }

    func heads(prefixes: [String]) -> [GitHead] { listed }

    func fetch(_ head: GitHead) throws {
        try fetch(["+\(head.name):\(Self.localName(of: head.name))"], isWhole: false)
    }

    func fetch(commit id: GitObjectID) throws -> Bool {
        // Any server gives what a ref leads to; few give a commit that is only named.
        if let head = listed.first(where: { $0.id == id && !$0.name.hasSuffix("^{}") && $0.name != "HEAD" }) {
            try fetch(head)
            return true
        }
        do {
            try fetch(["\(id.text):\(Self.localName(of: id.text))"], isWhole: false)
            return true
        } catch ContextError.connectionFailed {
            return false
        }
    }

    func fetchAll() throws {
        try fetch(
            listed.filter { !$0.name.hasSuffix("^{}") && $0.name.hasPrefix("refs/") }.map {
                "+\($0.name):\(Self.localName(of: $0.name))"
            }, isWhole: true)
    }

    private func fetch(_ specifications: [String], isWhole: Bool) throws {
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.callbacks = session.sshCallbacks()
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.update_fetchhead = 0
        // Does nothing before libgit2 1.7, which fetches the whole history.
        cgit2_set_depth(&options, isWhole ? 1 : 0)
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
