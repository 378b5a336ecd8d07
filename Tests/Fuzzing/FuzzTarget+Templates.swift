import Foundation
import TaskFiles

/// Renders a template twice, with values of all types.
func templateProblem(_ input: [UInt8]) -> String? {
    let text = String(decoding: input, as: UTF8.self)
    let run = RunVariables(
        id: "ca1", registry: "registry.example.com", date: Date(timeIntervalSince1970: 0), commit: "0123abc",
        branch: "main")
    let data = TemplateData(
        run: run,
        values: [
            "s": .string("text"), "n": .int(7), "f": .double(1.5), "b": .bool(true), "z": .null,
            "l": .list([.string("a"), .int(3)]), "m": .map(["k": .string("v"), "d": .map(["x": .int(.min)])]),
        ],
        secrets: ["pw": "s3cr3t"])
    do throws(TemplateError) {
        let result = try Template.render(text, with: data)
        // The clock and chance may differ.
        let isSteady = !["now", "rand", "shuffle", "uuid", "ago", "date", "Date"].contains { text.contains($0) }
        if isSteady, try Template.render(text, with: data) != result { return "a second rendering differs" }
        return result.utf8.count <= 3 * (4 << 20) ? nil : "it is larger than it may be"
    } catch {
        switch error {
        case .syntax(_, let offset?, _), .evaluation(_, let offset?, _), .unsupported(_, let offset?, _):
            return (0...text.utf8.count).contains(offset) ? nil : "\(error) is outside of the template"
        default: return nil
        }
    }
}
