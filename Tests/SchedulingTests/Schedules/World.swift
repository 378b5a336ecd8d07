import AgentProtocol
import TaskModel

@testable import Scheduling

/// A server, agents and a network that all fail at random, on a clock of its own in milliseconds: one schedule, which follows from
/// its seed.
///
/// The server is the ``LeaseTable`` and a ``RunMachine`` for each run, used as the scheduler uses them; agents go by ``LeaseKeeper``.
struct World {
    /// An attempt at a run: what the world knows of it, whoever else does.
    struct Attempt {
        let run: Int
        let agent: Int
        let lease: String
        /// When the server heard of it last.
        var lastHeard: Int
        /// Of the agent's last good renewal, by when it was sent.
        var lastRenewal: Int
        var areStepsRunning = false
    }

    struct Broken: Error, CustomStringConvertible {
        let promise: String
        let seed: UInt64
        let time: Int
        let text: String

        var description: String { "\(promise) is broken in schedule \(seed) at \(time) ms: \(text)" }
    }

    let seed: UInt64
    let terms: LeaseTerms
    /// Of the lease.
    let period: Int
    let horizon: Int
    var random: Random
    var now = 0
    var timeline = Timeline()

    // The server, first what it has on its disk.
    var runs: [RunMachine] = []
    let retries: [Int]
    var table: LeaseTable
    var isServerUp = true
    var serverFrozenUntil = 0
    var databaseBackAt = 0
    /// Until when the server could not do its work last.
    var lastTrouble = 0

    var agents: [SimulatedAgent] = []
    var attempts: [Attempt] = []
    /// How often steps of each run began.
    var begun: [Int]
    var isHealed = false

    init(seed: UInt64) {
        var random = Random(seed: seed)
        self.seed = seed
        let hold = [0, 1, 2, 10][random.below(4)]
        period = 12_000
        terms = LeaseTerms(
            duration: .milliseconds(period), renewEvery: .milliseconds(period / 6), hold: .milliseconds(hold * period))
        table = LeaseTable(terms: terms)
        horizon = period * (2 + random.below(4))
        retries = (0..<(1 + random.below(3))).map { _ in random.percent(60) ? 0 : 1 + random.below(2) }
        runs = retries.map { RunMachine(retriesLeft: $0) }
        begun = retries.map { _ in 0 }
        agents = (0..<(1 + random.below(3))).map { _ in SimulatedAgent() }
        self.random = random
        timeline.add(.look, at: 0)
        for agent in agents.indices { timeline.add(.agentActs(agent, life: 0), at: self.random.below(2000)) }
        for _ in 0..<self.random.below(8) { timeline.add(.fault(makeFault()), at: self.random.below(horizon)) }
        for run in runs.indices where self.random.percent(30) {
            timeline.add(.cancel(run: run), at: self.random.below(horizon))
        }
    }

    private mutating func makeFault() -> Fault {
        // Around the times at which something is decided.
        let duration = period * [3, 6, 8, 9, 10, 11, 15, 30][random.below(8)] / 10
        let agent = random.below(agents.count)
        return switch random.below(8) {
        case 0, 1: .agentCrash(agent, duration)
        case 2: .agentFrozen(agent, duration)
        case 3, 4: .cut(agent, duration)
        case 5: .serverCrash(duration)
        case 6: .serverFrozen(duration)
        default: .databaseAway(duration)
        }
    }

    /// Goes through the schedule; at its end nothing fails any more, and all runs must come to an end.
    mutating func run() throws(Broken) {
        while runs.contains(where: { !$0.status.isTerminal }) {
            guard let (time, event) = timeline.next() else { throw broken("N1", "nothing happens any more") }
            now = max(now, time)
            if now > horizon { isHealed = true }
            if now > horizon + 40 * period { throw broken("N1", "a run does not end: \(runs)") }
            try apply(event)
        }
        for run in runs.indices where begun[run] > 1 + retries[run] { throw broken("D3", "run \(run)") }
    }

