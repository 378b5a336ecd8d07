import CurlHTTP
public import TaskModel

/// What somebody means by the name of a context: a folder, a git reference, an archive to download, an artifact.
///
/// The text is decided on in a fixed order, the first rule that applies wins; see ``init(_:localPath:)``.
public enum ContextLocation: Sendable, Hashable {
    /// What lies at a local path.
    public enum LocalPath: Sendable, Hashable {
        /// A folder, its path with links resolved.
        case folder(String)
        case somethingElse
    }

    /// A folder on the disk of whoever asked.
    case folder(String)
    case git(GitReference)
    /// An http or https URL, without a fragment. It may hold user info or a signature: see ``redacted``.
    case download(String)
    /// `oci://…` with a repository and a tag or digest. It may hold user info: see ``redacted``.
    case artifact(String)
    /// `/dev/null`
    case none
    /// `-`
    case standardInput

    private static let maxBytes = 8192

    /// Reads a text as somebody typed it.
    ///
    /// - Parameter localPath: looks a path up on the disk, nil if nothing is there. A server, to which no text is a
    ///   local path, leaves it out.
    public init(_ text: String, localPath: (String) -> LocalPath? = { _ in nil }) throws(ContextError) {
        guard !text.isEmpty else { throw .emptyLocation }
        if text == "-" {
            self = .standardInput
            return
        }
        if text.lowercased() == "/dev/null" {
            self = .none
            return
        }
        switch localPath(text) {
        case .folder(let path):
            self = .folder(path)
            return
        case .somethingElse: throw .notAFolder(text)
        case nil: break
        }
        guard text.utf8.count <= Self.maxBytes else {
            throw .invalidURL(
                "What begins with \(SourceURL.redact(text).prefix(40))",
                reason: "it is longer than \(Self.maxBytes) bytes")
        }
        guard !text.unicodeScalars.contains(where: isControl) else {
            throw .invalidURL(SourceURL.redact(text), reason: "it holds a control character")
        }
        if let url = SourceURL(text) {
            try self.init(url)
        } else if let reference = try GitReference(scp: text) {
            self = .git(reference)
        } else if let reference = try GitReference(bareGitHub: text) {
            self = .git(reference)
        } else {
            throw .locationNotFound(SourceURL.redact(text))
        }
    }

    private init(_ url: SourceURL) throws(ContextError) {
        switch url.scheme {
        case "oci":
            guard Self.isArtifact(url.afterScheme) else { throw .invalidArtifact(url.redacted) }
            self = .artifact("oci://" + url.afterScheme)
        case "git", "ssh":
            self = .git(try GitReference(url, query: nil))
        case "http", "https":
            guard !url.host.isEmpty else { throw .invalidURL(url.redacted, reason: "it names no host") }
            guard url.hasValidPort else {
                throw .invalidURL(url.redacted, reason: "its port is no number from 1 to 65535")
            }
            if url.path.hasSuffix(".git"), let query = GitQuery(url.query) {
                self = .git(try GitReference(url, query: query))
            } else if url.isAzureRepository {
                self = .git(try GitReference(url, query: nil))
            } else {
                self = .download(url.withoutFragment)
            }
        default:
            throw .unknownScheme(url.redacted)
        }
    }

    /// `registry/repository` with `:tag` or `@digest`.
    private static func isArtifact(_ text: String) -> Bool {
        guard let slash = text.firstIndex(of: "/"), slash != text.startIndex else { return false }
        let repository = text[text.index(after: slash)...]
        guard let separator = repository.lastIndex(where: { $0 == ":" || $0 == "@" }) else { return false }
        return separator != repository.startIndex && repository.index(after: separator) != repository.endIndex
            && !repository[separator...].contains("/")
    }

    /// The location for logs and records: without user info, and without the query of a download, which may be a
    /// signature.
    public var redacted: String {
        switch self {
        case .folder(let path): path
        case .git(let reference): reference.redacted
        case .download(let url): SourceURL.redact(url)
        case .artifact(let text): SourceURL.redact(text)
        case .none: "/dev/null"
        case .standardInput: "-"
        }
    }

    /// What must not be shown of the text that was read: passwords, tokens, what may be a signature.
    public var secrets: [Secret] {
        switch self {
        case .git(let reference): reference.credential.map { [$0.password] } ?? []
        case .download(let url): SourceURL(url)?.secrets.map { Secret($0) } ?? []
        case .folder, .artifact, .none, .standardInput: []
        }
    }
}

extension ContextLocation: CustomStringConvertible {
    public var description: String { redacted }
}
