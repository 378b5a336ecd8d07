import TaskModel

/// Where a queued run stands, for people.
struct QueuePlace {
    let pool: PoolID
    /// Runs in front of it.
    let position: Int
    /// How many runs the pool carries out at once; nil for a pool that is no more.
    let slots: Int?

    /// What the run waits for.
    var reason: String {
        if let obstacle { return obstacle }
        return position == 0
            ? "next in pool \(pool.name); \(busySlots)"
            : "\(Self.count(position, "run")) in front of it in pool \(pool.name), which has \(Self.count(slots ?? 0, "slot"))"
    }

    /// `2nd in pool p1`, or what keeps the run from ever starting.
    var brief: String {
        obstacle ?? "\(Self.ordinal(position + 1)) in pool \(pool.name)"
    }

    /// Why the run can't start whatever the others do, and what to do; nil if it can.
    var obstacle: String? {
        switch (slots, pool.registry) {
        case (nil, nil):
            "pool \(pool.name) is not configured any more: cancel the run, or configure the pool again"
        case (nil, _?):
            "pool \(pool.name) was deleted: cancel the run, or make the pool again "
                + "('slipway pool create -n \(pool.name)')"
        case (0, _):
            "pool \(pool.name) has no agents (count 0): give it some ('slipway pool update -n \(pool.name) --count 1'), "
                + "or cancel the run"
        default: nil
        }
    }

    private var busySlots: String { slots == 1 ? "its slot is busy" : "its \(slots ?? 0) slots are busy" }

    private static func count(_ number: Int, _ thing: String) -> String {
        "\(number) \(thing)\(number == 1 ? "" : "s")"
    }

    static func ordinal(_ number: Int) -> String {
        switch (number % 10, number % 100) {
        case (_, 11...13): "\(number)th"
        case (1, _): "\(number)st"
        case (2, _): "\(number)nd"
        case (3, _): "\(number)rd"
        default: "\(number)th"
        }
    }
}
