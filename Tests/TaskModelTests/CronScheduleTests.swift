import TaskModel
import Testing

struct CronScheduleTests {
    @Test func `fields are numbers, ranges, lists, steps and names`() throws {
        let schedule = try CronSchedule("*/15 8-10,20 1 jan,12 mon-fri")

        #expect(schedule.minutes == [0, 15, 30, 45])
        #expect(schedule.hours == [8, 9, 10, 20])
        #expect(schedule.days == [1])
        #expect(schedule.months == [1, 12])
        #expect(schedule.weekdays == [1, 2, 3, 4, 5])
    }

    @Test func `Sunday is 0 and 7, and a step after a number goes on to the end`() throws {
        let schedule = try CronSchedule("50/5 * * * 7")

        #expect(schedule.minutes == [50, 55])
        #expect(schedule.weekdays == [0])
        #expect(schedule.days.count == 31)
    }

    @Test func `a step of days of the week does not reach the next Sunday`() throws {
        #expect(try CronSchedule("0 0 * * 1/2").weekdays == [1, 3, 5])
        #expect(try CronSchedule("0 0 * * */3").weekdays == [0, 3, 6])
        #expect(try CronSchedule("0 0 * * 7/2").weekdays == [0])
    }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *",
        "5-1 * * * *", "*/0 * * * *", "1, * * * *", "-1 * * * *", "1-2-3 * * * *", "1/2/3 * * * *",
        "99999999999999999999 * * * *",
        "* * * mon *", "٣ * * * *",
    ])
    func `what is no schedule is refused`(text: String) {
        #expect(throws: InvalidName.self) { try CronSchedule(text) }
    }
}
