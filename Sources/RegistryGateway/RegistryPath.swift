import TaskModel

/// A path of the distribution API below `/v2/`, checked part by part (OCI distribution specification, "endpoints").
public enum RegistryPath: Sendable, Hashable {
    case base
    case catalog
    case tags(repository: String)
    /// By tag or digest.
    case manifest(repository: String, reference: String)
    case blob(repository: String, digest: String)
    case referrers(repository: String, digest: String)
    /// Where uploads begin.
    case uploads(repository: String)
    /// An upload that has begun. The id is the registry's own.
    case upload(repository: String, id: String)

    /// - Returns: nil for what no registry has, or whose names break their grammar.
    public init?(_ path: String) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts[0].isEmpty, parts[1] == "v2" else { return nil }
        parts.removeFirst(2)
        if parts == [] || parts == [""] {
            self = .base
            return
        }
        if parts == ["_catalog"] {
            self = .catalog
            return
        }
        guard let found = Self.below(parts) else { return nil }
        self = found
    }

    private static func below(_ parts: [String]) -> RegistryPath? {
        guard parts.count >= 3, let last = parts.last else { return nil }
        let kind = parts[parts.count - 2]
        if kind == "uploads", parts[parts.count - 3] == "blobs" {
            guard let repository = repository(parts.dropLast(3)) else { return nil }
            if last.isEmpty { return .uploads(repository: repository) }
            return isUploadID(last) ? .upload(repository: repository, id: last) : nil
        }
        guard let repository = repository(parts.dropLast(2)) else { return nil }
        switch (kind, last) {
        case ("tags", "list"): return .tags(repository: repository)
        case ("blobs", "uploads"): return .uploads(repository: repository)
        case ("manifests", _) where ImageReference.isTag(last) || ImageReference.isDigest(last):
            return .manifest(repository: repository, reference: last)
        case ("blobs", _) where ImageReference.isDigest(last): return .blob(repository: repository, digest: last)
        case ("referrers", _) where ImageReference.isDigest(last):
            return .referrers(repository: repository, digest: last)
        default: return nil
        }
    }

    private static func repository(_ parts: ArraySlice<String>) -> String? {
        let name = parts.joined(separator: "/")
        return ImageReference.isRepository(name) ? name : nil
    }

    private static func isUploadID(_ text: String) -> Bool {
        (1...1024).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || "-_=.~".utf8.contains(byte)
            }
    }

    /// The path again, as registries spell it.
    public var text: String {
        switch self {
        case .base: "/v2/"
        case .catalog: "/v2/_catalog"
        case .tags(let repository): "/v2/\(repository)/tags/list"
        case .manifest(let repository, let reference): "/v2/\(repository)/manifests/\(reference)"
        case .blob(let repository, let digest): "/v2/\(repository)/blobs/\(digest)"
        case .referrers(let repository, let digest): "/v2/\(repository)/referrers/\(digest)"
        case .uploads(let repository): "/v2/\(repository)/blobs/uploads/"
        case .upload(let repository, let id): "/v2/\(repository)/blobs/uploads/\(id)"
        }
    }

    /// What a caller must be allowed to do; nil for what everybody who is logged in may do. Any one of several will do.
    public func access(for method: String) -> [RegistryAccess]? {
        switch self {
        case .base: return nil
        case .catalog: return [.catalog]
        case .tags(let name):
            return [RegistryAccess(repository: name, "pull"), RegistryAccess(repository: name, "metadata_read")]
        case .uploads(let name), .upload(let name, _): return [RegistryAccess(repository: name, "push")]
        case .manifest(let name, _), .blob(let name, _), .referrers(let name, _):
            return switch method {
            case "GET", "HEAD": [RegistryAccess(repository: name, "pull")]
            case "DELETE": [RegistryAccess(repository: name, "delete")]
            default: [RegistryAccess(repository: name, "push")]
            }
        }
    }

    /// Whether the API knows the method here.
    public func allows(_ method: String) -> Bool {
        switch self {
        case .base, .catalog, .tags, .referrers: ["GET", "HEAD"].contains(method)
        case .manifest: ["GET", "HEAD", "PUT", "DELETE"].contains(method)
        case .blob: ["GET", "HEAD", "DELETE"].contains(method)
        case .uploads: method == "POST"
        case .upload: ["GET", "PATCH", "PUT", "DELETE"].contains(method)
        }
    }
}
