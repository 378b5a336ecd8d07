import Contexts
import CurlHTTP
import Foundation
import Glibc

/// What `-f` says.
enum DockerfileOption {
    case standard
    /// Of a context for a task file: a Dockerfile need not be there.
    case ifPresent
    case standardInput
    /// An http or https URL.
    case url(String)
    case path(String)

    init(_ text: String?) {
        switch text {
        case nil, "": self = .standard
        case "-"?: self = .standardInput
        case let text?:
            // What can't be read as a URL is a path.
            if case .download(let url) = try? ContextLocation(text) { self = .url(url) } else { self = .path(text) }
        }
    }

    /// For a folder: relative to where the caller is, or from elsewhere.
    func forFolder(
        from directory: String = FileManager.default.currentDirectoryPath
    ) async throws -> DockerfileChoice {
        switch self {
        case .standard: .standard
        case .ifPresent: .ifPresent
        case .path(let path):
            .path(path.hasPrefix("/") ? path : directory + "/" + path)
        case .standardInput: .bytes(try readAll(STDIN_FILENO, name: "standard input"))
        case .url(let url): .bytes(try await Self.fetch(url))
        }
    }

    /// For no context at all: the bytes of the Dockerfile.
    func alone() async throws -> [UInt8] {
        switch self {
        case .standard, .ifPresent: throw CommandError.noContextNoDockerfile
        case .path(let path): try readFile(path)
        case .standardInput: try readAll(STDIN_FILENO, name: "standard input")
        case .url(let url): try await Self.fetch(url)
        }
    }

    /// For a context that others read: a path in it; nil for the usual one.
    func forContext() throws -> String? {
        switch self {
        case .standard, .ifPresent: nil
        case .path(let path): path
        case .standardInput, .url: throw CommandError.outsideDockerfile
        }
    }

    private static func fetch(_ url: String) async throws -> [UInt8] {
        var configuration = HTTPClient.Configuration()
        configuration.userAgent = "slipway/\(Version.number)"
        configuration.proxy = ProxySettings(environment: ProcessInfo.processInfo.environment)
        return try await SourceDownload(url, client: HTTPClient(configuration)).dockerfile()
    }
}
