public import TaskModel

/// A git repository with what to take of it: `URL#ref:folder`.
public struct GitReference: Sendable, Hashable {
    /// The URL, or `user@host:path`, without a password or token: fit to be stored and shown. The user of an ssh remote
    /// stays.
    public let remote: String
    /// A branch, tag, full ref name or commit id; nil for the remote's default branch.
    public private(set) var ref: String?
    /// Relative to the root of the repository; nil for the root.
    public let subdir: String?
    /// The credentials that were written into the URL. Those that are configured for the host come before them.
    public let credential: Credential?
    /// A user name without a password, for use with a configured password.
    public let user: String?
    /// The commit id, or its beginning, that the reference must resolve to.
    public private(set) var commit: String?
    public let keepsGitDirectory: Bool
    public let fetchesSubmodules: Bool
    /// What a person should know about the way this was written.
    public let notice: String?
    /// The remote with its user info, as it was written.
    public let written: Secret
    /// The commit to take, wherever the ref leads now.
    private(set) var pinned: GitObjectID?

    private struct UserInfo {
        var user: String?
        var credential: Credential?
    }

    /// Reads a `scheme://` URL.
    init(_ url: SourceURL, query: GitQuery?) throws(ContextError) {
        guard !url.host.isEmpty else { throw .invalidURL(url.redacted, reason: "it names no host") }
        guard url.hasValidPort else { throw .invalidURL(url.redacted, reason: "its port is no number from 1 to 65535") }
        guard !url.path.isEmpty, url.path != "/" else {
            throw .invalidURL(url.redacted, reason: "it names no repository")
        }
        guard !url.host.hasPrefix("-") else { throw .invalidURL(url.redacted, reason: "its host begins with a dash") }
        if let problem = query?.problem { throw problem }
        var info = UserInfo()
        if url.userInfo != nil {
            guard url.scheme != "git" else { throw .invalidURL(url.redacted, reason: "git:// has no users") }
            info = try Self.userInfo(of: url)
        }
        // Of ssh the user belongs to the address; of https it is a part of the credentials.
        let shownUser = url.scheme == "ssh" ? url.userInfo.map { $0.prefix { $0 != ":" } + "@" } ?? "" : ""
        let remote = "\(url.scheme)://\(shownUser)\(url.host)\(url.port)\(url.path)"
        let written = "\(url.scheme)://" + (url.userInfo.map { $0 + "@" } ?? "") + "\(url.host)\(url.port)\(url.path)"
        try self.init(
            remote: remote, written: written, fragment: url.fragment, isEncoded: true, info: info,
            query: query ?? GitQuery(nil))
    }

    /// Reads `user@host:path`; nil if the text is none.
    init?(scp text: String) throws(ContextError) {
        let location = text.prefix { $0 != "#" }
        guard let at = location.firstIndex(of: "@"), let colon = location.firstIndex(of: ":"), at < colon else {
            return nil
        }
        let user = location[..<at]
        let host = location[location.index(after: at)..<colon]
        let path = location[location.index(after: colon)...]
        guard Self.isName(user, alsoDot: false), Self.isName(host, alsoDot: true), !host.hasPrefix("-"),
            !user.hasPrefix("-")
        else { return nil }
        guard !path.isEmpty else { throw .invalidURL(String(location), reason: "it names no repository") }
        let fragment = location.endIndex == text.endIndex ? nil : String(text[text.index(after: location.endIndex)...])
        try self.init(
            remote: String(location), written: String(location), fragment: fragment, isEncoded: false,
            info: UserInfo(user: String(user)),
            query: nil)
    }

    /// Reads `github.com/owner/repository`, the oldest form; nil if the text is none.
    init?(bareGitHub text: String) throws(ContextError) {
        guard text.hasPrefix("github.com/"), let url = SourceURL("https://" + text), url.query == nil,
            url.path.split(separator: "/").count >= 2
        else { return nil }
        try self.init(
            remote: url.plain, written: url.plain, fragment: url.fragment, isEncoded: true, info: UserInfo(),
            query: nil,
            notice: "'\(url.host)\(url.path)' is an old way to write \(url.plain).")
    }

    /// The commit that a repository names as a submodule.
    ///
    /// - Parameter credential: of the repository around it, for the same server.
    init(submodule address: String, commit: String, credential: Credential?) throws(ContextError) {
        let reference: GitReference
        guard !address.unicodeScalars.contains(where: isControl) else {
            throw .sourceRefused(SourceURL.redact(address), reason: "it holds a control character")
        }
        if let url = SourceURL(address), ["https", "http", "ssh"].contains(url.scheme), url.query == nil,
            url.fragment == nil
        {
            reference = try GitReference(url, query: nil)
        } else if SourceURL(address) == nil, !address.contains("#"), let scp = try GitReference(scp: address) {
            reference = scp
        } else {
            throw .sourceRefused(SourceURL.redact(address), reason: "submodules come over https or ssh")
        }
        remote = reference.remote
        written = reference.written
        ref = commit
        subdir = nil
        self.credential = reference.credential ?? credential
        user = reference.user
        self.commit = nil
        keepsGitDirectory = false
        fetchesSubmodules = true
        notice = nil
    }

