import ResourceAPI
import TaskModel

/// What the builds of a run stood on: a line for each image, and below what to know of it.
struct BaseImageTable {
    static let columns = ["BASE IMAGE", "DIGEST", "USE", "IN REGISTRY"]

    private let bases: [BaseImageProperties]
    private let hasManySteps: Bool

    init(_ bases: [BaseImageProperties]) {
        self.bases = bases
        hasManySteps = Set(bases.map(\.step)).count > 1
    }

    func text(isColored: Bool = false) -> String {
        let rows = bases.map { base in [name(of: base), base.digest ?? "none known", use(of: base), state(of: base)] }
        let table = TextTable(columns: Self.columns, rows: rows).text(isColored: isColored)
        let notes = bases.compactMap(note)
        return table + (notes.isEmpty ? "" : "\n") + notes.map { $0 + "\n" }.joined()
    }

    private func name(of base: BaseImageProperties) -> String {
        let name = [base.registry, base.repository].compactMap(\.self).joined(separator: "/")
        return name + (base.tag.map { ":" + $0 } ?? "")
    }

    private func use(of base: BaseImageProperties) -> String {
        let words = [base.use, base.platform, hasManySteps ? base.step.map { "in " + $0 } : nil]
        return words.compactMap(\.self).joined(separator: " ")
    }

    private func state(of base: BaseImageProperties) -> String {
        switch base.isMoved {
        case true?: "moved since"
        case false?: "the same"
        case nil where base.problem != nil: "not known"
        case nil: base.digestSource == BaseImageRecord.Source.registry.rawValue ? "told by it" : ""
        }
    }

    private func note(_ base: BaseImageProperties) -> String? {
        if base.isMoved == true, let digest = base.registryDigest {
            return "\(name(of: base)) is now \(digest)".escapedForDisplay
        }
        return base.problem.map { "\(name(of: base)): \($0)".escapedForDisplay }
    }
}
