import CurlHTTP
import Distribution
import RegistryGateway
import TaskModel
import TestSupport
import Testing

@Suite(.enabled(if: TestRegistry.isInstalled))
struct ListingTests {
    private func fill(_ fixture: ProxyFixture) async throws -> [String] {
        [
            try await fixture.push("app", tag: "a", created: "2026-01-03T00:00:00.5Z", layer: "one"),
            try await fixture.push("app", tag: "b", created: "2026-01-01T00:00:00Z", layer: "two more"),
            try await fixture.push("app", tag: "c", created: "2026-01-02T00:00:00+00:00", layer: "three"),
        ]
    }

    @Test func `tags are listed by name or by time, page by page`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let digests = try await fill(fixture)

            let (first, last) = try await fixture.proxy.tags(of: "app", in: fixture.registry, ListingPage(count: 2))
            let (second, end) = try await fixture.proxy.tags(
                of: "app", in: fixture.registry, ListingPage(count: 2, last: last))
            let (newest, _) = try await fixture.proxy.tags(
                of: "app", in: fixture.registry, ListingPage(order: .newestFirst))
            let (oldest, next) = try await fixture.proxy.tags(
                of: "app", in: fixture.registry, ListingPage(count: 1, last: "b", order: .oldestFirst))

            #expect(first.tags.map(\.name) == ["a", "b"])
            #expect(first.tags.map(\.digest) == Array(digests.prefix(2)))
            #expect(first.tags.first?.createdTime == "2026-01-03T00:00:00.5Z")
            #expect(second.tags.map(\.name) == ["c"])
            #expect(end == nil)
            #expect(newest.tags.map(\.name) == ["a", "c", "b"])
            #expect(oldest.tags.map(\.name) == ["c"])
            #expect(next == "c")
        }
    }

    @Test func `manifests are listed with their tags, and those in indexes`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let digest = try await fixture.push("app", tag: "v1", layer: "12345")
            let child = try await fixture.push("app", tag: "child", layer: "1234567")
            let index = """
                {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[{"mediaType":\
                "\(MediaType.ociManifest)","digest":"\(child)","size":500,"platform":{"os":"linux","architecture":"arm64"}}]}
                """
            _ = try await fixture.put(index, MediaType.ociIndex, "app", "all")
            try await fixture.proxy.deleteTag("child", of: "app", in: fixture.registry)
            let copied = try await fixture.push("app", tag: "v1-copy", layer: "12345")

            let (listing, _) = try await fixture.proxy.manifests(of: "app", in: fixture.registry, ListingPage())
            let tagged = try #require(listing.manifests.first { $0.digest == digest })
            let inside = try #require(listing.manifests.first { $0.digest == child })

            #expect(copied == digest)
            #expect(listing.manifests.count == 3)
            #expect(tagged.tags == ["v1", "v1-copy"])
            #expect(tagged.imageSize == 5)
            #expect(tagged.architecture == "arm64")
            #expect(tagged.os == "linux")
            #expect(inside.tags == [])
            #expect(listing.manifests.first { $0.mediaType == MediaType.ociIndex }?.imageSize == 7)
            let shown = try await fixture.proxy.repository("app", in: fixture.registry)
            #expect(shown.manifestCount == 3)
            #expect(shown.tagCount == 3)
        }
    }

    @Test func `removing a tag leaves its manifest and the other tags`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let digest = try await fixture.push("app", tag: "one")
            try await fixture.push("app", tag: "two")

            try await fixture.proxy.deleteTag("one", of: "app", in: fixture.registry)

            let (listing, _) = try await fixture.proxy.tags(of: "app", in: fixture.registry, ListingPage())
            #expect(listing.tags.map(\.name) == ["two"])
            #expect(listing.tags.map(\.digest) == [digest])
            let again = await #expect(throws: RegistryFailure.self) {
                try await fixture.proxy.deleteTag("one", of: "app", in: fixture.registry)
            }
            #expect(again?.status == 404)
        }
    }

    @Test func `removing a repository removes all that is in it`() async throws {
        try await ProxyFixture.with { fixture async throws in
            let digests = try await fill(fixture)

            let removal = try await fixture.proxy.deleteRepository("app", in: fixture.registry)

            #expect(Set(removal.manifestsDeleted) == Set(digests))
            #expect(removal.tagsDeleted == ["a", "b", "c"])
            let gone = try await fixture.forward("GET", .manifest(repository: "app", reference: digests[0]))
            #expect(gone.status == 404)
        }
    }

    @Test(arguments: [["n": "0"], ["n": "x"], ["orderby": "size"], ["n": "-1"]])
    func `a page that is none is refused`(query: [String: String]) {
        #expect(throws: RegistryFailure.self) { try ListingPage { query[$0] } }
    }
}
