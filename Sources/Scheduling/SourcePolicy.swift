import Contexts
import CurlHTTP

/// Which contexts may be asked for by name: git over https and ssh, downloads over https; either over http where it is
/// allowed. What a name resolves to is checked when the connection is made.
struct SourcePolicy {
    let addresses: AddressPolicy

    /// - Throws: ``ContextError`` if the text names no context, or one of a kind that is refused.
    func check(_ location: String) throws(ContextError) {
        switch try ContextLocation(location) {
        case .git(let reference):
            guard !reference.remote.hasPrefix("git://") else {
                throw .sourceRefused(
                    reference.remote,
                    reason: "git:// is neither encrypted nor authenticated. Use https:// or ssh://")
            }
            try checkEncryption(of: reference.remote)
        case .download(let url): try checkEncryption(of: url)
        case .artifact(let name): throw .artifact(name)
        case .none:
            throw .sourceRefused(
                "/dev/null",
                reason: "it is no context, and a build needs one, if only for its Dockerfile. Upload an archive that "
                    + "holds just that, as 'slipway build /dev/null -f FILE' does")
        case .standardInput, .folder: throw .emptyLocation
        }
    }

    private func checkEncryption(of url: String) throws(ContextError) {
        if let origin = HTTPOrigin(url: url), origin.scheme == "http",
            !addresses.allowedOrigins.contains(origin.description)
        {
            throw .plainSource(origin)
        }
    }
}
