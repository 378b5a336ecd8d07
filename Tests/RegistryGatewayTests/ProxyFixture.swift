import Crypto
import CurlHTTP
import Distribution
import Foundation
import RegistryGateway
import TaskModel
import TestSupport

/// A proxy in front of a real registry that wants a login.
struct ProxyFixture {
    let proxy: RegistryProxy
    let registry: Registry
    let http = HTTPClient()

    static func with(_ body: (ProxyFixture) async throws -> Void) async throws {
        try await TestRegistry.with(password: true) { behind in
            let registry = Registry(
                name: "front01", loginServer: "front.example.test", endpoint: "http://\(behind.host)",
                credential: behind.credential, gateway: true)
            let http = HTTPClient()
            let clients = RegistryClient(http: http, endpoints: RegistryEndpoints([registry]))
            try await body(ProxyFixture(proxy: RegistryProxy(http: http, clients: clients), registry: registry))
        }
    }

    func forward(_ method: String, _ path: RegistryPath, query: String? = nil, body: HTTPBody = .none) async throws
        -> RegistryAnswer
    {
        try await proxy.forward(
            RegistryCall(
                method, path, query: query, headers: [HTTPHeader("Accept", MediaType.ociManifest)], body: body),
            to: registry)
    }

    /// Puts an image of one layer there, through the proxy.
    @discardableResult
    func push(_ repository: String, tag: String, created: String = "2026-01-02T03:04:05Z", layer: String = "layer")
        async throws -> String
    {
        let layerDigest = try await upload(.bytes(Array(layer.utf8)), Self.digest(Array(layer.utf8)), to: repository)
        let config = Array(#"{"architecture":"arm64","os":"linux","created":"\#(created)"}"#.utf8)
        let configDigest = try await upload(.bytes(config), Self.digest(config), to: repository)
        let manifest = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":{"mediaType":\
            "application/vnd.oci.image.config.v1+json","size":\(config.count),"digest":"\(configDigest)"},"layers":[{\
            "mediaType":"application/vnd.oci.image.layer.v1.tar","size":\(layer.utf8.count),"digest":"\(layerDigest)"}]}
            """
        return try await put(manifest, MediaType.ociManifest, repository, tag)
    }

    func put(_ manifest: String, _ type: String, _ repository: String, _ reference: String) async throws -> String {
        let call = RegistryCall(
            "PUT", .manifest(repository: repository, reference: reference),
            headers: [HTTPHeader("Content-Type", type)], body: .bytes(Array(manifest.utf8)))
        let answer = try await proxy.forward(call, to: registry)
        guard answer.status == 201 else { throw Unexpected(status: answer.status) }
        return Self.digest(Array(manifest.utf8))
    }

    @discardableResult
    func upload(_ body: HTTPBody, _ digest: String, to repository: String) async throws -> String {
        let begun = try await forward("POST", .uploads(repository: repository))
        let (path, query) = try Self.place(begun)
        let patched = try await forward("PATCH", path, query: query, body: body)
        guard patched.status == 202 else { throw Unexpected(status: patched.status) }
        let (next, nextQuery) = try Self.place(patched)
        let done = try await forward("PUT", next, query: nextQuery + "&digest=" + digest)
        guard done.status == 201 else { throw Unexpected(status: done.status) }
        return digest
    }

    /// Where an answer leads, at this server.
    static func place(_ answer: RegistryAnswer) throws -> (RegistryPath, String) {
        let start = "https://front.example.test"
        guard let location = answer.headers["Location"], location.hasPrefix(start + "/v2/") else {
            throw Unexpected(status: answer.status)
        }
        let parts = location.dropFirst(start.count).split(separator: "?", maxSplits: 1)
        guard let path = RegistryPath(String(parts[0])) else { throw Unexpected(status: answer.status) }
        return (path, parts.count > 1 ? String(parts[1]) : "")
    }

    static func digest(_ bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }
}

struct Unexpected: Error {
    let status: Int
}

extension RegistryAnswer {
    func text() async throws -> String {
        switch body {
        case .none: ""
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .stream(let opened, _): String(decoding: try await opened.response.bytes(limit: 1 << 20), as: UTF8.self)
        }
    }
}
