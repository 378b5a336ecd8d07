import TaskModel

/// The loss of an agent in words.
struct LossReport {
    let agent: String
    let cause: LostRuns.Cause
    let loss: RunLoss
    /// How often the run was handed out, this time included.
    let handOuts: Int

    /// What the run's record says; nil for one that waits again.
    var message: String? {
        switch loss {
        case .stopped(.cancel): nil
        case .stopped(.timeout): "its time was over, and \(what) before it had stopped it"
        case .waitsAgain: nil
        case .neverBegan: "no agent could start the run: it was handed out \(RunMachine.maxHandOuts) times"
        case .interrupted: "\(what) while the run was under way. Queue it again"
        }
    }

    /// A line at the end of what the agent sent of the log.
    var logLine: String {
        switch loss {
        case .stopped: "\(sentence); what it had not sent of this log is missing."
        case .waitsAgain(hadBegun: false): "\(sentence) before it had begun the run, which waits for another one."
        case .waitsAgain(hadBegun: true):
            "\(sentence); what it had not sent of this log is missing. The run begins anew, as was asked for (retryOnAgentLoss)."
        case .neverBegan: "\(sentence) before it had begun the run."
        case .interrupted: "\(sentence); what it had not sent of this log is missing."
        }
    }

    /// How much it had not sent, nobody can know.
    var logLoss: LogLoss? {
        switch loss {
        case .stopped, .waitsAgain(hadBegun: true), .interrupted: LogLoss(bytes: nil, reason: what)
        case .waitsAgain(hadBegun: false), .neverBegan: nil
        }
    }

    private var what: String {
        switch cause {
        case .silence(let duration): "agent \(agent) was lost (not heard of for \(duration.brief))"
        case .restart: "slipway-server was stopped, and its agent \(agent) with it,"
        }
    }

    private var sentence: String { what.prefix(1).uppercased() + what.dropFirst() }
}
