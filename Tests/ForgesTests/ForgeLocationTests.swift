import TaskModel
import Testing

@testable import Forges

/// Which forge a repository is on, and when two URLs mean the same one.
struct ForgeLocationTests {
    private let directory = ForgeDirectory([
        ForgeHost(host: "code.harbour.example", kind: .gitHub),
        ForgeHost(host: "git.harbour.example:8443", kind: .gitea),
        ForgeHost(host: "labs.harbour.example", kind: .gitLab, api: "https://api.harbour.example/v4"),
        ForgeHost(host: "www.harbour.example", kind: .gitLab, api: "https://www.harbour.example/labs/api/v4"),
        ForgeHost(host: "stash.harbour.example", kind: .bitbucketDataCenter),
        ForgeHost(host: "tfs.harbour.example", kind: .azureRepos),
    ])

    @Test(arguments: [
        ("https://github.com/harbour/ferry.git", ForgeKind.gitHub, "https://api.github.com", "harbour/ferry"),
        ("git@github.com:harbour/ferry.git#main:app", .gitHub, "https://api.github.com", "harbour/ferry"),
        ("github.com/harbour/ferry", .gitHub, "https://api.github.com", "harbour/ferry"),
        ("https://pilot:secret@github.com/harbour/ferry", .gitHub, "https://api.github.com", "harbour/ferry"),
        ("https://harbour.ghe.com/quay/ferry", .gitHub, "https://api.harbour.ghe.com", "quay/ferry"),
        ("https://code.harbour.example/quay/ferry", .gitHub, "https://code.harbour.example/api/v3", "quay/ferry"),
        ("https://gitlab.com/a/b/c/ferry.git", .gitLab, "https://gitlab.com/api/v4", "a/b/c/ferry"),
        ("ssh://git@altssh.gitlab.com:443/a/ferry.git", .gitLab, "https://gitlab.com/api/v4", "a/ferry"),
        ("https://labs.harbour.example/a/ferry", .gitLab, "https://api.harbour.example/v4", "a/ferry"),
        ("https://git.harbour.example:8443/tea/a/b", .gitea, "https://git.harbour.example:8443/tea/api/v1", "a/b"),
        ("https://www.harbour.example/labs/a/ferry", .gitLab, "https://www.harbour.example/labs/api/v4", "a/ferry"),
        ("git@www.harbour.example:a/ferry", .gitLab, "https://www.harbour.example/labs/api/v4", "a/ferry"),
        ("https://codeberg.org/harbour/ferry", .gitea, "https://codeberg.org/api/v1", "harbour/ferry"),
        ("https://gitea.com/harbour/ferry", .gitea, "https://gitea.com/api/v1", "harbour/ferry"),
        ("https://git.harbour.example:8443/a/ferry", .gitea, "https://git.harbour.example:8443/api/v1", "a/ferry"),
        ("ssh://git@git.harbour.example:2222/a/ferry", .gitea, "https://git.harbour.example:8443/api/v1", "a/ferry"),
        ("https://bitbucket.org/harbour/ferry.git", .bitbucket, "https://api.bitbucket.org/2.0", "harbour/ferry"),
        (
            "https://dev.azure.com/org/Quay%20Works/_git/ferry", .azureRepos, "https://dev.azure.com/org",
            "Quay Works/ferry"
        ),
        ("https://org@dev.azure.com/org/_git/ferry", .azureRepos, "https://dev.azure.com/org", "ferry/ferry"),
        (
            "https://org.visualstudio.com/DefaultCollection/quay/_git/ferry", .azureRepos, "https://dev.azure.com/org",
            "quay/ferry"
        ),
        ("git@ssh.dev.azure.com:v3/org/quay/ferry", .azureRepos, "https://dev.azure.com/org", "quay/ferry"),
        ("org@vs-ssh.visualstudio.com:v3/org/quay/ferry", .azureRepos, "https://dev.azure.com/org", "quay/ferry"),
        (
            "https://tfs.harbour.example/tfs/Main/quay/_git/ferry", .azureRepos, "https://tfs.harbour.example/tfs/Main",
            "quay/ferry"
        ),
        ("https://any.example/tfs/Main/_git/ferry", .azureRepos, "https://any.example/tfs/Main", "ferry/ferry"),
        (
            "https://any.example/git/scm/QUAY/ferry.git", .bitbucketDataCenter, "https://any.example/git/rest",
            "QUAY/ferry"
        ),
        (
            "https://stash.harbour.example/scm/~pilot/ferry.git", .bitbucketDataCenter,
            "https://stash.harbour.example/rest", "~pilot/ferry"
        ),
        (
            "ssh://git@stash.harbour.example:7999/quay/ferry.git", .bitbucketDataCenter,
            "https://stash.harbour.example/rest", "quay/ferry"
        ),
    ])
    func `a forge is known by the URL of a repository`(url: String, kind: ForgeKind, api: String, name: String) throws {
        let location = try #require(directory.location(of: url))

        #expect(location.kind == kind)
        #expect(location.api == api)
        #expect(location.name == name)
    }

