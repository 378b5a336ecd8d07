public import CurlHTTP
import TaskModel

/// A call of the distribution API that is to be passed on. Who makes it may do so: that has been checked.
public struct RegistryCall: Sendable {
    public var method: String
    public var path: RegistryPath
    /// Without the question mark.
    public var query: String?
    public var headers: [HTTPHeader]
    public var body: HTTPBody
    /// Which blob is taken over instead of being uploaded. Nil if none is, or none may be.
    public var mount: BlobMount?

    public init(
        _ method: String, _ path: RegistryPath, query: String? = nil, headers: [HTTPHeader] = [],
        body: HTTPBody = .none, mount: BlobMount? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.mount = mount
    }

    /// Headers that mean something to the registry.
    private static let passedOn: Set<String> = [
        "accept", "content-type", "range", "content-range", "if-match", "if-none-match", "if-modified-since",
        "if-range",
    ]

    var passedHeaders: [HTTPHeader] { headers.filter { Self.passedOn.contains($0.name.lowercased()) } }

    /// What the server's own login at the registry behind must be good for.
    var scope: String {
        let own =
            switch path {
            case .base: ""
            case .catalog: RegistryAccess.catalog.scope
            case .tags(let name): "repository:\(name):pull"
            case .uploads(let name), .upload(let name, _):
                "repository:\(name):\(method == "DELETE" ? "delete,pull,push" : "pull,push")"
            case .manifest(let name, _), .blob(let name, _), .referrers(let name, _):
                switch method {
                case "GET", "HEAD": "repository:\(name):pull"
                case "DELETE": "repository:\(name):delete,pull"
                default: "repository:\(name):pull,push"
                }
            }
        return own + (mount.map { " repository:\($0.source):pull" } ?? "")
    }

    /// Path and query for the registry behind.
    var target: String {
        let kept = keptQuery
        return kept.isEmpty ? path.text : path.text + "?" + kept
    }

    /// The parameters that belong there. Those of an upload are the registry's own, given back to it.
    private var keptQuery: String {
        let known: Set<Substring>
        switch path {
        case .upload: return query ?? ""
        case .catalog, .tags: known = ["n", "last"]
        case .referrers: known = ["artifactType", "n", "last"]
        case .uploads:
            if let mount { return "mount=\(mount.digest)&from=\(mount.source)" }
            known = ["digest", "digest-algorithm"]
        case .base, .manifest, .blob: known = []
        }
        let pairs = (query ?? "").split(separator: "&").filter { pair in
            known.contains(pair.prefix { $0 != "=" })
        }
        return pairs.joined(separator: "&")
    }
}

/// A blob that another repository of the registry has.
public struct BlobMount: Sendable, Hashable {
    public let digest: String
    public let source: String

    /// - Returns: nil if one of them breaks its grammar.
    public init?(digest: String, source: String) {
        guard ImageReference.isDigest(digest), ImageReference.isRepository(source) else { return nil }
        self.digest = digest
        self.source = source
    }
}

/// What a call is answered with.
public struct RegistryAnswer: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Still under way, of that many bytes if the registry said so.
        case stream(OpenResponse, length: Int?)
    }

    public var status: Int
    public var headers: [HTTPHeader]
    public var body: Body

    public init(status: Int, headers: [HTTPHeader] = [], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
