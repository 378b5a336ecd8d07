import Crypto
import CurlHTTP
import Distribution
import Foundation
import TaskModel

/// A real registry (`docker-registry`) on loopback, for the time of a test.
struct TestRegistry: Sendable {
    /// `127.0.0.1:PORT`.
    let host: String
    let credential: Credential?

    static let program = "/usr/bin/docker-registry"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// The login that registries with a password accept.
    static let login = Credential(username: "skipper", password: Secret("s3cret:with colon"))
    private static let bcrypt = "$2y$05$GkoL9XVKhNsPqSe4/2Go4OE0hpPYYUljSN4vPNd4MjcHel8On9u0y"

    /// Runs `use` while a registry runs.
    static func with<Result>(password: Bool = false, _ use: (TestRegistry) async throws -> Result) async throws
        -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "slipway-registry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // what is left there does no harm
        let configuration = folder.appendingPathComponent("config.yml")
        try Data(config(in: folder, password: password).utf8).write(to: configuration)
        try Data("\(login.username):\(bcrypt)\n".utf8).write(to: folder.appendingPathComponent("htpasswd"))

        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["serve", configuration.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let lines = AsyncStream<String> { continuation in
            output.fileHandleForReading.readabilityHandler = { handle in
                let data = handle.availableData
                guard !data.isEmpty else {
                    handle.readabilityHandler = nil
                    return continuation.finish()
                }
                continuation.yield(String(decoding: data, as: UTF8.self))
            }
        }
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        var seen = ""
        for await text in lines {
            seen += text
            guard let port = seen.firstMatch(of: /listening on 127\.0\.0\.1:(\d+)/)?.output.1 else { continue }
            return try await use(TestRegistry(host: "127.0.0.1:\(port)", credential: password ? login : nil))
        }
        throw Failure.didNotStart(seen)
    }

    enum Failure: Error {
        case didNotStart(String)
        case status(Int, String)
    }

    private static func config(in folder: URL, password: Bool) -> String {
        """
        version: 0.1
        storage:
          filesystem:
            rootdirectory: \(folder.path)/data
          delete:
            enabled: true
        http:
          addr: 127.0.0.1:0
        \(password ? "auth:\n  htpasswd:\n    realm: test\n    path: \(folder.path)/htpasswd\n" : "")
        """
    }

    /// Puts an image of one layer there.
    ///
    /// - Returns: the digests of its manifest and its configuration.
    @discardableResult
    func push(_ repository: String, tag: String, content: String = "content") async throws -> (
        manifest: String, config: String
    ) {
        let layer = try await upload(Array(content.utf8), to: repository)
        let config = try await upload(Array(#"{"architecture":"amd64","os":"linux"}"#.utf8), to: repository)
        let manifest = """
            {"schemaVersion":2,"mediaType":"\(MediaType.dockerManifest)",
            "config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":37,"digest":"\(config)"},
            "layers":[{
            "mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":\(content.utf8.count),"digest":"\(layer)"}]}
            """
        let digest = try await put(manifest, type: MediaType.dockerManifest, at: "\(repository)/manifests/\(tag)")
        return (digest, config)
    }

    /// - Returns: the digest.
    @discardableResult
    func put(_ manifest: String, type: String, at path: String) async throws -> String {
        let bytes = Array(manifest.utf8)
        var request = HTTPRequest(
            "PUT", "http://\(host)/v2/\(path)", headers: [HTTPHeader("Content-Type", type)], body: .bytes(bytes))
        _ = try await send(&request, expecting: 201)
        return digest(of: bytes)
    }

    private func upload(_ bytes: [UInt8], to repository: String) async throws -> String {
        var start = HTTPRequest("POST", "http://\(host)/v2/\(repository)/blobs/uploads/")
        let location = try await send(&start, expecting: 202)["Location"] ?? ""
        var put = HTTPRequest(
            "PUT", location + (location.contains("?") ? "&" : "?") + "digest=" + digest(of: bytes), body: .bytes(bytes))
        _ = try await send(&put, expecting: 201)
        return digest(of: bytes)
    }

    private func send(_ request: inout HTTPRequest, expecting status: Int) async throws -> [HTTPHeader] {
        if let credential {
            let login = Data("\(credential.username):\(credential.password.value)".utf8).base64EncodedString()
            request.headers.append(HTTPHeader("Authorization", "Basic " + login))
        }
        let (response, body) = try await HTTPClient().fetch(request)
        guard response.status == status else {
            throw Failure.status(response.status, String(decoding: body, as: UTF8.self))
        }
        return response.headers
    }

    private func digest(of bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }
}
