import Contexts
import CurlHTTP

/// Which contexts may be asked for by name: git over https and ssh; over http where it is allowed. What a name resolves to is checked when
/// the connection is made.
struct SourcePolicy {
    let addresses: AddressPolicy

    /// - Throws: ``ContextError`` if the text names no context; ``RunServiceError/invalidSource(_:)`` if that kind is refused.
    func check(_ location: String) throws {
        switch try ContextLocation(location) {
        case .git(let reference): try check(reference)
        case .download(let url):
            throw RunServiceError.invalidSource(
                "'\(ContextLocation.download(url).redacted)' is a download, and archives from a URL are not built yet. "
                    + "Name a git repository (https://host/repo.git#ref:folder), or build a folder that holds the archive's contents."
            )
        case .artifact(let name):
            throw RunServiceError.invalidSource(
                "'\(name)' is an artifact, and artifacts are not built yet. Name a git repository, or build a folder.")
        case .none:
            throw RunServiceError.invalidSource(
                "A build needs a context; /dev/null has none. Name a folder or a git repository.")
        case .standardInput, .folder: throw RunServiceError.missingSource
        }
    }

    private func check(_ reference: GitReference) throws {
        let remote = reference.remote
        if remote.hasPrefix("git://") {
            throw RunServiceError.invalidSource(
                "git:// is neither encrypted nor authenticated, so '\(remote)' is not fetched. Use https:// or ssh://.")
        }
        if remote.hasPrefix("http://"), let origin = HTTPOrigin(url: remote)?.description,
            !addresses.allowedOrigins.contains(origin)
        {
            throw RunServiceError.invalidSource(
                "'\(remote)' is not encrypted. Use https://, or have the administrator add \(origin) to sources.allow.")
        }
    }
}
