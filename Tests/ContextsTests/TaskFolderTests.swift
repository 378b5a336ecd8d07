import Foundation
import TestSupport
import Testing

@testable import Contexts

/// Folders of tasks, which need no Dockerfile, and folders by Docker's rules alone.
struct TaskFolderTests {
    private func paths(_ walk: any ContextWalk) throws -> [String] { try entries(of: walk).map(\.path.text) }

    @Test func `without a Dockerfile a folder is a context all the same, by the same rules`() throws {
        try withTemporaryFolder { folder in
            try write("*.log\nsteps\n!.hg/**\n.dockerignore\n", to: folder + "/.dockerignore")
            for path in ["task.yaml", "a.log", "steps/x", ".git/HEAD", ".hg/store", "sub/.git", "sub/f"] {
                try write("x", to: folder + "/" + path)
            }

            let context = try FolderContext.prepare(folder, dockerfile: .ifPresent)

            #expect(try paths(context.included) == [".hg", ".hg/store", "sub", "sub/f", "task.yaml"])
            #expect(try paths(context.upload) == [".dockerignore", ".hg", ".hg/store", "sub", "sub/f", "task.yaml"])
            #expect(context.dockerfilePath == "")
            #expect(context.uploadDockerfilePath == "")
            #expect(context.ignoreFile == ".dockerignore")
        }
    }

    @Test func `the version-control cases hold for such a folder`() throws {
        let cases = try ConformanceCases.load("vcs", as: TreeCases.self).cases
        // The ignore file of a Dockerfile goes with it.
        for item in cases where item.ignore_file != "Dockerfile.dockerignore" {
            try withTemporaryFolder { folder in
                for node in item.tree where node.path != "Dockerfile" { try node.make(in: folder) }

                let included = try entries(
                    of: FolderContext.prepare(folder, dockerfile: .ifPresent).included)

                let expected = (item.expect.included_local ?? item.expect.included).map(\.bytes)
                #expect(
                    Set(included.map(\.path.bytes)) == Set(expected).subtracting([Array("Dockerfile".utf8)]),
                    "\(item.id)")
            }
        }
    }

    @Test func `a Dockerfile that is there counts, with an ignore file of its own`() throws {
        try withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/Dockerfile")
            try write("a\nDockerfile*\n", to: folder + "/Dockerfile.dockerignore")
            try write("b\n", to: folder + "/.dockerignore")
            try write("x", to: folder + "/a")
            try write("x", to: folder + "/b")

            let context = try FolderContext.prepare(folder, dockerfile: .ifPresent)

            #expect(try paths(context.included) == [".dockerignore", "b"])
            #expect(context.dockerfilePath == "Dockerfile")
            #expect(context.carried.map(\.entry.path.text).sorted() == ["Dockerfile", "Dockerfile.dockerignore"])
        }
    }

    @Test func `by Docker's rules alone version-control files stay in`() throws {
        for item in try ConformanceCases.load("vcs", as: TreeCases.self).cases {
            try withTemporaryFolder { folder in
                for node in item.tree { try node.make(in: folder) }

                let context = try FolderContext.prepare(
                    folder, dockerfile: DockerfileChoice(path: item.dockerfile), dropsVersionControl: false)

                #expect(
                    Set(try entries(of: context.included).map(\.path.bytes)) == Set(item.expect.included.map(\.bytes)),
                    "\(item.id)")
            }
        }
    }
}
