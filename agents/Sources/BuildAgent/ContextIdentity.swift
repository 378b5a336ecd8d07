import AgentProtocol
import Contexts
import TaskModel

/// What two runs must share for their contexts to be versions of one: the second then sends only what changed. Not the
/// commit, the branch or the Dockerfile.
struct ContextIdentity {
    let registry: Registry
    let source: RunSource
    let taskName: String?
    /// Of a folder in the source, as steps name it.
    var folder = ""
    /// Names of the image that is built, with their tags.
    let images: [String]

    /// Nil if nothing about the context lasts longer than the run.
    var parts: [String]? {
        guard let origin else { return nil }
        return [registry.name.lowercased(), registry.loginServer] + origin + [folder]
    }

    private var origin: [String]? {
        switch source {
        case .git(let location):
            // What can't be read is told when it is fetched.
            guard case .git(let reference) = try? ContextLocation(location.value) else { return nil }
            return ["git", reference.remote, reference.subdir ?? ""]
        case .download(let location):
            guard let location = try? ContextLocation(location.value) else { return nil }
            return ["download", location.redacted, ""]
        case .upload, .none:
            if let taskName { return ["task", taskName, ""] }
            let repositories = Set(images.compactMap(Self.repository)).sorted()
            return repositories.isEmpty ? nil : ["images", repositories.joined(separator: " "), ""]
        }
    }

    /// The name without its tag; nil for one that is made up for one run.
    private static func repository(of image: String) -> String? {
        guard !image.hasPrefix("slipway-run:"), let image = try? ImageReference(image) else { return nil }
        return "\(image.registry)/\(image.repository)"
    }
}