    private init(
        remote: String, written: String, fragment: String?, isEncoded: Bool, info: UserInfo, query: GitQuery?,
        notice: String? = nil
    ) throws(ContextError) {
        guard let fragment = isEncoded ? fragment.map({ percentDecoded($0) }) ?? "" : fragment ?? "" else {
            throw .invalidURL(remote, reason: "a percent-escape after '#' is broken")
        }
        let colon = fragment.firstIndex(of: ":") ?? fragment.endIndex
        let ref = String(fragment[..<colon])
        let folder = String(fragment[colon...].dropFirst())
        if let other = query?.ref, !ref.isEmpty, other != ref {
            throw .invalidReference(ref, reason: "the query asks for \(other)")
        }
        if let other = query?.subdir, !folder.isEmpty, other != folder {
            throw .invalidReference(folder, reason: "the query asks for the folder \(other)")
        }
        let chosen = ref.isEmpty ? query?.ref ?? query?.commit : ref
        if let chosen, let reason = Self.problem(ofRef: chosen) { throw .invalidReference(chosen, reason: reason) }
        self.remote = remote
        self.written = Secret(written)
        self.ref = chosen
        subdir = try Self.cleanedFolder(folder.isEmpty ? query?.subdir ?? "" : folder)
        credential = info.credential
        user = info.user
        commit = query?.commit
        keepsGitDirectory = query?.keepsGitDirectory ?? false
        fetchesSubmodules = query?.fetchesSubmodules ?? true
        self.notice = notice
    }

    /// The same reference, of which a commit is taken that it led to before.
    ///
    /// - Parameter commit: 40 hexadecimal digits; anything else counts for nothing.
    public func pinned(to commit: String) -> GitReference {
        var reference = self
        reference.pinned = GitObjectID(commit)
        return reference
    }

    /// The same repository and folder at another branch, tag, ref or commit.
    ///
    /// - Parameter ref: nil for the default branch.
    /// - Throws: ``ContextError/invalidReference(_:reason:)``
    public func at(_ ref: String?) throws(ContextError) -> GitReference {
        if let ref, let reason = Self.problem(ofRef: ref) { throw .invalidReference(ref, reason: reason) }
        var reference = self
        reference.ref = ref
        reference.commit = nil
        reference.pinned = nil
        return reference
    }

    /// A text that is read as this reference, with its logins.
    public var location: Secret {
        let isURL = SourceURL(remote) != nil
        var flags: [String] = []
        // Nothing but a query says these, so the address is one that can have it.
        if keepsGitDirectory { flags.append("keep-git-dir=1") }
        if !fetchesSubmodules, isURL { flags.append("submodules=0") }
        if let commit { flags.append("commit=" + commit) }
        let query = flags.isEmpty ? "" : "?" + flags.joined(separator: "&")
        let fragment = (ref ?? "") + (subdir.map { ":" + $0 } ?? "")
        return Secret(
            written.value + query + (fragment.isEmpty ? "" : "#" + (isURL ? Self.escaped(fragment) : fragment)))
    }

    /// For logs and records: one line, from which the same repository, ref and folder can be read.
    public var redacted: String {
        guard ref != nil || subdir != nil else { return remote }
        let fragment = (ref ?? "") + (subdir.map { ":" + $0 } ?? "")
        // In the scp form nothing is escaped, and controls are refused.
        return remote + "#" + (SourceURL(remote) != nil ? Self.escaped(fragment) : fragment)
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            guard scalar == "%" || isControl(scalar) else { return String(scalar) }
            return String(scalar).utf8.map { "%" + hexadecimal([$0]) }.joined()
        }.joined()
    }

    private static func cleanedFolder(_ folder: String) throws(ContextError) -> String? {
        guard let cleaned = pathInside(folder.utf8),
            !cleaned.split(separator: .slash).contains(where: { isGitName($0) })
        else {
            throw .folderOutside(folder)
        }
        return cleaned.isEmpty ? nil : String(decoding: cleaned, as: UTF8.self)
    }

    private static func userInfo(of url: SourceURL) throws(ContextError) -> UserInfo {
        guard let (name, password) = try url.login() else { return UserInfo() }
        if !password.isEmpty {
            return UserInfo(user: name, credential: Credential(username: name, password: Secret(password)))
        }
        guard url.scheme != "ssh", name.utf8.count >= SourceURL.shortestToken else {
            return UserInfo(user: name.isEmpty ? nil : name)
        }
        // Servers that take a token alone don't look at the name beside it.
        return UserInfo(credential: Credential(username: "dummy", password: Secret(name)))
    }

    private static func isName(_ text: Substring, alsoDot: Bool) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x41...0x5a).contains($0 & 0xdf) || (0x30...0x39).contains($0) || "-_".utf8.contains($0)
                    || (alsoDot && $0 == .dot)
            }
    }

    /// Why git would not take this as the name of a ref (git-check-ref-format); nil if it would.
    static func problem(ofRef name: String) -> String? {
        if name.hasPrefix("-") { return "a ref can't begin with a dash" }
        if name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || "~^:?*[\\".utf8.contains($0) }) {
            return "it holds a character that no ref can have"
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isBroken =
            name.contains("..") || name.contains("@{") || name == "@" || name.hasSuffix(".")
            || parts.contains { $0.isEmpty || $0.hasPrefix(".") || $0.hasSuffix(".lock") }
        return isBroken ? "no ref can be named so" : nil
    }
}

extension GitReference: CustomStringConvertible {
    public var description: String { redacted }
}

/// Whether a name is git's own directory, on any file system.
func isGitName(_ name: some Collection<UInt8>) -> Bool {
    name.elementsEqual(".git".utf8)
}
