import Contexts
import Storage
import TaskFiles
import TaskModel

/// What the text of a task says of images, without a run.
struct ImageReading: Sendable, Hashable {
    struct Found: Sendable, Hashable {
        let image: ImageReference
        let use: BaseImageRecord.Use
    }

    /// Each once, with tags.
    var images: [Found] = []
    /// What it makes in the task's own registry, as far as the names don't depend on the run.
    var outputs: [ImageReference] = []
    /// What can't be told before a run, for people; nil if all is known.
    var problem: String?
    /// Whether ``images`` are all that there is to know.
    var isComplete = true

    /// Adds the bases of a build that a trigger of this kind tracks: those that the target needs, and of them the last stage's alone for
    /// `Runtime`. Names with digests stand for the same image for ever.
    mutating func add(_ bases: BaseImages, for kind: BaseImageTriggerDefinition.Kind) {
        let runtime = bases.runtime
        for image in bases.needed where image.digest == nil && (kind == .all || image == runtime) {
            add(Found(image: image.tagged, use: image == runtime ? .runtime : .buildtime))
        }
    }

    private mutating func add(_ found: Found) {
        guard let known = images.firstIndex(where: { $0.image == found.image }) else { return images.append(found) }
        if found.use == .runtime { images[known] = found }
    }

    /// Adds what could not be read.
    mutating func miss(_ reason: String) {
        problem = [problem, reason].compactMap(\.self).joined(separator: " ")
        isComplete = false
    }
}

extension ImageReference {
    /// With `latest` where no tag is written.
    var tagged: ImageReference { ImageReference(registry: registry, repository: repository, tag: tag ?? "latest") }
}
