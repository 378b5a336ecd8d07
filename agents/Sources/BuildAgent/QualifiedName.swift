import TaskModel

/// An image name of a request with its registry: the run's own, unless the name begins with that or another known registry.
struct QualifiedName {
    let image: ImageReference

    /// - Parameter others: login servers besides the run's own that names may begin with.
    /// - Throws: ``InvalidName``.
    init(_ name: String, registry: String, others: Set<String>) throws(InvalidName) {
        let server = registry.lowercased()
        let first =
            name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).first.map { $0.lowercased() }
            ?? ""
        let isQualified =
            name.contains("/") && (first == server || others.contains(first) || first == ImageReference.dockerHub)
        let parsed = try ImageReference(isQualified ? name : server + "/" + name)
        guard parsed.digest == nil else {
            throw InvalidName(
                name, kind: "name for an image that is built",
                rule: "a digest is what the registry gives it; leave '@…' out")
        }
        image = ImageReference(registry: parsed.registry, repository: parsed.repository, tag: parsed.tag ?? "latest")
    }
}

extension ImageReference {
    /// Whether only tag or digest can differ.
    func isSameRepository(as other: ImageReference) -> Bool {
        registry == other.registry && repository == other.repository
    }
}

extension OutputImage {
    /// Whether it was pushed by this name.
    func isNamed(_ image: ImageReference) -> Bool {
        registry == image.registry && repository == image.repository && tag == image.tag
    }
}
