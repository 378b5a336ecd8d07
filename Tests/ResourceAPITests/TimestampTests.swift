import Foundation
import ResourceAPI
import Testing

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-21T22:23:24.1860180Z", 1_795_299_804.186018),
        ("2026-11-21T22:23:24.186018+00:00", 1_795_299_804.186018),
        ("2026-11-21t22:23:24z", 1_795_299_804), ("2026-11-22T00:23:24+02:00", 1_795_299_804),
        ("2026-11-21T20:53:24-01:30", 1_795_299_804),
        ("2024-02-29T00:00:00Z", 1_709_164_800), ("2000-02-29", 951_782_400), ("1969-12-31T23:59:59Z", -1),
        ("1900-03-01", -2_203_891_200),
        ("9999-12-31T23:59:59Z", 253_402_300_799), ("2016-12-31T23:59:60Z", 1_483_228_800),
    ])
    func `a time is read`(text: String, seconds: Double) throws {
        let time = try #require(Timestamp(text))

        #expect(abs(time.date.timeIntervalSince1970 - seconds) < 0.000001)
    }

    @Test(arguments: [
        "", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "1900-02-29", "2026-01-32", "2026-01-01T",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00Zx", "٢٠٢٦-01-01", "2026-1-1", " 2026-01-01",
    ])
    func `what is no time is none`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000000Z"), (1_795_299_804.186018, "2026-11-21T22:23:24.186018Z"),
        (1.9999999, "1970-01-01T00:00:02.000000Z"),
        (-0.25, "1969-12-31T23:59:59.750000Z"), (951_782_399.5, "2000-02-28T23:59:59.500000Z"),
        (1e30, "9999-12-31T23:59:59.000000Z"),
    ])
    func `a time is written with microseconds`(seconds: Double, text: String) {
        #expect(Timestamp(Date(timeIntervalSince1970: seconds)).description == text)
    }

    @Test func `tables show whole seconds`() {
        #expect(Timestamp(Date(timeIntervalSince1970: 1.9)).shortDescription == "1970-01-01T00:00:01Z")
    }

    @Test func `every day of four centuries is read back`() {
        for day in stride(from: -60_000, to: 90_000, by: 1) {
            let time = Timestamp(Date(timeIntervalSince1970: Double(day) * 86_400 + 0.5))
            guard Timestamp(time.description) == time else {
                Issue.record("day \(day) is \(time)")
                return
            }
        }
    }
}
