import Contexts
import CurlHTTP
import Foundation
import TaskModel
import TestSupport
import Testing

@testable import slipway

/// How a user's own machine reaches sources.
struct LocalSourcesTests {
    private func reference(_ text: String) throws -> GitReference {
        guard case .git(let reference) = try ContextLocation(text) else { throw CocoaError(.featureUnsupported) }
        return reference
    }

    @Test func `what was fetched is in the user's cache, for the user alone`() throws {
        try withTemporaryFolder { folder in
            let own = try LocalSources.cacheFolder("git", environment: ["HOME": folder])
            let other = try LocalSources.cacheFolder(
                "git", environment: ["HOME": "/nowhere", "XDG_CACHE_HOME": folder + "/c"])
            let relative = try LocalSources.cacheFolder("git", environment: ["HOME": folder, "XDG_CACHE_HOME": "c"])

            #expect(own == folder + "/.cache/slipway/git")
            #expect(other == folder + "/c/slipway/git")
            #expect(relative == own)
            let mode = try FileManager.default.attributesOfItem(atPath: own)[.posixPermissions] as? Int
            #expect(mode == 0o700)
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:3000/a.git", "http://127.0.0.1:3000"), ("https://u@[::1]/a.git", "https://[::1]"),
        ("ssh://git@Host:2222/a.git", "ssh://host:2222"), ("git@host:a.git", "ssh://host"),
    ])
    func `only the server that was typed may be anywhere, and without TLS`(text: String, origin: String) throws {
        let access = try LocalSources.gitAccess(for: try reference(text), tokenFile: nil, environment: [:])

        let policy = try #require(access.client.configuration.addressPolicy)
        #expect(policy.allowedOrigins == [origin])
        #expect(policy.allowed.isEmpty)
    }

    @Test func `a token goes to the server of the reference, and to no other`() throws {
        try withTemporaryFolder { folder in
            try write("hunter2\n", to: folder + "/token")

            let access = try LocalSources.gitAccess(
                for: try reference("https://robot@git.example.com:8443/a.git"), tokenFile: folder + "/token",
                environment: [:])

            #expect(Set(access.credentials.keys) == ["git.example.com:8443"])
            #expect(access.credentials["git.example.com:8443"]?.username == "robot")
            #expect(access.credentials["git.example.com:8443"]?.password.value == "hunter2")
            #expect(throws: CommandError.tokenWithoutHTTP("git@host:a.git")) {
                try LocalSources.gitAccess(
                    for: try reference("git@host:a.git"), tokenFile: folder + "/token", environment: [:])
            }
        }
    }

    @Test func `for ssh the user's key and known hosts are read`() throws {
        try withTemporaryFolder { folder in
            try write("rsa", to: folder + "/.ssh/id_rsa")
            try write("ed", to: folder + "/.ssh/id_ed25519")
            try write("host ssh-ed25519 AAAA", to: folder + "/.ssh/known_hosts")
            let environment = ["HOME": folder]

            let ssh = try LocalSources.gitAccess(
                for: try reference("git@host:a.git"), tokenFile: nil, environment: environment)
            let https = try LocalSources.gitAccess(
                for: try reference("https://host/a.git"), tokenFile: nil, environment: environment)

            #expect(ssh.sshKey?.value == "ed")
            #expect(ssh.knownHosts.contains("host ssh-ed25519 AAAA"))
            #expect(https.sshKey == nil)
        }
    }
}
