public import TaskModel

/// What a registry tells that it was pushed, in one delivery.
public struct RegistryNotification: Sendable, Hashable {
    public struct Image: Sendable, Hashable {
        public let repository: String
        public let tag: String

        public init(repository: String, tag: String) {
            self.repository = repository
            self.tag = tag
        }
    }

    /// Each once. Pushes without a tag, pulls and removals are not among them.
    public let images: [Image]
    /// The sender's own id of the delivery; nil if it gives none.
    public let id: String?

    /// Reads the body of a delivery.
    ///
    /// - Throws: ``UnreadableNotification`` naming what is missing.
    public init(_ body: [UInt8], from kind: RegistryEventKind) throws(UnreadableNotification) {
        var id: String?
        let named: [(repository: String?, tag: String?)]
        switch kind {
        case .distribution: named = try Self.read(DistributionEvents.self, body).pushed
        case .harbor: named = try Self.read(HarborEvent.self, body).pushed
        case .acr:
            let event = try Self.read(ACREvent.self, body)
            id = event.id
            named = event.pushed
        case .dockerHub: named = try Self.read(DockerHubEvent.self, body).pushed
        }
        self.id = id
        var seen: Set<Image> = []
        images = named.compactMap { name in
            guard let repository = name.repository, let tag = name.tag, ImageReference.isRepository(repository),
                ImageReference.isTag(tag)
            else { return nil }
            let image = Image(repository: repository, tag: tag)
            return seen.insert(image).inserted ? image : nil
        }
    }
}

/// A delivery that is not what its kind of registry sends. The description is for whoever set the hook up.
public struct UnreadableNotification: Error, Equatable, CustomStringConvertible {
    public let reason: String

    public var description: String {
        "The notification can't be read: \(reason). Check that the hook's kind is that of the registry."
    }
}
