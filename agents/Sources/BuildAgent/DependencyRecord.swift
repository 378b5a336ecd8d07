import TaskFiles
import TaskModel

/// Which images a run made and on which it stands, as the end of its log shows it: YAML, one entry for each tag.
struct DependencyRecord {
    let build: ImageBuild.Result
    let images: [ImageReference]
    let pushed: [OutputImage]
    let revision: SourceRevision?

    var text: String {
        let entries = images.isEmpty ? [entry(for: nil)] : images.map(entry)
        return entries.joined()
    }

    private func entry(for image: ImageReference?) -> String {
        var lines: [String] = []
        if let image {
            lines += ["- image:"] + fields(of: image, digest: pushedDigest(of: image))
        } else {
            lines.append("- image: null")
        }
        if let runtime = build.bases.runtime {
            lines += ["  runtime-dependency:"] + fields(of: runtime, digest: digest(of: runtime))
        }
        let buildtime = build.bases.buildtime
        lines.append("  buildtime-dependency:" + (buildtime.isEmpty ? " null" : ""))
        for base in buildtime {
            let fields = fields(of: base, digest: digest(of: base))
            lines += fields.enumerated().map { $0.offset == 0 ? "  - " + $0.element.dropFirst(4) : $0.element }
        }
        if let revision { lines += ["  git:", "    git-head-revision: \(revision.commit)"] }
        return lines.map { $0 + "\n" }.joined()
    }

    private func fields(of image: ImageReference, digest: String) -> [String] {
        let registry = image.registry == ImageReference.dockerHub ? "registry.hub.docker.com" : image.registry
        return [
            "    registry: \(registry)", "    repository: \(image.repository)", "    tag: \(image.tag ?? "latest")",
            "    digest: \(digest.isEmpty ? "\"\"" : digest)",
        ]
    }

    private func pushedDigest(of image: ImageReference) -> String {
        pushed.first { $0.registry == image.registry && $0.repository == image.repository && $0.tag == image.tag }?
            .digest ?? ""
    }

    private func digest(of base: ImageReference) -> String {
        base.digest ?? build.baseDigests[base.completed] ?? ""
    }
}
