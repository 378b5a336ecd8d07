/// The contents of a walk that has no other way to them than to be made again.
struct WalkContents: ListedContents {
    private struct AllGiven: Error {}

    private let walk: any ContextWalk
    /// By the number of a visit, the file whose content it has; -1 for none.
    private let files: [Int32]

    /// - Parameters:
    ///   - visits: for each item, the number of its visit.
    ///   - count: of the visits.
    init(_ walk: any ContextWalk, visits: [Int32], count: Int) {
        self.walk = walk
        var files = [Int32](repeating: -1, count: count)
        for (index, visit) in visits.enumerated() where visit >= 0 { files[Int(visit)] = Int32(index) }
        self.files = files
    }

    func read(_ wanted: WantedFiles, _ visit: (Int, any EntryContent) throws -> Void) throws {
        while true {
            wanted.waitForAny()
            try Task.checkCancellation()
            if wanted.isFinished { return }
            do {
                try readOnce(wanted, visit)
            } catch is AllGiven {}
        }
    }

    /// Walks once. What is asked for after its visit is left for the next time.
    private func readOnce(_ wanted: WantedFiles, _ visit: (Int, any EntryContent) throws -> Void) throws {
        var number = 0
        var isPatient = true
        try walk.forEachEntry { _, content in
            defer { number += 1 }
            guard number < files.count, files[number] >= 0 else { return }
            let index = Int(files[number])
            if wanted.take(index, isPatient: &isPatient) { try visit(index, content) }
            if wanted.isFinished || (!isPatient && wanted.isEmpty) { throw AllGiven() }
        }
    }
}
