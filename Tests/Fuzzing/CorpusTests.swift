import Foundation
import Testing

struct CorpusTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "corpus")

    @Test(arguments: FuzzTarget.allCases)
    func `S24 every kept input is read without a problem`(_ target: FuzzTarget) throws {
        let folder = Self.folder.appending(path: target.rawValue)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())

        #expect(names.count >= 10)
        for name in names {
            let input = Array(try Data(contentsOf: folder.appending(path: name)))
            #expect(target.problem(with: input) == nil, "\(name)")
        }
    }
}
