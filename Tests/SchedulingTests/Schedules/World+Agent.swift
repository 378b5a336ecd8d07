import AgentProtocol
import TaskModel

/// An agent of a schedule, with one slot.
struct SimulatedAgent {
    struct Job {
        let attempt: Int
        var keeper: LeaseKeeper
        var stepsLeft: Int
        /// What it tells as its end; nil while the run goes on.
        var end: RunStatus?
        var lastRenewal: Int
        var mayPushUntil = 0
        var pushes: Int
    }

    /// Which start of its process this is.
    var life = 0
    var frozenUntil = 0
    var cutUntil = 0
    var job: Job?
    var lastQuestion = -10_000
    /// Attempts that its journal has, and that it has not ended.
    var journal: [Int] = []

    mutating func crash() {
        life += 1
        frozenUntil = 0
        job = nil
    }
}

extension World {
    private var clock: Duration { .milliseconds(now) }

    /// What an agent does every now and then.
    mutating func act(_ agent: Int) throws(Broken) {
        if agents[agent].job == nil {
            try cleanUp(agent)
            if agents[agent].journal.isEmpty { ask(.next, agent) }
            return
        }
        guard let job = try checked(agent) else { return }
        if now - job.lastRenewal >= period / 6 {
            agents[agent].job?.lastRenewal = now
            ask(.renew(attempt: job.attempt), agent)
        }
        if let end = job.end { return ask(.finish(attempt: job.attempt, end), agent) }
        guard job.keeper.hasBegun else { return ask(.begin(attempt: job.attempt), agent) }
        if job.pushes > 0, try push(job, agent) { return }
        agents[agent].job?.stepsLeft -= 1
        if job.stepsLeft <= 1 { end(agent, as: random.percent(70) ? .succeeded : .failed) }
    }

    /// The job, unless its lease is to be given up by the agent's own clock.
    private mutating func checked(_ agent: Int) throws(Broken) -> SimulatedAgent.Job? {
        guard let job = agents[agent].job else { return nil }
        guard job.keeper.verdict(at: clock) != .givenUp else {
            drop(agent)
            return nil
        }
        return job
    }

    /// - Returns: whether it pushed, or waits for permission to.
    private mutating func push(_ job: SimulatedAgent.Job, _ agent: Int) throws(Broken) -> Bool {
        guard job.keeper.verdict(at: clock) == .held else { return true }
        guard now < job.mayPushUntil else {
            ask(.grant(attempt: job.attempt), agent)
            return true
        }
        let run = runs[attempts[job.attempt].run]
        guard run.status == .running, run.lease == attempts[job.attempt].lease else {
            throw broken("N4", "attempt \(job.attempt) pushed for \(run)")
        }
        agents[agent].job?.pushes -= 1
        return false
    }

    private mutating func ask(_ request: Request, _ agent: Int) {
        if case .next = request {
            guard now - agents[agent].lastQuestion >= period / 6 else { return }
            agents[agent].lastQuestion = now
        }
        send(.request(request, from: agent, life: agents[agent].life, sent: now), agent: agent)
    }

    mutating func take(_ reply: Reply, _ agent: Int, sent: Int) throws(Broken) {
        if case .assigned(let attempt) = reply { return accept(attempt, agent, sent: sent) }
        if case .finished(let attempt) = reply {
            agents[agent].journal.removeAll { $0 == attempt }
            if agents[agent].job?.attempt == attempt { agents[agent].job = nil }
            return
        }
        guard let job = try checked(agent) else { return }
        switch reply {
        case .renewed(job.attempt, let standing):
            switch standing {
            case .lost: return drop(agent)
            case .stopping(let reason): end(agent, as: reason.status)
            case .held: break
            }
            agents[agent].job?.keeper.renew(sentAt: .milliseconds(sent))
            attempts[job.attempt].lastRenewal = max(attempts[job.attempt].lastRenewal, sent)
        case .begun(job.attempt, true): try begin(job, agent)
        case .begun(job.attempt, false): drop(agent)
        case .granted(job.attempt, let duration):
            agents[agent].job?.mayPushUntil = max(job.mayPushUntil, sent + duration * 5 / 6)
        case .refused(job.attempt): agents[agent].job?.pushes = 0
        default: break  // of a job that is over
        }
    }

    private mutating func accept(_ attempt: Int, _ agent: Int, sent: Int) {
        guard agents[agent].job == nil, !agents[agent].journal.contains(attempt) else { return }
        let retries = retries[attempts[attempt].run]
        agents[agent].journal.append(attempt)
        attempts[attempt].lastRenewal = sent
        agents[agent].job = SimulatedAgent.Job(
            attempt: attempt,
            keeper: LeaseKeeper(terms, isRepeatable: retries > 0, at: .milliseconds(sent)),
            stepsLeft: 1 + random.below(12), lastRenewal: sent, pushes: random.below(3))
    }

    private mutating func begin(_ job: SimulatedAgent.Job, _ agent: Int) throws(Broken) {
        guard !job.keeper.hasBegun, job.end == nil else { return }
        agents[agent].job?.keeper.begin()
        let run = attempts[job.attempt].run
        if retries[run] > 0,
            let other = attempts.indices.first(where: {
                $0 != job.attempt && attempts[$0].run == run && areStepsAlive($0)
            })
        {
            throw broken("T6", "steps of attempts \(other) and \(job.attempt) run at once")
        }
        attempts[job.attempt].areStepsRunning = true
        begun[run] += 1
        if begun[run] > 1 + retries[run] {
            throw broken("D3", "steps of run \(run) begin for the \(begun[run])th time")
        }
    }

    private mutating func end(_ agent: Int, as status: RunStatus) {
        guard let job = agents[agent].job, job.end == nil else { return }
        agents[agent].job?.end = status
        attempts[job.attempt].areStepsRunning = false
    }

    /// Kills all of a run and says nothing more of it.
    private mutating func drop(_ agent: Int) {
        guard let job = agents[agent].job else { return }
        attempts[job.attempt].areStepsRunning = false
        agents[agent].journal.removeAll { $0 == job.attempt }
        agents[agent].job = nil
    }

    /// Ends what an earlier life of the agent left.
    private mutating func cleanUp(_ agent: Int) throws(Broken) {
        for attempt in agents[agent].journal {
            attempts[attempt].areStepsRunning = false
            ask(.finish(attempt: attempt, .error), agent)
        }
    }
}
