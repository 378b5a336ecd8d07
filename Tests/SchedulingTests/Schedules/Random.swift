/// Numbers that follow from a seed (SplitMix64), so that a schedule can be had again.
struct Random {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9e37_79b9_7f4a_7c15
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Below `limit`, which is above zero.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func percent(_ chance: Int) -> Bool { below(100) < chance }
}
