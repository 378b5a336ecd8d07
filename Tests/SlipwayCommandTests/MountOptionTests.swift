import ArgumentParser
import Foundation
import ResourceAPI
import SSHKeys
import TaskModel
import TestSupport
import Testing

@testable import slipway

struct MountOptionTests {
    @Test(arguments: [
        ("id=a,src=f", SecretOption.Source.file("f")), ("id=a,source=f", .file("f")), ("src=f,id=a", .file("f")),
        ("id=a,type=file,src=f", .file("f")), ("ID=a,Src=f=g", .file("f=g")), ("id=a,env=SET", .variable("SET")),
        ("id=a,type=env,env=SET", .variable("SET")), ("id=a,type=env,src=SET", .variable("SET")),
        ("id=a", .file("a")), ("id=SET", .variable("SET")), ("id=SET,type=file", .file("SET")),
        ("id=SET,src=f", .file("f")), ("id=a,src=f,env=SET", .variable("SET")),
    ])
    func `a secret is read as docker reads it`(text: String, source: SecretOption.Source) throws {
        #expect(try SecretOption(text, environment: ["SET": "value"]).source == source)
    }

    @Test(arguments: ["", "a", "src=f", "id=", "id=a,what=b", "id=a,type=x", "id=a,src"])
    func `what is no secret is refused with how to write one`(text: String) {
        let problem = #expect(throws: MountProblem.invalidSecret(text)) { try SecretOption(text, environment: [:]) }
        #expect(problem?.description.contains("id=ID,src=FILE") == true)
    }

    @Test func `files and variables travel in Base64, and keys as they are`() async throws {
        try await withTemporaryFolder { folder in
            try Data([0, 1, 255]).write(to: URL(fileURLWithPath: folder + "/file"))
            for name in ["one", "two"] {
                try await ChildProcess.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", "\(folder)/\(name)"])
            }
            let options = try MountOptions.parse([
                "--secret", "id=file,src=\(folder)/file", "--secret", "id=variable,env=V",
                "--ssh", "default=\(folder)/one,~/two", "--ssh", "other=\(folder)/two",
            ])
            var request = DockerBuildRequest()

            try options.add(to: &request, environment: ["V": "value", "HOME": folder])

            #expect(request.secrets?.map(\.id) == ["file", "variable"])
            #expect(request.secrets?.map(\.value?.value) == ["AAH/", "dmFsdWU="])
            #expect(request.sshKeys?.map(\.id) == ["default", "default", "other"])
            let two = try String(contentsOfFile: folder + "/two", encoding: .utf8)
            #expect(request.sshKeys?.dropFirst().map(\.value?.value) == [two, two])
        }
    }

    @Test func `what can't be sent is refused before anything is`() async throws {
        try await withTemporaryFolder { folder in
            try await ChildProcess.run(
                ["ssh-keygen", "-q", "-N", "words", "-t", "ed25519", "-f", folder + "/locked"])
            func problem(_ words: String...) -> (any Error)? {
                var request = DockerBuildRequest()
                do {
                    try MountOptions.parse(words).add(to: &request, environment: ["HOME": folder])
                    return nil
                } catch {
                    return error
                }
            }

            #expect(problem("--ssh", "default") as? MountProblem == .agent("default"))
            #expect(problem("--ssh", "other=") as? MountProblem == .agent("other"))
            #expect("\(try #require(problem("--ssh", "x")))".contains("--ssh x=~/.ssh/id_ed25519"))
            let locked = folder + "/locked"
            #expect(problem("--ssh", "default=~/locked") as? MountProblem == .unusableKey(locked, .passphrase))
            #expect(
                problem("--ssh", "default=~/locked.pub") as? MountProblem == .unusableKey(locked + ".pub", .publicKey))
            #expect(problem("--ssh", "default=/no/such") is CommandError)
            #expect(problem("--secret", "id=a,src=/no/such") is CommandError)
            #expect(problem("--secret", "id=a,env=NOT_SET") as? MountProblem == .noVariable("NOT_SET", id: "a"))
            #expect(problem("--secret", "id=a,src=~/locked", "--secret", "id=a,src=~/locked") is InvalidRequest)
        }
    }

    @Test func `a socket of an agent is no key`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/agent"
            try await LoopbackServer.with(unixSocket: path, { _, _ in }) { _ in
                var request = DockerBuildRequest()
                #expect(throws: MountProblem.agent("default")) {
                    try MountOptions.parse(["--ssh", "default=\(path)"]).add(to: &request, environment: [:])
                }
            }
        }
    }
}
