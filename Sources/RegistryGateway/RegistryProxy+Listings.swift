public import TaskModel
import Distribution

/// Listings as Azure has them, put together from what every registry tells: its tags, and what they name.
///
/// A manifest without a tag is listed only if an index with a tag lists it: registries have no list of manifests.
extension RegistryProxy {
    /// The most tags of a repository that are looked at.
    static let mostTags = 10_000

    public func tags(
        of repository: String, in registry: Registry, _ page: ListingPage
    ) async throws -> (listing: TagListing, last: String?) {
        try await translating(registry) {
            let names = try await tagNames(of: repository, in: registry)
            let paged: Paged<TaggedManifest>
            if page.order == .none {
                let cut = page.cut(names, name: \.self)
                paged = Paged(entries: try await look(at: cut.entries, of: repository, in: registry), last: cut.last)
            } else {
                let all = try await look(at: names, of: repository, in: registry)
                paged = page.cut(all.sorted(by: page.order, \.details.created, \.tag), name: \.tag)
            }
            let listing = TagListing(
                registry: registry.loginServer, imageName: repository, tags: paged.entries.map(\.attributes))
            return (listing, paged.last)
        }
    }

    public func tag(_ tag: String, of repository: String, in registry: Registry) async throws -> TagShow {
        guard ImageReference.isTag(tag) else { throw RegistryFailure.unknownManifest("\(repository):\(tag)") }
        return try await translating(registry) {
            guard let found = try await look(at: tag, of: repository, in: registry) else {
                throw RegistryFailure.unknownManifest("\(repository):\(tag)")
            }
            return TagShow(registry: registry.loginServer, imageName: repository, tag: found.attributes)
        }
    }

    public func manifests(
        of repository: String, in registry: Registry, _ page: ListingPage
    ) async throws -> (listing: ManifestListing, last: String?) {
        try await translating(registry) {
            let all = try await allManifests(of: repository, in: registry)
            let paged = page.cut(
                all.sorted(by: page.order, \.details.created, \.details.digest), name: \.details.digest)
            let listing = ManifestListing(
                registry: registry.loginServer, imageName: repository, manifests: paged.entries.map(\.attributes))
            return (listing, paged.last)
        }
    }

    public func manifest(_ reference: String, of repository: String, in registry: Registry) async throws -> ManifestShow
    {
        try await translating(registry) {
            let all = try await allManifests(of: repository, in: registry)
            if let known = all.first(where: { $0.details.digest == reference || $0.tags.contains(reference) }) {
                return ManifestShow(
                    registry: registry.loginServer, imageName: repository, manifest: known.attributes)
            }
            guard ImageReference.isDigest(reference) else {
                throw RegistryFailure.unknownManifest("\(repository):\(reference)")
            }
            // One without a tag. Asked for afresh: the cache knows it from another repository perhaps.
            let image = ImageReference(registry: registry.loginServer, repository: repository, digest: reference)
            _ = try await clients.resolve(image)
            let found = ListedManifest(details: try await details(of: reference, in: repository, registry), tags: [])
            return ManifestShow(registry: registry.loginServer, imageName: repository, manifest: found.attributes)
        }
    }

    public func repository(_ repository: String, in registry: Registry) async throws -> RepositoryAttributes {
        try await translating(registry) {
            let all = try await allManifests(of: repository, in: registry)
            let times = all.compactMap(\.details.created)
            return RepositoryAttributes(
                registry: registry.loginServer, imageName: repository, createdTime: times.min()?.text,
                lastUpdateTime: times.max()?.text, manifestCount: all.count,
                tagCount: all.map(\.tags.count).reduce(0, +),
                changeableAttributes: ChangeableAttributes())
        }
    }

    // MARK: What is there

    func tagNames(of repository: String, in registry: Registry) async throws -> [String] {
        guard ImageReference.isRepository(repository) else { throw RegistryFailure.invalidName(repository) }
        return try await clients.tags(of: repository, in: registry.loginServer, limit: Self.mostTags).sorted()
    }

