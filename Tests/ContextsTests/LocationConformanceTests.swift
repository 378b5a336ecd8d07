import TaskModel
import TestSupport
import Testing

@testable import Contexts

struct LocationConformanceTests {
    static let cases = (try? ConformanceCases.load("refs", as: ReferenceCases.self).cases) ?? []

    @Test func `the cases are there`() {
        #expect(Self.cases.count == 73)
    }

    @Test(arguments: cases)
    func `a reference is read as the case says`(_ item: ReferenceCases.Case) throws {
        func read() throws -> ContextLocation {
            try ContextLocation(item.input) { $0 == "." ? .folder("/somewhere") : nil }
        }

        guard item.expect.kind != "error" else {
            let error = #expect(throws: ContextError.self) { try read() }
            #expect(error?.code == item.expect.reason)
            return
        }
        let location = try read()

        if let secret = item.expect.secret { #expect(!location.redacted.contains(secret)) }
        switch location {
        case .git(let reference):
            #expect(item.expect.kind == "git")
            #expect(reference.written.value == item.expect.remote)
            #expect(reference.ref == item.expect.ref)
            #expect(reference.subdir == item.expect.subdir)
        case .folder: #expect(item.expect.kind == "local")
        case .download: #expect(item.expect.kind == "http")
        case .artifact: #expect(item.expect.kind == "oci")
        case .none: #expect(item.expect.kind == "null")
        case .standardInput: #expect(item.expect.kind == "stdin")
        }
    }
}
