import Foundation
public import TestSupport
public import Testing

@testable import Contexts

struct FolderConformanceTests {
    static let cases: [TreeCase] = ConformanceCases.folderThemes.flatMap { name in
        (try? ConformanceCases.load(name, as: TreeCases.self).cases) ?? []
    }

    @Test func `the cases are there`() {
        #expect(Self.cases.count == 222)
    }

    @Test(arguments: cases)
    func `a folder holds what the case says`(_ item: TreeCase) throws {
        try withTemporaryFolder { folder in
            for node in item.tree { try node.make(in: folder) }

            guard item.expect.error == nil else {
                let error = #expect(throws: ContextError.self) {
                    try FolderContext.prepare(folder, dockerfile: DockerfileChoice(path: item.dockerfile))
                }
                #expect(error?.code == item.expect.error)
                return
            }
            let context = try FolderContext.prepare(folder, dockerfile: DockerfileChoice(path: item.dockerfile))
            let included = try entries(of: context.included)
            let uploaded = try entries(of: context.upload)

            let expected = item.expect.included_local ?? item.expect.included
            #expect(Set(included.map(\.path.bytes)) == Set(expected.map(\.bytes)))
            let carried = item.expect.carried_local ?? item.expect.carried ?? []
            #expect(
                Set(uploaded.map(\.path.bytes)).subtracting(included.map(\.path.bytes)) == Set(carried.map(\.bytes)))
            #expect(context.dockerfilePath == item.expect.dockerfile_path)
            #expect(context.ignoreFile == item.ignore_file)
            #expect(included == included.sorted { $0.path < $1.path })
            compare(included, with: item.expect.entries ?? [])
        }
    }

    private func compare(_ entries: [ContextEntry], with expected: [TreeCase.Expectation.Entry]) {
        let found = Dictionary(uniqueKeysWithValues: entries.map { ($0.path.bytes, $0) })
        for wanted in expected {
            guard let entry = found[wanted.path.bytes] else { continue }
            let type: String
            var size: Int64?
            switch entry.kind {
            case .file(let bytes): (type, size) = ("file", bytes)
            case .directory: type = "dir"
            case .symbolicLink(let target):
                type = "symlink"
                #expect(wanted.target.map { $0.bytes == target } != false)
            case .hardLink(let target):
                type = "hardlink"
                #expect(wanted.target.map { $0.bytes == target.bytes } != false)
            case .fifo: type = "fifo"
            case .device(let isCharacter, _, _): type = isCharacter ? "char" : "block"
            }
            #expect(type == wanted.type, "\(entry.path)")
            if let expectedSize = wanted.size, size != nil { #expect(size == expectedSize, "\(entry.path)") }
            if type != "symlink" { #expect(entry.mode == UInt16(wanted.mode, radix: 8), "\(entry.path)") }
        }
    }
}

extension TreeCase: CustomTestStringConvertible {
    public var testDescription: String { "\(id): \(title)" }
}

func entries(of walk: any ContextWalk) throws -> [ContextEntry] {
    var result: [ContextEntry] = []
    try walk.forEachEntry { entry, _ in result.append(entry) }
    return result
}
