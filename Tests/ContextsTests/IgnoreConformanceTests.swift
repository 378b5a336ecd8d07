import TestSupport
import Testing

@testable import Contexts

struct IgnoreConformanceTests {
    struct File: Decodable {
        struct Case: Decodable {
            let rules: [String]
            let path: String
            let excluded: Bool?
            let error: String?
        }

        let cases: [Case]
    }

    @Test func `random rules exclude what the reference excludes`() throws {
        let cases = try ConformanceCases.load("match-random", as: File.self).cases

        #expect(cases.count == 120)
        for item in cases {
            let bytes = Array(item.rules.joined(separator: "\n").utf8)
            if item.error != nil {
                #expect(throws: ContextError.self, "\(item)") { try DockerIgnore(bytes, file: "x") }
            } else {
                #expect(try DockerIgnore(bytes, file: "x").excludes(item.path) == item.excluded, "\(item)")
            }
        }
    }

    @Test func `rules are read as the reference reads them`() throws {
        for item in FolderConformanceTests.cases where item.expect.error == nil {
            guard let name = item.ignore_file, let file = item.tree.first(where: { $0.path == name }),
                let content = file.content.map({ Array($0.utf8) }) ?? file.content_b64.map({ Array($0) })
            else { continue }

            #expect(try DockerIgnore(content, file: "x").patterns == item.patterns, "\(item.id)")
        }
    }
}
