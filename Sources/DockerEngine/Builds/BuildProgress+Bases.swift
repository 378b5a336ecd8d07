/// What the trace tells of the images that a build stands on.
///
/// * `[internal] load metadata for HOST/NAME:TAG` stands for each image that a `FROM` of a stage in use names, with the
///   tag completed, or with the digest by which the Dockerfile names it.
/// * `[stage 1/2] FROM HOST/NAME[:TAG]@sha256:…` tells what a registry gave for it, or has no digest if the daemon's
///   own image was used. A tag that the Dockerfile leaves out is missing here.
/// * `FROM HOST/NAME:TAG`, without brackets, is an image of `COPY --from=` or `RUN --mount=from=`; builders of 2020
///   don't tell its digest, later ones treat it like the first two.
extension BuildProgress {
    /// Each once, in the order of the trace.
    var baseImages: [BaseImage] {
        let resolved = resolvedDigests
        let sources = vertices.compactMap(\.fromReference).map { text in
            let (reference, digest) = Self.splitDigest(text[...])
            return (reference: reference, digest: digest ?? resolved[reference])
        }
        let loaded = vertices.compactMap(\.loadedReference)
        let pinned = Set(loaded.filter { $0.contains("@") })
        var result: [BaseImage] = []
        var named: Set<String> = []
        for full in loaded {
            let (reference, ownDigest) = Self.splitDigest(full[...])
            let spellings = [reference, Self.withoutLatest(reference)]
            named.formUnion(spellings)
            let found = sources.filter { spellings.contains($0.reference) }
            // Another name of the same repository, by digest, looks like one whose tag was left out.
            let others = found.filter { !pinned.contains($0.reference + "@" + ($0.digest ?? "")) }
            let digest = ownDigest ?? others.compactMap(\.digest).first ?? found.compactMap(\.digest).first
            let isLocal = digest == nil && found.contains { $0.digest == nil }
            add(
                BaseImage(reference: ownDigest == nil ? reference : full, digest: digest, isLocal: isLocal), to: &result
            )
        }
        for source in sources where !named.contains(source.reference) {
            add(BaseImage(reference: source.reference, digest: source.digest), to: &result)
        }
        return result
    }

    /// Of the statuses `resolve HOST/NAME:TAG@sha256:…`.
    private var resolvedDigests: [String: String] {
        let texts = vertices.flatMap(\.statuses).map(\.id).filter { $0.hasPrefix("resolve ") }
        let resolved = texts.map { Self.splitDigest($0.dropFirst("resolve ".count)) }
        return Dictionary(resolved.compactMap { pair in pair.digest.map { (pair.reference, $0) } }) { _, last in last }
    }

    private func add(_ image: BaseImage, to images: inout [BaseImage]) {
        if !images.contains(where: { $0.reference == image.reference }) { images.append(image) }
    }

    private static func withoutLatest(_ reference: String) -> String {
        reference.hasSuffix(":latest") ? String(reference.dropLast(":latest".count)) : reference
    }

    static func splitDigest(_ text: Substring) -> (reference: String, digest: String?) {
        guard let at = text.firstIndex(of: "@") else { return (String(text), nil) }
        return (String(text[..<at]), String(text[text.index(after: at)...]))
    }
}
