/// The tags of a repository (`GET /acr/v1/NAME/_tags`).
public struct TagListing: Codable, Sendable, Hashable {
    public var registry: String
    public var imageName: String
    public var tags: [TagAttributes]
}

/// One tag (`GET /acr/v1/NAME/_tags/TAG`).
public struct TagShow: Codable, Sendable, Hashable {
    public var registry: String
    public var imageName: String
    public var tag: TagAttributes
}

public struct TagAttributes: Codable, Sendable, Hashable {
    public var name: String
    public var digest: String
    /// When the image was made: registries don't tell when a tag was set.
    public var createdTime: String?
    public var lastUpdateTime: String?
    public var signed: Bool
    public var changeableAttributes: ChangeableAttributes
}

/// The manifests of a repository (`GET /acr/v1/NAME/_manifests`).
public struct ManifestListing: Codable, Sendable, Hashable {
    public var registry: String
    public var imageName: String
    public var manifests: [ManifestAttributes]
}

/// One manifest (`GET /acr/v1/NAME/_manifests/DIGEST`).
public struct ManifestShow: Codable, Sendable, Hashable {
    public var registry: String
    public var imageName: String
    public var manifest: ManifestAttributes
}

public struct ManifestAttributes: Codable, Sendable, Hashable {
    public var digest: String
    /// Of all layers, in bytes.
    public var imageSize: Int64
    public var createdTime: String?
    public var lastUpdateTime: String?
    public var architecture: String?
    public var os: String?
    public var mediaType: String
    public var configMediaType: String?
    public var tags: [String]
    public var changeableAttributes: ChangeableAttributes
}

/// A repository (`GET /acr/v1/NAME`).
public struct RepositoryAttributes: Codable, Sendable, Hashable {
    public var registry: String
    public var imageName: String
    public var createdTime: String?
    public var lastUpdateTime: String?
    public var manifestCount: Int
    public var tagCount: Int
    public var changeableAttributes: ChangeableAttributes
}

/// Locks, which registries of the distribution specification don't have: everything is allowed.
public struct ChangeableAttributes: Codable, Sendable, Hashable {
    public var deleteEnabled = true
    public var writeEnabled = true
    public var readEnabled = true
    public var listEnabled = true
}

/// What a deleted repository had (`DELETE /acr/v1/NAME`).
public struct RepositoryRemoval: Codable, Sendable, Hashable {
    public var manifestsDeleted: [String]
    public var tagsDeleted: [String]
}
