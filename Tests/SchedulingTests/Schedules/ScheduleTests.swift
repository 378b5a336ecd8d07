import Foundation
import Testing

/// Schedules of a server, agents and a network that fail: D2, D3, D4, M1 to M5, T5, T6, F5, N1, N4 and N6 hold in all of them.
///
/// A failure names its seed: `SLIPWAY_SCHEDULE=SEED` goes through that one alone. `SLIPWAY_SCHEDULES=N` asks for another number.
struct ScheduleTests {
    private static let variables = ProcessInfo.processInfo.environment

    private static var seeds: Range<UInt64> {
        if let seed = variables["SLIPWAY_SCHEDULE"].flatMap(UInt64.init) { return seed..<(seed + 1) }
        return 1..<((variables["SLIPWAY_SCHEDULES"].flatMap(UInt64.init) ?? 10_000) + 1)
    }

    @Test func `D2 D3 D4 M1 M2 M3 M4 M5 T5 T6 F5 N4 N6 hold whatever fails when`() async throws {
        let parts = 8
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<parts {
                group.addTask {
                    for seed in Self.seeds where Int(seed) % parts == part {
                        var world = World(seed: seed)
                        try world.run()
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
