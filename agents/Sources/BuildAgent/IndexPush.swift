import AgentProtocol
import Distribution
import TaskModel

/// Pushes the images of several platforms under helper tags, then gives the tags that were asked for one index of all
/// of them, and takes the helper tags away where the registry can do that.
///
/// The daemon can't push by digest, hence the helpers. The index comes last: a tag never stands for a part of an image.
struct IndexPush {
    /// One platform's image.
    struct Part {
        let lane: BuildLane
        let imageID: String
    }

    let session: RunSession
    let step: String
    let parts: [Part]

    /// - Parameter images: the names that were asked for.
    func push(_ images: [ImageReference]) async throws {
        do { try await pushAll(images) } catch {
            // What was pushed for an index that there will not be.
            if !Task.isCancelled { for repository in images.repositories { await removeTags(in: repository) } }
            throw error
        }
    }

    private func pushAll(_ images: [ImageReference]) async throws {
        for part in parts {
            let push = ImagePush(session: session, step: step, imageID: part.imageID)
            for helper in part.lane.images { try await push.push(helper) }
        }
        for repository in images.repositories {
            let index = try await index(in: repository)
            let same = images.filter { $0.isSameRepository(as: repository) }
            for image in same { try await put(index, as: image) }
            try await removeHelpers(in: repository)
        }
    }

    private func index(in repository: ImageReference) async throws -> ImageIndex {
        var entries: [ImageIndex.Entry] = []
        for part in parts {
            guard let helper = helper(of: part, in: repository) else { continue }
            let platform = part.lane.request.platform
            let (descriptor, manifest) = try await retrying {
                try await session.pushing(helper) { [registries = session.registries] credential in
                    try await registries.manifest(helper, credential: credential)
                }
            }
            switch manifest {
            case .image: entries.append(ImageIndex.Entry(descriptor: descriptor, platform: platform))
            // A daemon may push even one image as an index, with what it knows about it.
            case .index(let inner):
                guard let entry = inner.entry(for: platform) else {
                    throw RunFailure.failed("\(helper) was pushed without an image for \(platform)")
                }
                entries.append(ImageIndex.Entry(descriptor: entry.descriptor, platform: platform))
            }
        }
        return ImageIndex(entries: entries)
    }

    private func put(_ index: ImageIndex, as image: ImageReference) async throws {
        await session.log.line("Pushing index: \(image) of \(parts.count) platforms")
        let stored = try await session.pushing(image) { credential in
            try await retrying { try await session.registries.put(index, as: image, credential: credential) }
        }
        try await session.notePushed(
            OutputImage(
                registry: image.registry, repository: image.repository, tag: image.tag, digest: stored.digest))
        await session.log.line("Successfully pushed image: \(image), digest: \(stored.digest)")
    }

    // MARK: Helper tags

    /// What can't be removed stays, and the log says so. A registry may take an image away with its tag: that is pushed
    /// again, or the run fails, since the index names it.
    private func removeHelpers(in repository: ImageReference) async throws {
        var kept: [ImageReference] = []
        for part in parts {
            guard let helper = helper(of: part, in: repository) else { continue }
            guard kept.isEmpty, await removeTag(of: helper) else {
                kept.append(helper)
                continue
            }
            guard try await retrying({ try await isStillThere(helper) }) else {
                await session.log.line(
                    "Warning: the registry removed the image of \(helper) with its tag; pushing it again.")
                try await ImagePush(session: session, step: step, imageID: part.imageID).push(helper)
                kept.append(helper)
                continue
            }
            session.noteTagRemoved(from: helper)
        }
        guard !kept.isEmpty else { return }
        let names = kept.map { $0.tag ?? "" }.joined(separator: ", ")
        await session.log.line(
            "The helper tags \(names) stay in \(repository.registry)/\(repository.repository): the registry can't remove "
                + "tags alone, or not with this login.")
    }

    /// After a failure: it only tidies up.
    private func removeTags(in repository: ImageReference) async {
        for part in parts {
            guard let helper = helper(of: part, in: repository), pushed(helper) != nil else { continue }
            if await removeTag(of: helper) { session.noteTagRemoved(from: helper) }
        }
    }

    /// - Returns: whether the registry did it.
    private func removeTag(of helper: ImageReference) async -> Bool {
        do {
            // It only tidies up: nobody waits for a server for that.
            try await session.pushing(helper, waits: false) { [registries = session.registries] credential in
                try await registries.removeTag(helper, credential: credential)
            }
            return true
        } catch {
            return false
        }
    }

    /// Whether the manifest outlived its tag.
    private func isStillThere(_ helper: ImageReference) async throws -> Bool {
        guard let digest = pushed(helper)?.digest else { return true }
        do {
            try await session.pushing(helper) { [registries = session.registries] credential in
                _ = try await registries.resolve(
                    ImageReference(registry: helper.registry, repository: helper.repository, digest: digest),
                    credential: credential)
            }
            return true
        } catch DistributionError.notFound {
            return false
        }
    }

    private func pushed(_ helper: ImageReference) -> OutputImage? {
        session.pushedImages.last { $0.isNamed(helper) }
    }

    private func helper(of part: Part, in repository: ImageReference) -> ImageReference? {
        part.lane.images.first { $0.isSameRepository(as: repository) }
    }

    // MARK: Asking the registry

    private func retrying<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        try await RetryPolicy(connectionAttempts: nil).run(
            willWait: { error, _, wait in
                await session.log.line("\(error) Trying again in \(max(1, wait.components.seconds)) seconds.")
            }, work)
    }
}
