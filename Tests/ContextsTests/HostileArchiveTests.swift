import Foundation
import TestSupport
import Testing

@testable import Contexts

/// The archives of `Tests/Hostile/archives.json`, each with its verdict.
struct HostileArchiveTests {
    @Test func `the archives are there`() {
        #expect(HostileArchive.all.count > 100)
        #expect(Set(HostileArchive.all.map(\.name)).count == HostileArchive.all.count)
        #expect(HostileArchive.all.allSatisfy { ($0.accepted == nil) != ($0.refused == nil) })
    }

    @Test(arguments: HostileArchive.all)
    func `S6 S7 S8 S9 S24 a hostile archive is handled as its verdict says`(_ archive: HostileArchive) async throws {
        let bytes = try await archive.make()

        do {
            let found = try read(bytes, archive)
            guard let accepted = archive.accepted else {
                Issue.record("accepted: \(found.map { "\($0.entry.path)" })")
                return
            }
            #expect(found.map { shown($0) }.sorted() == accepted.map { shown($0) }.sorted())
        } catch let error as ContextError {
            #expect(archive.refused?.contains(error.code) == true, "\(error.code): \(error)")
            #expect(error.description.split(whereSeparator: \.isNewline).count == 1)
            if error.code == "entry-refused" || error.code == "bad-archive" {
                #expect(error.apiCode == "ArchiveEntryRefused")
            }
            if error.code == "too-large" { #expect(error.apiCode == "ContextTooLarge") }
            if error.code == "folder-outside" { #expect(error.apiCode == "ContextPathEscape") }
        }
    }

    /// libarchive takes what an earlier call left in `errno` for its own lack of memory, and then ends the process.
    @Test(arguments: HostileArchive.all)
    func `S24 an earlier lack of memory is not taken for one of the archive's`(_ archive: HostileArchive) async throws {
        let bytes = try await archive.make()

        do {
            try readNames(bytes, limits: archive.limits?.limits ?? ContextLimits())
        } catch is ContextError {}
    }

    private func readNames(_ bytes: [UInt8], limits: ContextLimits) throws {
        let reader = try ArchiveReader(archive(of: bytes, pieces: 65_536), limits: limits)
        repeat { errno = ENOMEM } while try reader.next() != nil
    }

    private struct Found {
        let entry: ContextEntry
        let bytes: [UInt8]
    }

    /// Reads an archive to its end, in walk order.
    private func read(_ bytes: [UInt8], _ member: HostileArchive) throws -> [Found] {
        let choice: DockerfileChoice = member.dockerfile.map { DockerfileChoice(path: $0) } ?? .bytes([])
        let context = try ArchiveContext.prepare(
            archive(of: bytes, pieces: 65_536), dockerfile: choice, limits: member.limits?.limits ?? ContextLimits())
        var result: [Found] = []
        try context.included.forEachEntry { entry, content in
            var bytes: [UInt8] = []
            if case .file(let size) = entry.kind, size <= 4096 {
                bytes = try readAll(content, size: size, path: entry.path)
            }
            result.append(Found(entry: entry, bytes: bytes))
        }
        return result.sorted { $0.entry.path < $1.entry.path }
    }

    /// A character for each byte, so that no two names look alike.
    private func latin1(_ bytes: [UInt8]) -> String { bytes.map { String(Unicode.Scalar($0)) }.joined() }

    private func shown(_ found: Found) -> String {
        let path = latin1(found.entry.path.bytes)
        switch found.entry.kind {
        case .file(let size) where size > 1000: return "\(path) file of \(size) bytes"
        case .file(let size): return "\(path) file \(size) \(found.bytes)"
        case .directory: return "\(path) directory"
        case .symbolicLink(let target): return "\(path) link \(target)"
        case .hardLink(let target): return "\(path) same \(target)"
        case .fifo: return "\(path) fifo"
        case .device: return "\(path) device"
        }
    }

    private func shown(_ item: HostileArchive.Accepted) -> String {
        let bytes = item.path_hex.map(HostileBytes.bytes(hex:)) ?? Array((item.path ?? "").utf8)
        let path = latin1(bytes)
        if let content = item.content { return "\(path) file \(content.utf8.count) \(Array(content.utf8))" }
        if let target = item.target { return "\(path) link \(Array(target.utf8))" }
        if let same = item.same { return "\(path) same \(same)" }
        if let type = item.type { return "\(path) \(type)" }
        return "\(path) directory"
    }
}
