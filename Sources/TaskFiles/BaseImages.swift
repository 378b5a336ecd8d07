public import TaskModel

/// An image that a Dockerfile builds on or takes files from.
public struct BaseImage: Sendable, Hashable {
    public enum Origin: Sendable, Hashable {
        case image(ImageReference)
        /// The earlier stage with this index, from 0.
        case stage(Int)
        /// The empty image.
        case scratch
        /// The reason why it can't be told.
        case unreadable(String)
    }

    /// The name as it stands in the file, variables and quotes included.
    public let written: String
    public let origin: Origin
    /// In the Dockerfile, from 1.
    public let line: Int
}

/// The base images of a Dockerfile, with build arguments filled in, up to the stage that is built.
public struct BaseImages: Sendable, Hashable {
    public struct Stage: Sendable, Hashable {
        /// In lower case, as the builder compares it.
        public let name: String?
        /// What `--platform` asks for, if it is there and known.
        public let platform: Platform?
        public let from: BaseImage
        /// Those named by `COPY --from` and `RUN --mount=from=`.
        public let others: [BaseImage]
        /// Whether the target stands on this stage; BuildKit leaves out the rest, the classic builder builds them all.
        public internal(set) var isNeeded = false
    }

    /// In the order of the file; the last one is the target.
    public let stages: [Stage]
    /// What could not be read, for the log.
    public let notes: [String]

    /// The image of the target stage, followed back through earlier stages. Nil if that ends in `scratch` or can't be
    /// told.
    public var runtime: ImageReference? {
        guard case .image(let image) = runtimeOrigin else { return nil }
        return image
    }

    /// Whether the target stage begins with nothing.
    public var isFromScratch: Bool { runtimeOrigin == .scratch }

    private var runtimeOrigin: BaseImage.Origin? {
        var origin = stages.last?.from.origin
        // A stage leads to an earlier one only, so this ends.
        while case .stage(let index) = origin { origin = stages[index].from.origin }
        return origin
    }

    /// All images but ``runtime``, each once, in the order of the file.
    public var buildtime: [ImageReference] {
        let runtime = runtime
        return images(of: stages).filter { $0 != runtime }
    }

    /// All images, each once, in the order of the file.
    public var all: [ImageReference] { images(of: stages) }

    /// The images that BuildKit asks for: those of the stages that the target needs.
    public var needed: [ImageReference] { images(of: stages.filter(\.isNeeded)) }

    private func images(of stages: [Stage]) -> [ImageReference] {
        var seen: Set<ImageReference> = []
        return stages.flatMap { [$0.from] + $0.others }.compactMap { base in
            guard case .image(let image) = base.origin, seen.insert(image).inserted else { return nil }
            return image
        }
    }

    init(stages: [Stage], notes: [String]) {
        var stages = stages
        var open = stages.isEmpty ? [] : [stages.count - 1]
        while let index = open.popLast() {
            guard !stages[index].isNeeded else { continue }
            stages[index].isNeeded = true
            for base in [stages[index].from] + stages[index].others {
                if case .stage(let earlier) = base.origin { open.append(earlier) }
            }
        }
        self.stages = stages
        self.notes = notes
    }
}
