import AgentProtocol
import TaskModel

/// What agents and the server of a schedule say to each other, and what else happens at a time.
enum Event {
    case look
    case agentActs(Int, life: Int)
    case request(Request, from: Int, life: Int, sent: Int)
    case reply(Reply, to: Int, life: Int, sent: Int)
    case fault(Fault)
    case cancel(run: Int)
}

enum Request {
    case next
    case renew(attempt: Int)
    case begin(attempt: Int)
    case grant(attempt: Int)
    case finish(attempt: Int, RunStatus)
}

enum Reply {
    case assigned(attempt: Int)
    case renewed(attempt: Int, RunStanding)
    case begun(attempt: Int, isAccepted: Bool)
    case granted(attempt: Int, Int)
    case refused(attempt: Int)
    case finished(attempt: Int)
}

enum Fault {
    /// For so many milliseconds.
    case agentCrash(Int, Int)
    case agentFrozen(Int, Int)
    case cut(Int, Int)
    case serverCrash(Int)
    case serverFrozen(Int)
    case databaseAway(Int)
}

/// What is to come, by time.
struct Timeline {
    private struct Entry {
        let time: Int
        let order: Int
        let event: Event
    }

    private var heap: [Entry] = []
    private var count = 0

    mutating func add(_ event: Event, at time: Int) {
        count += 1
        heap.append(Entry(time: time, order: count, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: Int, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.time, first.event) }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, isBefore(child + 1, child) { child += 1 }
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return (first.time, first.event)
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        heap[a].time != heap[b].time ? heap[a].time < heap[b].time : heap[a].order < heap[b].order
    }
}