    /// Those with tags and those that indexes list, by digest.
    func allManifests(of repository: String, in registry: Registry) async throws -> [ListedManifest] {
        let tagged = try await look(
            at: try await tagNames(of: repository, in: registry), of: repository, in: registry)
        var found: [String: ListedManifest] = [:]
        for entry in tagged {
            found[entry.details.digest, default: ListedManifest(details: entry.details, tags: [])].tags.append(
                entry.tag)
        }
        let known = Set(found.keys)
        let children = Set(tagged.flatMap(\.details.children)).subtracting(known).sorted()
        let present = try await eightAtATime(children) { try await look(atChild: $0, of: repository, in: registry) }
        for details in present.compactMap(\.self) { found[details.digest] = ListedManifest(details: details, tags: []) }
        return found.values.sorted { $0.details.digest < $1.details.digest }
    }

    private func look(at tags: [String], of repository: String, in registry: Registry) async throws -> [TaggedManifest]
    {
        try await eightAtATime(tags) { try await look(at: $0, of: repository, in: registry) }.compactMap(\.self)
    }

    /// - Returns: nil if there is no such tag (any more).
    private func look(at tag: String, of repository: String, in registry: Registry) async throws -> TaggedManifest? {
        do {
            let image = ImageReference(registry: registry.loginServer, repository: repository, tag: tag)
            let digest = try await clients.resolve(image).digest
            return TaggedManifest(tag: tag, details: try await details(of: digest, in: repository, registry))
        } catch DistributionError.notFound {
            return nil
        }
    }

    /// - Returns: nil if it was deleted by its digest: the index that lists it does not change.
    private func look(
        atChild digest: String, of repository: String, in registry: Registry
    ) async throws -> ManifestDetails? {
        do {
            _ = try await clients.resolve(
                ImageReference(registry: registry.loginServer, repository: repository, digest: digest))
            return try await details(of: digest, in: repository, registry)
        } catch DistributionError.notFound {
            return nil
        }
    }

    func translating<Result>(_ registry: Registry, _ work: () async throws -> Result) async throws -> Result {
        do { return try await work() } catch let error as DistributionError { throw RegistryFailure(error, registry) }
    }
}

/// A tag with what it names.
struct TaggedManifest: Sendable {
    let tag: String
    let details: ManifestDetails

    var attributes: TagAttributes {
        TagAttributes(
            name: tag, digest: details.digest, createdTime: details.created?.text,
            lastUpdateTime: details.created?.text, signed: false, changeableAttributes: ChangeableAttributes())
    }
}

/// A manifest with the tags that name it.
struct ListedManifest: Sendable {
    let details: ManifestDetails
    var tags: [String]

    var attributes: ManifestAttributes {
        ManifestAttributes(
            digest: details.digest, imageSize: details.imageSize, createdTime: details.created?.text,
            lastUpdateTime: details.created?.text, architecture: details.architecture, os: details.os,
            mediaType: details.mediaType, configMediaType: details.configMediaType, tags: tags,
            changeableAttributes: ChangeableAttributes())
    }
}

extension Array {
    /// In this order; what has no time counts as the oldest.
    fileprivate func sorted(
        by order: ListingPage.Order, _ time: (Element) -> ImageTime?, _ name: (Element) -> String
    ) -> [Element] {
        guard order != .none else { return sorted { name($0) < name($1) } }
        return sorted { left, right in
            let (a, b) = (time(left)?.seconds ?? -.infinity, time(right)?.seconds ?? -.infinity)
            guard a != b else { return name(left) < name(right) }
            return order == .oldestFirst ? a < b : a > b
        }
    }
}

/// Transforms all items, eight at once, and keeps their order.
func eightAtATime<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ transform: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: items.count)
        var next = 0
        while next < items.count || !group.isEmpty {
            if next < items.count {
                let (index, item) = (next, items[next])
                group.addTask { (index, try await transform(item)) }
                next += 1
                if next < 8 { continue }
            }
            if let (index, result) = try await group.next() { results[index] = result }
        }
        return results.compactMap(\.self)
    }
}
