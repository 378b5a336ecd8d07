import Synchronization
import TaskModel

/// The image names that runs have put on a daemon, by building or by pulling with logins of their own: not for other
/// runs to find.
///
/// A name is due to be taken off once the last run that uses it has ended, and is guarded until it is off indeed.
final class RunNames: Sendable {
    fileprivate struct Name {
        /// With whether each has got it by itself, and so may take it as it is.
        var users: [RunAttempt: Bool] = [:]
        /// Whether a run has put it there. Any other is the daemon's own, and stays.
        var isMade = false
        /// The runs in whose files it stands.
        var noted: Set<RunID> = []

        var isDue: Bool { users.isEmpty && isMade }

        mutating func use(by attempt: RunAttempt) {
            if users[attempt] == nil { users[attempt] = false }
        }

        /// - Parameter isBuilt: then the run may take what nobody else has put there.
        mutating func make(by attempt: RunAttempt, isBuilt: Bool) {
            users[attempt] = users[attempt] == true || (isBuilt && !isMade)
            isMade = true
            noted.insert(attempt.run)
        }
    }

    private let ledger: NameLedger
    private let names = Mutex<[String: Name]>([:])

    init(ledger: NameLedger) {
        self.ledger = ledger
    }

    /// Notes names for the process after this one, if the run never gets to take them off.
    func note(_ names: some Collection<String>, of run: RunID) throws {
        try self.names.withLock { _ in try ledger.add(names, to: run) }
    }

    /// The run is about to give these to images of its own.
    func build(_ names: some Collection<String>, by attempt: RunAttempt) throws {
        try self.names.withLock { known in
            try ledger.add(names, to: attempt.run)
            for name in names { known[name, default: Name()].make(by: attempt, isBuilt: true) }
        }
    }

    /// No other run takes the name off from here on: to be called before one asks whether the daemon has it.
    func use(_ name: String, by attempt: RunAttempt) {
        names.withLock { $0[name, default: Name()].use(by: attempt) }
    }

    /// The run is about to pull what it uses.
    ///
    /// - Parameter isNew: whether the daemon has no such name, and the run a login for it. One that it has goes only if
    ///   a run has put it there.
    func pull(_ name: String, by attempt: RunAttempt, isNew: Bool) throws {
        try names.withLock { known in
            guard isNew || known[name]?.isMade == true else { return }
            try ledger.add([name], to: attempt.run)
            known[name, default: Name()].make(by: attempt, isBuilt: false)
        }
    }

    /// The run has built or pulled it.
    func get(_ name: String, by attempt: RunAttempt) {
        names.withLock { $0[name]?.users[attempt] = true }
    }

    /// Whether a run may take what the daemon has by this name without asking its registry.
    func mayTake(_ name: String, for attempt: RunAttempt) -> Bool {
        names.withLock { known in
            guard let name = known[name], name.isMade else { return true }
            return name.users[attempt] ?? false
        }
    }

    // MARK: Taking them off

    /// The run uses these no more.
    func leave(_ names: Set<String>, by attempt: RunAttempt) {
        self.names.withLock { known in
            for name in names { known.leave(name, by: attempt) }
        }
    }

    /// The run uses none any more.
    func end(_ attempt: RunAttempt) {
        names.withLock { known in
            for name in known.keys { known.leave(name, by: attempt) }
            ledger.keep(of: attempt.run) { known[$0]?.noted.contains(attempt.run) == true }
        }
    }

    /// Takes over what is noted of runs of an earlier process.
    ///
    /// - Parameter spared: those that go on, and use theirs.
    func takeOver(sparing spared: Set<RunAttempt>) {
        names.withLock { known in
            for run in ledger.runs {
                for name in ledger.names(of: run) {
                    known[name, default: Name()].isMade = true
                    known[name]?.noted.insert(run)
                    for attempt in spared where attempt.run == run { known[name]?.users[attempt] = true }
                }
            }
        }
    }

    /// The names that are to be taken off, each with a run that had it.
    ///
    /// - Parameter run: only those that this one had; nil for all.
    func due(of run: RunID? = nil) -> [(name: String, run: RunID)] {
        names.withLock { known in
            known.filter(\.value.isDue).compactMap { name, state in
                guard let one = run ?? state.noted.first, state.noted.contains(one) else { return nil }
                return (name, one)
            }
        }.sorted { $0.name < $1.name }
    }

    func isDue(_ name: String) -> Bool {
        names.withLock { $0[name]?.isDue ?? false }
    }

    /// The daemon has it no more; unless another run has begun to use it meanwhile nothing is left to guard.
    func noteRemoved(_ name: String) {
        names.withLock { known in
            guard let state = known[name], state.isDue else { return }
            known[name] = nil
            for run in state.noted { ledger.keep(of: run) { $0 != name } }
        }
    }
}

extension [String: RunNames.Name] {
    fileprivate mutating func leave(_ name: String, by attempt: RunAttempt) {
        guard var state = self[name], state.users.removeValue(forKey: attempt) != nil else { return }
        let others = Set(state.users.keys.map(\.run))
        // It stands in the files of those, too.
        if !others.contains(attempt.run), !others.isDisjoint(with: state.noted) { state.noted.remove(attempt.run) }
        self[name] = state.users.isEmpty && !state.isMade ? nil : state
    }
}