    @Test(arguments: [
        "https://git.other.example/harbour/ferry.git", "https://git.harbour.example/a/ferry", "https://github.com/",
        "https://github.com/harbour", "ftp://github.com/a/b", "", "https://", "github.com", "https://github.com/a/..",
        "https://github.com:99999/a/b", "https://github.com/a/%2e%2e", "https://dev.azure.com/org/quay", "a b c",
        "https://github.com/a%2Fb/c", "https://gitlab.com/-/x", "http://code.harbour.example/a/b",
        "http://github.com/a/b",
    ])
    func `of anything else nothing is known`(url: String) {
        #expect(directory.location(of: url) == nil)
    }

    @Test func `S20 tokens go over plain http only where that is allowed`() {
        let hosts = [ForgeHost(host: "git.example:3000", kind: .gitea)]
        let url = "http://git.example:3000/a/b"

        #expect(ForgeDirectory(hosts).location(of: url) == nil)
        #expect(
            ForgeDirectory(hosts, plainOrigins: ["http://git.example:3000"]).location(of: url)?.api
                == "http://git.example:3000/api/v1")
    }

    @Test(arguments: [
        ("https://github.com/harbour/ferry", "git@github.com:Harbour/Ferry.git", ForgeKind?.none),
        ("https://github.com/harbour/ferry/tree/main", "ssh://git@ssh.github.com:443/harbour/ferry", nil),
        ("https://u:p@gitlab.com/a/b/c.git", "https://gitlab.com/A/b/c/-/tree/main", nil),
        ("https://org.visualstudio.com/quay/_git/ferry", "git@ssh.dev.azure.com:v3/ORG/quay/ferry", nil),
        ("https://dev.azure.com/org/ferry/_git/ferry", "https://dev.azure.com/org/_git/ferry", nil),
        ("https://x.example/scm/QUAY/ferry.git", "ssh://git@x.example:7999/quay/ferry.git", .bitbucketDataCenter),
        (
            "https://x.example/projects/QUAY/repos/ferry/browse", "https://x.example/scm/quay/ferry",
            .bitbucketDataCenter
        ),
        ("https://x.example:443/a/b", "https://X.example/a/b/", nil),
        ("https://x.example:8443/a/b", "git@x.example:a/b.git", nil),
        ("https://x.example/a/b", "https://x.example/A/b", .gitea),
    ])
    func `URLs of one repository are the same however they are written`(one: String, other: String, forge: ForgeKind?)
        throws
    {
        let first = try #require(RepositoryName(one, on: forge))
        let second = try #require(RepositoryName(other, on: forge))

        #expect(first.isSame(as: second))
        #expect(second.isSame(as: first))
    }

    @Test(arguments: [
        ("https://github.com/harbour/ferry", "https://github.com/harbour/ferries"),
        ("https://github.com/harbour/ferry", "https://gitlab.com/harbour/ferry"),
        ("https://x.example/a/b", "https://x.example/A/b"),
        ("https://x.example:1/a/b", "https://x.example:2/a/b"),
        ("https://gitlab.com/a/b", "https://gitlab.com/a/b/c"),
    ])
    func `URLs of two repositories are not the same`(one: String, other: String) throws {
        let first = try #require(RepositoryName(one))
        let second = try #require(RepositoryName(other))

        #expect(!first.isSame(as: second))
    }
}
