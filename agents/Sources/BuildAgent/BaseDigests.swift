import AgentProtocol
import Distribution
import DockerEngine
import TaskFiles
import TaskModel

/// Puts together what a build stood on: the digests that its bases had, and what their registries have under these names
/// now.
struct BaseDigests {
    let session: RunSession
    /// The id of the step that builds.
    let step: String
    /// What it builds for, where the step builds for several.
    var lane: Platform?
    /// Whether the builder asked the registries also for what the daemon has.
    let isFresh: Bool

    /// How long a registry may take to answer.
    private static let patience = Duration.seconds(15)

    /// An image in use, and what the builder told of it.
    private struct Used: Sendable {
        let image: ImageReference
        let use: BaseImageRecord.Use
        let told: DockerEngine.BaseImage?
    }

    /// - Parameter bases: what the Dockerfile names; BuildKit leaves out stages that the target does not need.
    /// - Returns: each image once, in the order of the Dockerfile, then those that it hides, then its frontend.
    func records(of built: BuildResult, bases: BaseImages) async -> [BaseImageRecord] {
        let used = used(built, bases)
        let records = await withTaskGroup(of: (Int, BaseImageRecord).self) { group in
            for (index, image) in used.enumerated() {
                group.addTask { (index, await record(image)) }
            }
            var found: [Int: BaseImageRecord] = [:]
            for await (index, record) in group { found[index] = record }
            return used.indices.compactMap { found[$0] }
        }
        for record in records {
            if let line = record.notice { await session.log.line(line) }
        }
        return records
    }

    private func used(_ built: BuildResult, _ bases: BaseImages) -> [Used] {
        // An odd name can't be asked about.
        let told = built.baseImages.compactMap { base in
            (try? ImageReference(base.reference)).map { ($0.completed, base) }
        }
        let byName = Dictionary(told) { first, _ in first }
        let runtime = bases.runtime?.completed
        var seen: Set<ImageReference> = []
        let named = (built.builder == .buildKit ? bases.needed : bases.all).map(\.completed) + told.map(\.0)
        var used = named.filter { seen.insert($0).inserted }.map { image in
            Used(image: image, use: image == runtime ? .runtime : .buildtime, told: byName[image])
        }
        if let frontend = built.frontend, let image = try? ImageReference(frontend.reference) {
            used.append(Used(image: image.completed, use: .syntax, told: frontend))
        }
        return used
    }

    private func record(_ used: Used) async -> BaseImageRecord {
        if let digest = used.image.digest { return record(used, digest, .reference) }
        var (digest, source) = (used.told?.digest, BaseImageRecord.Source.builder)
        var isLocal = used.told?.isLocal ?? false
        if digest == nil, isLocal || !isFresh, let own = await daemonImage(used.image) {
            (digest, source, isLocal) = (own.digest(in: used.image), .daemon, true)
        }
        let (current, problem) = await registryDigest(of: used.image)
        // What the daemon made itself is not what a registry has by the same name.
        if digest == nil, !isLocal { (digest, source) = (current, .registry) }
        return record(used, digest, source, current, problem)
    }

    private func record(
        _ used: Used, _ digest: String?, _ source: BaseImageRecord.Source, _ current: String? = nil,
        _ problem: String? = nil
    ) -> BaseImageRecord {
        BaseImageRecord(
            step: step, platform: lane, image: used.image, use: used.use, digest: digest, source: source,
            registryDigest: current, problem: problem)
    }

    private func daemonImage(_ image: ImageReference) async -> ImageDetails? {
        // A daemon that does not answer has none that can be told of.
        try? await session.daemon.client.inspectImage(image.description)
    }

    private func registryDigest(of image: ImageReference) async -> (digest: String?, problem: String?) {
        let credential = session.assignment.pullCredentials[image.registry]
        let answer = await withTaskGroup(of: (String?, String?).self) { [registries = session.registries] group in
            group.addTask {
                do {
                    return (try await registries.resolve(image, credential: credential).digest, nil)
                } catch {
                    return (nil, "\(error)")
                }
            }
            group.addTask {
                try? await Task.sleep(for: Self.patience)  // canceled: the answer is there
                return (
                    nil, "The registry \(image.registry) did not answer within \(Self.patience.components.seconds) s."
                )
            }
            defer { group.cancelAll() }
            return await group.next() ?? (nil, nil)
        }
        return answer
    }
}

extension ImageDetails {
    /// What the registry of `image` was seen to call it; nil if it was made here.
    fileprivate func digest(in image: ImageReference) -> String? {
        repositoryDigests.compactMap { try? ImageReference($0) }  // an odd name is that of another image
            .first { $0.isSameRepository(as: image) }?.digest
    }
}

extension BaseImageRecord {
    /// What the log says of it; nil if there is nothing to say.
    fileprivate var notice: String? {
        if isMoved, let digest, let registryDigest {
            return "Base image \(image) has moved since: the build stands on \(digest), its registry now has "
                + "\(registryDigest)."
        }
        if let problem {
            let what = digest == nil ? "has no digest" : "could not be compared"
            return "Base image \(image) \(what): \(problem)"
        }
        switch source {
        case .registry: return "Base image \(image): the builder told no digest; its registry has \(digest ?? "none")."
        case nil: return "Base image \(image) is the daemon's own; no registry is known to have it."
        case .builder, .daemon, .reference: return nil
        }
    }
}
