import Foundation
import TaskModel
import Testing

struct CronScheduleNextTests {
    private func date(_ text: String) throws -> Date {
        try Date(text, strategy: .iso8601)
    }

    @Test(arguments: [
        ("* * * * *", "2026-11-26T17:20:00Z", "2026-11-26T17:21:00Z"),
        ("* * * * *", "2026-11-26T17:20:59Z", "2026-11-26T17:21:00Z"),
        ("*/15 * * * *", "2026-11-26T17:45:00Z", "2026-11-26T18:00:00Z"),
        ("0 21 * * *", "2026-11-26T21:00:00Z", "2026-11-27T21:00:00Z"),
        ("30 9 * * mon-fri", "2026-11-27T09:30:00Z", "2026-11-30T09:30:00Z"),
        ("0 0 1 jan *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("59 23 31 12 *", "2026-11-26T00:00:00Z", "2026-12-31T23:59:00Z"),
        ("0 0 29 2 *", "2026-11-26T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
    ])
    func `the next minute that fits comes next`(schedule: String, after: String, next: String) throws {
        #expect(try CronSchedule(schedule).next(after: date(after)) == date(next))
    }

    @Test func `day of month and day of week must both fit`() throws {
        let next = try CronSchedule("0 12 13 * fri").next(after: date("2026-11-26T00:00:00Z"))

        #expect(try next == date("2027-08-13T12:00:00Z"))
    }

    @Test(arguments: ["0 0 30 2 *", "0 0 31 4,6,9,11 *"])
    func `what never comes has no next time`(schedule: String) throws {
        #expect(try CronSchedule(schedule).next(after: date("2026-11-26T00:00:00Z")) == nil)
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        #expect(try CronSchedule(schedule).next(after: date("2026-11-26T00:00:00Z"), in: berlin) == nil)
    }

    @Test(arguments: [
        // Winter and summer time of Berlin.
        ("0 3 * * *", "Europe/Berlin", "2026-01-10T00:00:00Z", ["2026-01-10T02:00:00Z", "2026-01-11T02:00:00Z"]),
        ("0 3 * * *", "Europe/Berlin", "2026-07-10T00:00:00Z", ["2026-07-10T01:00:00Z", "2026-07-11T01:00:00Z"]),
        // 02:30 is left out on 29 March: it counts as 03:00, once.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        // So it is where the search begins with 03:00, right after 01:59.
        (
            "59 1,2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
            ["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z", "2026-03-29T23:59:00Z", "2026-03-30T00:59:00Z"]
        ),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T00:59:59Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        // 02:30 comes twice on 25 October: the first one counts.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        // Every half hour goes on every half hour.
        (
            "*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z",
            ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"]
        ),
        (
            "*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
            ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]
        ),
        ("15 6 * * sun", "Asia/Kolkata", "2026-11-26T00:00:00Z", ["2026-11-29T00:45:00Z"]),
    ])
    func `a zone's own time counts, and its changes lose and double nothing`(
        schedule: String, zone: String, after: String, expected: [String]
    ) throws {
        let zone = try #require(TimeZone(identifier: zone))
        var time = try date(after)
        for next in expected {
            time = try #require(try CronSchedule(schedule).next(after: time, in: zone))
            #expect(try time == date(next))
        }
    }

    @Test(arguments: ["7 */5 * * *", "0 1,13 */9 * *", "59 23 28-31 * sat,sun", "*/7 9-17 * 2-11/3 1-5"])
    func `looking minute by minute finds the same`(text: String) throws {
        let schedule = try CronSchedule(text)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var time = try date("2027-12-30T22:11:00Z")
        for _ in 0..<20 {
            var expected = time
            repeat { expected += 60 } while !calendar.fits(schedule, expected)
            let found = try #require(schedule.next(after: time))
            #expect(found == expected)
            time = found
        }
    }
}

extension Calendar {
    fileprivate func fits(_ schedule: CronSchedule, _ time: Date) -> Bool {
        let parts = dateComponents([.minute, .hour, .day, .month, .weekday], from: time)
        guard let minute = parts.minute, let hour = parts.hour, let day = parts.day, let month = parts.month,
            let weekday = parts.weekday
        else { return false }
        return schedule.minutes.contains(minute) && schedule.hours.contains(hour) && schedule.days.contains(day)
            && schedule.months.contains(month) && schedule.weekdays.contains(weekday - 1)
    }
}