    private mutating func apply(_ event: Event) throws(Broken) {
        switch event {
        case .look:
            timeline.add(.look, at: max(now + 1000, serverFrozenUntil))
            guard now >= serverFrozenUntil else { return }
            if !isServerUp { restart() }
            try look()
        case .agentActs(let agent, let life):
            guard agents[agent].life == life else { return }
            if now < agents[agent].frozenUntil { return timeline.add(event, at: agents[agent].frozenUntil) }
            timeline.add(event, at: now + period / 12 + random.below(period / 12))
            try act(agent)
        case .request(let request, let agent, let life, let sent):
            if now < serverFrozenUntil { return timeline.add(event, at: serverFrozenUntil) }
            if isServerUp { try answer(request, of: agent, life: life, sent: sent) }
        case .reply(let reply, let agent, let life, let sent):
            guard agents[agent].life == life else { return }
            if now < agents[agent].frozenUntil { return timeline.add(event, at: agents[agent].frozenUntil) }
            try take(reply, agent, sent: sent)
        case .fault(let fault): if !isHealed { strike(fault) }
        case .cancel(let run):
            if now < serverFrozenUntil || !isServerUp { return timeline.add(event, at: now + 1000) }
            if try change(run, { $0.requestCancel() }) {
                table.requestStop(of: RunID(sequence: Int64(run)), .cancel)
            }
        }
    }

    private mutating func strike(_ fault: Fault) {
        switch fault {
        case .agentCrash(let agent, let duration):
            agents[agent].crash()
            timeline.add(.agentActs(agent, life: agents[agent].life), at: now + duration)
        case .agentFrozen(let agent, let duration): agents[agent].frozenUntil = now + duration
        case .cut(let agent, let duration): agents[agent].cutUntil = now + duration
        case .serverCrash(let duration):
            // What it had in memory is gone; it is back when it looks next.
            isServerUp = false
            freezeServer(duration)
        case .serverFrozen(let duration): freezeServer(duration)
        case .databaseAway(let duration):
            databaseBackAt = now + duration
            lastTrouble = max(lastTrouble, databaseBackAt)
        }
    }

    private mutating func freezeServer(_ duration: Int) {
        serverFrozenUntil = max(serverFrozenUntil, now + duration)
        lastTrouble = max(lastTrouble, serverFrozenUntil)
    }

    // MARK: The network

    /// Sends something that may be lost, come late, or twice.
    mutating func send(_ event: Event, agent: Int) {
        if !isHealed {
            if now < agents[agent].cutUntil || random.percent(8) { return }
            if random.percent(4) { timeline.add(event, at: now + delay()) }
        }
        timeline.add(event, at: now + delay())
    }

    private mutating func delay() -> Int {
        isHealed || random.percent(85) ? 1 + random.below(100) : random.below(period * 3 / 2)
    }

    // MARK: Checks

    /// Whether steps of an attempt run on its host: the watchdog there kills those that another agent could begin anew.
    func areStepsAlive(_ attempt: Int) -> Bool {
        let attempt = attempts[attempt]
        return attempt.areStepsRunning && now < attempt.lastRenewal + period * 17 / 18
    }

    /// Changes a run as the store does: nothing leaves a terminal status.
    mutating func change<Result>(_ run: Int, _ body: (inout RunMachine) -> Result) throws(Broken) -> Result {
        let before = runs[run]
        let result = body(&runs[run])
        if before.status.isTerminal, runs[run] != before { throw broken("D2", "\(before) became \(runs[run])") }
        if before.status != runs[run].status, !before.status.successors.contains(runs[run].status) {
            throw broken("D2", "\(before.status) became \(runs[run].status)")
        }
        return result
    }

    func broken(_ promise: String, _ text: String) -> Broken {
        Broken(promise: promise, seed: seed, time: now, text: text)
    }
}
