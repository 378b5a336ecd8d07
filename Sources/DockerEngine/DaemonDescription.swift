import CurlHTTP
import Glibc

/// What a daemon says of itself in its answer to `GET /_ping`.
public struct DaemonDescription: Sendable, Hashable {
    /// The version that is spoken: the lower of the daemon's and ours.
    let version: APIVersion
    public let hasBuildKit: Bool
    /// `linux` or `windows`.
    public let system: String

    public var apiVersion: String { version.description }

    init(version: APIVersion, headers: [HTTPHeader]) {
        self.version = version
        system = headers["OSType"] ?? ""
        // docker 20.10 has BuildKit and leaves the header out; newer ones say 2, or 1 when their configuration turns
        // it off. What only resembles docker has none.
        hasBuildKit =
            switch headers["Builder-Version"] {
            case "2": true
            case nil, "": system == "linux" && headers["Server"]?.hasPrefix("Docker/") == true
            default: false
            }
    }
}

extension UnreachableReason {
    /// Finds out why a connection to a socket fails. Nil if it can be opened after all.
    static func whyNot(connectTo path: String) -> UnreachableReason? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status != 0 else { return nil }
        return switch errno {
        case ENOENT, ENOTDIR: .socketMissing
        case EACCES, EPERM: .permissionDenied
        case ECONNREFUSED: .notListening
        default: .other(String(cString: strerror(errno)))
        }
    }
}
