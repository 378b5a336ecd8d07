import Foundation
import Glibc
import TestSupport
import Testing

@testable import Contexts

struct ContextListingTests {
    private func entry(_ path: String, _ kind: ContextEntry.Kind = .file(size: 1), _ byte: UInt8 = 1) -> InMemoryEntry {
        InMemoryEntry(ContextEntry(path: EntryPath(path), kind: kind, mode: 0o644, modified: 5), bytes: [byte])
    }

    private func listing(_ entries: [InMemoryEntry]) throws -> ContextListing {
        try ContextListing(of: OtherWalk(walk: InMemoryWalk(entries)))
    }

    // MARK: Order

    @Test func `entries are sorted by segment, with the parents that are missing`() async throws {
        let names = ["a.txt", "a-b", "a/b", "a/B", "d/e/f", "a"]
        let listing = try listing(names.enumerated().map { entry($1, .file(size: 1), UInt8($0)) })

        #expect(listing.items.map(\.entry.path.text) == ["a", "a/B", "a/b", "a-b", "a.txt", "d", "d/e", "d/e/f"])
        #expect(listing.items.filter { $0.entry.kind == .directory }.map(\.entry.path.text) == ["d", "d/e"])
        #expect(try await listing.contents() == [0: [5], 1: [3], 2: [2], 3: [1], 4: [0], 7: [4]])
    }

    @Test func `of two entries with one name the last counts`() async throws {
        let listing = try listing([entry("x", .file(size: 1), 1), entry("x", .file(size: 1), 2)])

        #expect(listing.items.count == 1)
        #expect(try await listing.contents() == [0: [2]])
    }

