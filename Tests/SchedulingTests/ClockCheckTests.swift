import Foundation
import Testing

@testable import Scheduling

struct ClockCheckTests {
    private struct Away: Error {}

    @Test func `F8 times are mended at first, and when the clock was put back, until it has worked`() async throws {
        let check = ClockCheck()
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        var mended: [Double] = []
        func look(_ time: Double, fails: Bool = false) async throws {
            try await check.look(at: now + time) {
                if fails { throw Away() }
                mended.append(time)
            }
        }

        await #expect(throws: Away.self) { try await look(0, fails: true) }
        for time in [1.0, 2, 100, 99.5] { try await look(time) }
        await #expect(throws: Away.self) { try await look(50, fails: true) }
        for time in [51.0, 52] { try await look(time) }

        #expect(mended == [1, 51])
    }
}
