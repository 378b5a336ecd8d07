import Foundation
import TaskModel

/// Files with the image names that runs have put on a daemon, one for each run: through them a process finds what one
/// that was killed has left.
struct NameLedger: Sendable {
    let directory: String

    /// Those that have names.
    var runs: [RunID] {
        // Unreadable: nothing is known of any.
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).compactMap { RunID($0) }
    }

    func names(of run: RunID) -> Set<String> {
        // There may be none.
        let text = (try? String(contentsOfFile: path(of: run), encoding: .utf8)) ?? ""
        return Set(text.split(separator: "\n").map(String.init))
    }

    /// - Throws: the file system's error; then the file is as it was.
    func add(_ names: some Collection<String>, to run: RunID) throws {
        let known = self.names(of: run)
        guard !known.isSuperset(of: names) else { return }
        try write(known.union(names), of: run)
    }

    /// Leaves a run those of its names for which this holds. Where that can't be written too many are there, which does
    /// no harm: they are looked for in vain.
    func keep(of run: RunID, where isKept: (String) -> Bool) {
        let kept = names(of: run).filter(isKept)
        if kept.isEmpty {
            try? FileManager.default.removeItem(atPath: path(of: run))
        } else {
            try? write(kept, of: run)
        }
    }

    private func write(_ names: Set<String>, of run: RunID) throws {
        let text = names.sorted().joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(of: run)), options: .atomic)
    }

    private func path(of run: RunID) -> String { directory + "/" + run.text }
}