    @Test func `a hard link that sorts before its target changes places with it`() async throws {
        let entries = [
            entry("m", .file(size: 1), 9), entry("a", .hardLink(target: EntryPath("m"))),
            entry("z", .hardLink(target: EntryPath("a"))),
        ]

        for listing in [try listing(entries), try ContextListing(of: InMemoryWalk(entries))] {
            #expect(
                listing.items.map(\.entry.kind) == [
                    .file(size: 1), .hardLink(target: EntryPath("a")), .hardLink(target: EntryPath("a")),
                ])
            #expect(Set(listing.items.map(\.contentID)).count == 1)
            #expect(try await listing.contents() == [0: [9]])
        }
    }

    // MARK: Kinds of contexts

    /// Every kind of context of one tree.
    private func withContexts(_ use: ([String: any ContextWalk]) async throws -> Void) async throws {
        try await GitFixture.run { fixture in
            let files = [
                "Dockerfile": "FROM scratch\n", ".dockerignore": "*.tmp\n", "a.txt": "text\n", "a/b": "below\n",
                "a-b": "", "dos.bat": "one\ntwo\n", "id.c": "$Id$\n",
                ".gitattributes": "* text=auto\n*.bat eol=crlf\n*.c ident\n", "gone.tmp": "ignored",
            ]
            try await fixture.makeRepository("app.git", files: files)
            try await fixture.git(["clone", "--quiet", "app.git", "checkout"], in: "")
            let git = try await fixture.prepare("app.git", includeGit: true)
            let checkout = fixture.repositories + "/checkout"
            symlink("a/b", checkout + "/link")
            link(checkout + "/a/b", checkout + "/a0")
            let folder = try FolderContext.prepare(checkout, dropsVersionControl: false)
            let bytes = try await packed(folder.upload)
            try await use([
                "git": git.included, "folder": folder.included,
                "upload": try ArchiveContext.prepare(archive(of: bytes), identifiesFiles: true).included,
                "other": OtherWalk(walk: folder.included),
            ])
        }
    }

    @Test func `a list has what a walk visits, and each content by its index`() async throws {
        try await withContexts { walks in
            for (name, walk) in walks {
                let visited = try ContextListing(of: OtherWalk(walk: walk))

                let listing = try ContextListing(of: walk)

                #expect(listing.items.map(\.entry) == visited.items.map(\.entry), "\(name)")
                let found = try await listing.contents()
                #expect(found == (try await visited.contents()), "\(name)")
                #expect(found.count == listing.files, "\(name)")
                #expect(Set(found.values).count > 5, "\(name)")
                for (index, bytes) in found {
                    #expect(listing.items[index].entry.kind == .file(size: Int64(bytes.count)), "\(name)")
                }
                let isIdentified = listing.items.allSatisfy {
                    switch $0.entry.kind {
                    case .file, .hardLink: $0.contentID != nil
                    default: true
                    }
                }
                #expect(isIdentified == ContextListing.identifiesFiles(of: walk), "\(name)")
                #expect(isIdentified == ["git", "upload"].contains(name), "\(name)")
            }
        }
    }

    @Test func `a git context is listed without its blobs`() async throws {
        try await GitFixture.run { fixture in
            try await fixture.makeRepository(
                "app.git", files: ["Dockerfile": "FROM scratch\n", "a": String((0..<20_000).flatMap { "\($0) " })])
            let context = try await fixture.prepare("app.git")
            for path in fixture.mirrors() {
                for name in listDirectory(path + "/objects/pack") where name.hasSuffix(".pack") {
                    let file = path + "/objects/pack/" + name
                    chmod(file, 0o600)
                    let handle = try #require(FileHandle(forUpdatingAtPath: file))
                    let end = try handle.seekToEnd()
                    try handle.seek(toOffset: end - 5000)
                    try handle.write(contentsOf: Data(count: 4900))
                }
            }

            let listing = try ContextListing(of: context.included)

            #expect(listing.items.map(\.entry.path.text) == ["Dockerfile", "a"])
            await #expect(throws: ContextError.self) { try await listing.contents() }
        }
    }

    @Test func `equal contents have one id, whatever their names, and others another`() throws {
        var tar = TarBuilder()
        tar.add("Dockerfile", content: "FROM scratch\n")
        tar.add("a", content: "same")
        tar.add("b", content: "same")
        tar.add("c", content: "diff")

        let listing = try ContextListing(
            of: try ArchiveContext.prepare(archive(of: tar.ended), identifiesFiles: true).included)

        let ids = listing.items.map(\.contentID)
        #expect(ids[1] == ids[2])
        #expect(Set(ids).count == 3)
        #expect(ids[0] == ContentID(of: Array("FROM scratch\n".utf8)))
    }

    @Test func `a file of a folder that became a link is not followed`() async throws {
        try await withTemporaryFolder { folder in
            try write("FROM scratch\n", to: folder + "/context/Dockerfile")
            try write("secret", to: folder + "/secret")
            let listing = try ContextListing(of: try FolderContext.prepare(folder + "/context").included)
            unlink(folder + "/context/Dockerfile")
            symlink("../secret", folder + "/context/Dockerfile")

            await #expect(throws: ContextError.self) { try await listing.contents() }
        }
    }
}

/// A walk that can't be listed but by making it.
struct OtherWalk: ContextWalk {
    let walk: any ContextWalk

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws { try walk.forEachEntry(visit) }
}

extension ContextListing {
    /// The contents of all files by their indexes, asked for from the last to the first.
    func contents() async throws -> [Int: [UInt8]] {
        try await BlockingExecutor.shared.run {
            let wanted = WantedFiles()
            var sizes: [Int: Int64] = [:]
            for (index, item) in items.enumerated() {
                if case .file(let size) = item.entry.kind { sizes[index] = size }
            }
            for index in sizes.keys.sorted(by: >) { wanted.add(index) }
            var found: [Int: [UInt8]] = [:]
            if sizes.isEmpty { wanted.finish() }
            try read(wanted) { index, content in
                found[index] = try readAll(content, size: sizes[index] ?? 0, path: items[index].entry.path)
                if found.count == sizes.count { wanted.finish() }
            }
            return found
        }
    }
}
