/// An image of the daemon: `GET /images/{name}/json`.
public struct ImageDetails: Sendable, Hashable {
    /// `sha256:` and 64 hexadecimal digits: the digest of the image's configuration.
    public let id: String
    /// `repository:tag`, as the daemon shortens them (no `docker.io/library/`).
    public let names: [String]
    /// `repository@sha256:…`: what a registry was seen to call it. Empty for images made here and not pushed.
    public let repositoryDigests: [String]
    /// The digests of the layers, not compressed, from the lowest.
    public let layers: [String]
    public let os: String
    public let architecture: String
    public let variant: String?
    public let labels: [String: String]
    /// In bytes, all layers.
    public let size: Int64
}

/// An image in a list: `GET /images/json`.
public struct ImageSummary: Sendable, Hashable {
    public let id: String
    public let names: [String]
    public let repositoryDigests: [String]
    public let labels: [String: String]
}

extension DockerClient {
    /// Looks an image up: `GET /images/{name}/json`.
    ///
    /// - Parameter name: a name or an id. Nothing is asked of a registry.
    /// - Returns: nil if the daemon has no such image.
    public func inspectImage(_ name: String) async throws -> ImageDetails? {
        do {
            return try await fetch(
                EngineCall("inspect the image \(name)", "GET", Self.imagePath(name) + "/json"), as: ImageDetails.self)
        } catch DockerError.refused(_, status: 404, _) {
            return nil
        }
    }

    /// Lists images that fit all conditions: `GET /images/json`.
    ///
    /// - Parameters:
    ///   - labels: `name` or `name=value` each.
    ///   - references: names, in which `*` stands for anything; one of them must fit.
    public func images(labels: [String] = [], references: [String] = []) async throws -> [ImageSummary] {
        var filters: [String: [String]] = [:]
        if !labels.isEmpty { filters["label"] = labels }
        if !references.isEmpty { filters["reference"] = references }
        var call = EngineCall("list images", "GET", "/images/json")
        call.query = [("filters", try compactJSON(filters))]
        return try await fetch(call, as: [ImageSummary].self)
    }

    /// Gives an image one more name: `POST /images/{name}/tag`. A name that another image had moves.
    ///
    /// - Parameters:
    ///   - name: a name or an id.
    ///   - repository: with the registry, without a tag.
    public func tagImage(_ name: String, repository: String, tag: String) async throws {
        var call = EngineCall("tag the image \(name)", "POST", Self.imagePath(name) + "/tag")
        call.query = [("repo", repository), ("tag", tag)]
        _ = try await fetch(call)
    }

    /// Removes a name, and the image behind it when that was its last: `DELETE /images/{name}`. An image that is not
    /// there is none to remove.
    ///
    /// - Parameter noPrune: keeps parents that have no name.
    /// - Throws: ``DockerError/refused(action:status:message:)`` with 409 when a container uses the image.
    public func removeImage(_ name: String, noPrune: Bool = false) async throws {
        var call = EngineCall("remove the image \(name)", "DELETE", Self.imagePath(name))
        if noPrune { call.query = [("noprune", "1")] }
        call.timeout = .seconds(120)
        do {
            _ = try await fetch(call)
        } catch DockerError.refused(_, status: 404, _) {}
    }

    static func imagePath(_ name: String) -> String {
        "/images/" + name.percentEncoded(keeping: "/:@")
    }
}

extension ImageDetails: Decodable {
    private enum Keys: String, CodingKey {
        case id = "Id"
        case names = "RepoTags"
        case digests = "RepoDigests"
        case root = "RootFS"
        case layers = "Layers"
        case os = "Os"
        case architecture = "Architecture"
        case variant = "Variant"
        case configuration = "Config"
        case labels = "Labels"
        case size = "Size"
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Keys.self)
        id = try members.decode(String.self, forKey: .id)
        names = try members.decodeIfPresent([String].self, forKey: .names) ?? []
        repositoryDigests = try members.decodeIfPresent([String].self, forKey: .digests) ?? []
        os = try members.decodeIfPresent(String.self, forKey: .os) ?? ""
        architecture = try members.decodeIfPresent(String.self, forKey: .architecture) ?? ""
        variant = try members.decodeIfPresent(String.self, forKey: .variant)
        size = try members.decodeIfPresent(Int64.self, forKey: .size) ?? 0
        layers = try members.nested(.root, [String].self, forKey: .layers) ?? []
        labels = try members.nested(.configuration, [String: String].self, forKey: .labels) ?? [:]
    }
}

extension KeyedDecodingContainer {
    /// A member of a member, either of which may be absent or null.
    fileprivate func nested<Value: Decodable>(_ outer: Key, _ type: Value.Type, forKey key: Key) throws -> Value? {
        guard contains(outer), try !decodeNil(forKey: outer) else { return nil }
        return try nestedContainer(keyedBy: Key.self, forKey: outer).decodeIfPresent(type, forKey: key)
    }
}

extension ImageSummary: Decodable {
    private enum Keys: String, CodingKey {
        case id = "Id"
        case names = "RepoTags"
        case digests = "RepoDigests"
        case labels = "Labels"
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Keys.self)
        id = try members.decode(String.self, forKey: .id)
        // An image without a name is listed with <none> in places of one.
        names = (try members.decodeIfPresent([String].self, forKey: .names) ?? []).filter { !$0.hasPrefix("<none>") }
        repositoryDigests = (try members.decodeIfPresent([String].self, forKey: .digests) ?? []).filter {
            !$0.hasPrefix("<none>")
        }
        labels = try members.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    }
}
