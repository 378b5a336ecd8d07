/// A ref at a remote.
struct GitHead: Sendable, Hashable {
    let name: String
    let id: GitObjectID
    /// Of HEAD, the branch that it stands for.
    let target: String?
    /// Of an annotated tag what it leads to, from servers that say so here and not in a ref `NAME^{}`.
    let peeled: GitObjectID?

    /// A ref as the server sends it; nil for a name that no person could ask for, which is as good as not there.
    init?(name: String, id: GitObjectID, target: String? = nil, peeled: GitObjectID? = nil) {
        guard Self.isUsable(name), target.map(Self.isUsable) ?? true else { return nil }
        self.name = name
        self.id = id
        self.target = target
        self.peeled = peeled
    }

    /// A commit by itself.
    init(commit id: GitObjectID) {
        name = id.text
        self.id = id
        target = nil
        peeled = nil
    }

    private static func isUsable(_ name: String) -> Bool {
        let plain = name.hasSuffix("^{}") ? String(name.dropLast(3)) : name
        return GitReference.problem(ofRef: plain) == nil && !plain.hasPrefix("refs/heads/-")
    }

    /// Its name, if it is a branch or HEAD that stands for one.
    var branch: String? {
        let name = target ?? name
        return name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : nil
    }
}

/// A connection to a git server: what is there, and fetching it into a repository.
protocol GitConnection {
    /// The refs that a reference may mean, HEAD among them; all refs for a reference that may mean any of them.
    ///
    /// Every use of a mirror asks for them: so it is one that the remote allows now.
    ///
    /// - Throws: ``ContextError``.
    func heads(for ref: String?) throws -> [GitHead]
    /// The refs whose full names begin so, and maybe others; without a prefix all.
    func heads(prefixes: [String]) throws -> [GitHead]
    /// Fetches what a ref leads to: its commit's files and, unless the server can leave them out, the commits before.
    ///
    /// - Throws: ``ContextError``; ``GitFailure`` if the local repository can't take what is sent.
    func fetch(_ head: GitHead) throws
    /// Fetches one commit by its id.
    ///
    /// - Returns: false if the server gives only what its refs lead to.
    func fetch(commit id: GitObjectID) throws -> Bool
    /// Fetches all branches, tags and other refs with their whole history.
    func fetchAll() throws
}

extension GitConnection {
    /// A name that can't be in another's way, as `a` and `a/b` are.
    static func localName(of name: String) -> String {
        "refs/kept/" + sha256(name)
    }
}

/// What a reference means at the remote.
enum GitChoice: Hashable {
    /// An advertised ref.
    case ref(GitHead)
    /// A commit that no ref leads to directly.
    case commit(GitObjectID)
    /// 7 to 39 digits of a commit id.
    case shortCommit(String)

    /// Chooses: exact full name, branch, tag, any name under `refs/`, then a commit id.
    ///
    /// - Parameter ref: nil for the remote's default branch.
    init(_ ref: String?, among heads: [GitHead], remote: String) throws(ContextError) {
        let refs = Dictionary(heads.map { ($0.name, $0) }) { first, _ in first }
        guard let ref else {
            guard let head = refs["HEAD"] else { throw .referenceNotFound("HEAD", remote: remote) }
            self = .ref(head.target.flatMap { refs[$0] } ?? head)
            return
        }
        if let found = Self.names(for: ref).lazy.compactMap({ refs[$0] }).first {
            self = .ref(found)
        } else if let id = GitObjectID(ref) {
            self = .commit(id)
        } else if Self.isShortCommit(ref) {
            self = .shortCommit(ref.lowercased())
        } else {
            throw .referenceNotFound(ref, remote: remote)
        }
    }

    /// The full names that a reference may stand for, in the order in which they are looked for.
    static func names(for ref: String) -> [String] {
        (ref.hasPrefix("refs/") || ref == "HEAD" ? [ref] : []) + [
            "refs/heads/" + ref, "refs/tags/" + ref, "refs/" + ref,
        ]
    }

    static func isShortCommit(_ ref: String) -> Bool {
        (7...39).contains(ref.utf8.count) && ref.utf8.allSatisfy { hexValue($0) != nil }
    }
}
