import CurlHTTP
import Foundation
import TestSupport
import Testing

@testable import Contexts

/// The repositories of `Tests/Hostile/repositories.json`, each with its verdict, served by `git http-backend`.
struct HostileRepositoryTests {
    @Test func `the repositories are there`() {
        #expect(HostileRepository.all.count > 70)
        #expect(Set(HostileRepository.all.map(\.name)).count == HostileRepository.all.count)
        #expect(HostileRepository.all.allSatisfy { ($0.accepted == nil) != ($0.refused == nil) })
    }

    @Test(arguments: HostileRepository.all)
    func `S1 S2 S3 S6 S8 S9 a hostile repository is handled as its verdict says`(_ member: HostileRepository)
        async throws
    {
        let listener = try LoopbackServer { _, _ in }
        defer { listener.stop() }
        try await GitFixture.run { fixture in
            let places = HostileRepository.Places(
                port: listener.port, canary: fixture.folder + "/canary", hooks: fixture.folder + "/hooks")
            try write("#!/bin/sh\ntouch \(places.canary)\n", to: places.hooks + "/post-checkout")
            try write("[core]\n\tfsmonitor = touch \(places.canary)\n", to: places.hooks + "/config")
            try await member.make(in: fixture, places)
            let before = Set(try FileManager.default.contentsOfDirectory(atPath: fixture.folder))
            let access = fixture.access(limits: member.limits?.limits ?? ContextLimits())
            let name = member.reference.map { $0.isEmpty ? "app.git" : "app.git#" + places.fill($0) } ?? "app.git#main"

            do {
                let context = try await fixture.prepare(name, access: access)
                let found = try read(context.included)
                if let accepted = member.accepted {
                    #expect(found.map(\.path) == accepted.map { $0.path ?? "" })
                    for (entry, expected) in zip(found, accepted) {
                        if let content = expected.content { #expect(entry.text == content, "\(entry.path)") }
                        if let target = expected.target { #expect(entry.text == "-> " + target, "\(entry.path)") }
                    }
                } else {
                    Issue.record("accepted: \(found.map(\.path))")
                }
            } catch let error as ContextError {
                #expect(member.refused?.contains(error.code) == true, "\(error.code): \(error)")
                if let code = member.apiCode { #expect(error.apiCode == code, "\(error)") }
            }

            #expect(!FileManager.default.fileExists(atPath: places.canary), "something was run")
            #expect(listener.requests.isEmpty && listener.connections == 0, "something was connected to")
            let after = Set(try FileManager.default.contentsOfDirectory(atPath: fixture.folder))
            #expect(after.subtracting(before).subtracting(["pool"]).isEmpty, "something was written outside")
        }
    }

    private func read(_ walk: any ContextWalk) throws -> [(path: String, text: String)] {
        var result: [(path: String, text: String)] = []
        try walk.forEachEntry { entry, content in
            switch entry.kind {
            case .file(let size):
                let bytes = try readAll(content, size: size, path: entry.path)
                result.append((entry.path.text, String(decoding: bytes, as: UTF8.self)))
            case .symbolicLink(let target):
                result.append((entry.path.text, "-> " + String(decoding: target, as: UTF8.self)))
            default: result.append((entry.path.text, ""))
            }
        }
        return result
    }
}
