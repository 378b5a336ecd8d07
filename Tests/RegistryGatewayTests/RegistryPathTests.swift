import RegistryGateway
import Testing

struct RegistryPathTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(arguments: [
        ("/v2/", RegistryPath.base), ("/v2", .base), ("/v2/_catalog", .catalog),
        ("/v2/app/tags/list", .tags(repository: "app")),
        ("/v2/team/app/manifests/v1.0", .manifest(repository: "team/app", reference: "v1.0")),
        ("/v2/app/manifests/\(digest)", .manifest(repository: "app", reference: digest)),
        ("/v2/a/b/c/blobs/\(digest)", .blob(repository: "a/b/c", digest: digest)),
        ("/v2/app/referrers/\(digest)", .referrers(repository: "app", digest: digest)),
        ("/v2/app/blobs/uploads/", .uploads(repository: "app")),
        ("/v2/app/blobs/uploads", .uploads(repository: "app")),
        ("/v2/app/blobs/uploads/3-f_=.x", .upload(repository: "app", id: "3-f_=.x")),
        // A repository may be called like a part of the API.
        ("/v2/manifests/tags/list", .tags(repository: "manifests")),
        ("/v2/blobs/uploads/manifests/v1", .manifest(repository: "blobs/uploads", reference: "v1")),
    ])
    func `a path is read as the specification spells it`(path: String, expected: RegistryPath) {
        #expect(RegistryPath(path) == expected)
        #expect(RegistryPath(expected.text) == expected)
    }

    @Test(arguments: [
        "", "/", "/v1/", "/v2/app", "/v2/app/manifests/", "/v2/App/manifests/v1", "/v2/app/manifests/.x",
        "/v2/app/manifests/../../other/manifests/v1", "/v2/app/manifests/sha256:abc", "/v2//manifests/v1",
        "/v2/app//tags/list", "/v2/app/blobs/v1", "/v2/app/blobs/uploads/..", "/v2/app/blobs/uploads/a%2fb",
        "/v2/app%2fx/tags/list", "/v2/app/blobs/uploads/x/", "/v2/../v2/app/tags/list",
    ])
    func `S12 what breaks a grammar is no path`(path: String) {
        #expect(RegistryPath(path) == nil)
    }

    @Test(arguments: [
        ("GET", "/v2/app/manifests/v1", "pull"), ("HEAD", "/v2/app/manifests/v1", "pull"),
        ("PUT", "/v2/app/manifests/v1", "push"), ("DELETE", "/v2/app/manifests/v1", "delete"),
        ("GET", "/v2/app/blobs/\(digest)", "pull"), ("DELETE", "/v2/app/blobs/\(digest)", "delete"),
        ("POST", "/v2/app/blobs/uploads/", "push"), ("GET", "/v2/app/blobs/uploads/x", "push"),
        ("DELETE", "/v2/app/blobs/uploads/x", "push"), ("GET", "/v2/app/tags/list", "pull"),
    ])
    func `each call needs its right`(method: String, path: String, action: String) throws {
        let access = try #require(RegistryPath(path)).access(for: method)?.first

        #expect(access == RegistryAccess(type: "repository", name: "app", actions: [action]))
    }
}
