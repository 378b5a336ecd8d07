import CurlHTTP
import TaskModel
import TestSupport
import Testing

@testable import Distribution

@Suite(.enabled(if: TestRegistry.isInstalled, "docker-registry is not installed"))
struct RegistryClientTests {
    private let client = RegistryClient(http: HTTPClient())

    @Test func `a tag resolves to the digest, type and length of its manifest`() async throws {
        try await TestRegistry.with { registry in
            let pushed = try await registry.push("team/app", tag: "v1")
            let image = try ImageReference("\(registry.host)/team/app:v1")

            let resolved = try await client.resolve(image)
            let (descriptor, manifest) = try await client.manifest(image)

            #expect(resolved.digest == pushed.manifest)
            #expect(resolved == descriptor)
            guard case .image(let image) = manifest else { throw UnexpectedAnswer(status: 0, text: "no image") }
            #expect(image.config.digest == pushed.config)
            #expect(image.layers.count == 1)
        }
    }

    @Test func `an index gives its entries with their platforms`() async throws {
        try await TestRegistry.with { registry in
            let pushed = try await registry.push("app", tag: "amd64")
            let entry = """
                {"mediaType":"\(MediaType.dockerManifest)","size":400,"digest":"\(pushed.manifest)","platform":
                """
            let list = """
                {"schemaVersion":2,"mediaType":"\(MediaType.dockerList)","manifests":[
                \(entry){"os":"linux","architecture":"amd64"}},\(entry){"os":"unknown","architecture":"unknown"}}]}
                """
            try await registry.put(list, type: MediaType.dockerList, at: "app/manifests/all")

            let (_, manifest) = try await client.manifest(try ImageReference("\(registry.host)/app:all"))

            guard case .index(let index) = manifest else { throw UnexpectedAnswer(status: 0, text: "no index") }
            #expect(index.entries.map(\.platform) == [.linuxAMD64, nil])
            #expect(index.entry(for: .linuxAMD64)?.descriptor.digest == pushed.manifest)
            #expect(index.entry(for: Platform(os: "linux", architecture: "arm64")) == nil)
        }
    }

    @Test func `an index is put under a tag and read back`() async throws {
        try await TestRegistry.with { registry in
            let platforms = [Platform.linuxAMD64, Platform(os: "linux", architecture: "arm", variant: "v7")]
            var entries: [ImageIndex.Entry] = []
            for platform in platforms {
                let tag = platform.architecture ?? ""
                try await registry.push("app", tag: tag, content: tag)
                let descriptor = try await client.resolve(try ImageReference("\(registry.host)/app:\(tag)"))
                entries.append(ImageIndex.Entry(descriptor: descriptor, platform: platform))
            }
            let image = try ImageReference("\(registry.host)/app:all")

            let put = try await client.put(ImageIndex(entries: entries), as: image)
            let (descriptor, manifest) = try await client.manifest(image)

            #expect(put == descriptor)
            #expect(manifest == .index(ImageIndex(entries: entries)))
            await #expect(throws: InvalidName.self) {
                try await client.put(
                    ImageIndex(entries: entries),
                    as: ImageReference(registry: image.registry, repository: image.repository, digest: put.digest))
            }
        }
    }

    @Test func `a registry that removes no tags says so`() async throws {
        try await TestRegistry.with { registry in
            try await registry.push("app", tag: "v1")
            let image = try ImageReference("\(registry.host)/app:v1")

            await #expect(throws: DistributionError.self) { try await client.removeTag(image) }

            #expect(try await client.tags(of: "app", in: registry.host) == ["v1"])
        }
    }

    @Test func `tags are listed over all pages`() async throws {
        try await TestRegistry.with { registry in
            let names = ["a", "b", "c", "d", "e"]
            for name in names { try await registry.push("app", tag: name) }

            let all = try await client.tags(of: "app", in: registry.host, pageSize: 2)
            let some = try await client.tags(of: "app", in: registry.host, pageSize: 2, limit: 3)

            #expect(all.sorted() == names)
            #expect(some.count == 3)
        }
    }

    @Test func `a registry with a password takes the right one and says so of a wrong one`() async throws {
        try await TestRegistry.with(password: true) { registry in
            let pushed = try await registry.push("app", tag: "v1")
            let image = try ImageReference("\(registry.host)/app:v1")
            let wrong = Credential(username: "skipper", password: Secret("wrong"))

            try await client.ping(registry.host, credential: TestRegistry.login)
            #expect(try await client.resolve(image, credential: TestRegistry.login).digest == pushed.manifest)
            await #expect(
                throws: DistributionError.unauthorized(
                    registry: registry.host, username: nil, reason: "authentication required")
            ) { try await client.ping(registry.host) }
            await #expect(
                throws: DistributionError.unauthorized(
                    registry: registry.host, username: "skipper", reason: "authentication required")
            ) { try await client.manifest(image, credential: wrong) }
        }
    }

    @Test func `a tag or repository that does not exist is not found`() async throws {
        try await TestRegistry.with { registry in
            try await registry.push("app", tag: "v1")

            for name in ["app:v2", "other:v1", "app@sha256:" + String(repeating: "0", count: 64)] {
                await #expect {
                    try await client.resolve(try ImageReference("\(registry.host)/\(name)"))
                } throws: { error in
                    guard case DistributionError.notFound = error else { return false }
                    return true
                }
            }
            await #expect(
                throws: DistributionError.notFound(
                    name: "\(registry.host)/other", reason: "repository name not known to registry")
            ) { try await client.tags(of: "other", in: registry.host) }
        }
    }

    @Test func `a registry may be reached elsewhere than its name says`() async throws {
        try await TestRegistry.with { registry in
            let pushed = try await registry.push("app", tag: "v1")
            let known = Registry(
                name: "demoregistry", loginServer: "registry.example.com", endpoint: "http://\(registry.host)/")
            let client = RegistryClient(http: HTTPClient(), endpoints: RegistryEndpoints([known]))

            #expect(
                try await client.resolve(try ImageReference("registry.example.com/app:v1")).digest == pushed.manifest)
        }
    }
}

struct EndpointTests {
    @Test(arguments: [
        ("docker.io", ["https://registry-1.docker.io"]),
        ("ghcr.io", ["https://ghcr.io"]),
        ("registry.example.com:5000", ["https://registry.example.com:5000"]),
        ("localhost:5000", ["https://localhost:5000", "http://localhost:5000"]),
        ("127.1.2.3:80", ["https://127.1.2.3:80", "http://127.1.2.3:80"]),
        ("10.0.0.1:5000", ["https://10.0.0.1:5000"]),
    ])
    func `registries are reached by https, those of the machine itself also by http`(
        registry: String, expected: [String]
    ) {
        #expect(RegistryEndpoints().candidates(for: registry) == expected)
    }
}
