import TaskFiles
import TaskModel

/// Which images a build made and on which it stands: one entry for each tag.
struct DependencyRecord {
    let build: ImageBuild.Result
    let images: [ImageReference]
    let pushed: [OutputImage]
    let revision: SourceRevision?

    var entries: [ImageDependencies] {
        let names: [ImageReference?] = images.isEmpty ? [nil] : images
        let buildtime = build.baseImages.filter { $0.use == .buildtime }.map(base)
        let runtime =
            build.bases.isFromScratch ? Self.scratch : build.baseImages.first { $0.use == .runtime }.map(base)
        return names.map { image in
            ImageDependencies(
                image: image.map { record($0, digest: pushedDigest(of: $0)) },
                runtime: runtime, buildtime: buildtime.isEmpty ? nil : buildtime,
                git: revision.map { ImageDependencies.Git(revision: $0.commit) })
        }
    }

    private static let scratch = ImageDependencies.Image(
        registry: "registry.hub.docker.com", repository: "library/scratch", tag: "latest", digest: "",
        reference: "scratch:latest")

    private func base(_ base: BaseImageRecord) -> ImageDependencies.Image {
        record(base.image, digest: base.digest ?? "")
    }

    private func record(_ image: ImageReference, digest: String) -> ImageDependencies.Image {
        ImageDependencies.Image(
            registry: image.registry == ImageReference.dockerHub ? "registry.hub.docker.com" : image.registry,
            repository: image.repository, tag: image.tag ?? "latest", digest: digest,
            reference: image.completed.familiar)
    }

    private func pushedDigest(of image: ImageReference) -> String {
        pushed.first { $0.isNamed(image) }?
            .digest ?? ""
    }
}

extension [ImageDependencies] {
    /// As the end of a run's log shows them: YAML.
    var yaml: String {
        map { entry in
            var lines: [String] = []
            if let image = entry.image {
                lines += ["- image:"] + image.lines
            } else {
                lines.append("- image: null")
            }
            if let runtime = entry.runtime { lines += ["  runtime-dependency:"] + runtime.lines }
            let buildtime = entry.buildtime ?? []
            lines.append("  buildtime-dependency:" + (buildtime.isEmpty ? " null" : ""))
            for base in buildtime {
                lines += base.lines.enumerated().map { $0.offset == 0 ? "  - " + $0.element.dropFirst(4) : $0.element }
            }
            if let git = entry.git { lines += ["  git:", "    git-head-revision: \(git.revision)"] }
            return lines.map { $0 + "\n" }.joined()
        }.joined()
    }
}

extension ImageDependencies.Image {
    fileprivate var lines: [String] {
        [
            "    registry: \(registry)", "    repository: \(repository)", "    tag: \(tag)",
            "    digest: \(digest.isEmpty ? "\"\"" : digest)",
        ]
    }
}

extension ImageReference {
    /// As people write it: without what is meant anyway.
    fileprivate var familiar: String {
        guard registry == Self.dockerHub else { return description }
        let name = repository.hasPrefix("library/") ? String(repository.dropFirst("library/".count)) : repository
        return name + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "")
    }
}
